-- PostgreSQL's regular expressions count to 255, so the length of a template's name is checked apart.

ALTER TABLE template.template DROP CONSTRAINT IF EXISTS template_name_check;
ALTER TABLE template.template ADD CONSTRAINT template_name_check
    CHECK (name ~ '^[a-z0-9_]+$' AND length(name) BETWEEN 1 AND 512);
