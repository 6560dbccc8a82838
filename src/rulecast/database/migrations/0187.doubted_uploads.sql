-- When a message that shows a file of its own, not a template's, could last not take its upload along (131053): a fresh
-- upload that fails within a day of it shows that the file itself is wrong.
ALTER TABLE deliver.media_upload ADD COLUMN doubted_at timestamptz;

INSERT INTO public.fitting_migration (migration_id) VALUES ('0187.doubted_uploads');
