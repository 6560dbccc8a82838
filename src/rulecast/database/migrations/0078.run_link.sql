-- The links of each template as a run sent them: a link in somebody's chat leads where it led, whatever the template
-- gets or loses later.
CREATE TABLE deliver.run_link (
    run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    template_id bigint NOT NULL REFERENCES template.template (template_id),
    links jsonb NOT NULL CHECK (jsonb_typeof(links) = 'object'),
    PRIMARY KEY (run_id, template_id)
);
INSERT INTO deliver.run_link (run_id, template_id, links)
SELECT run.run_id, template.template_id, template.links
FROM deliver.run AS run
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
CROSS JOIN LATERAL jsonb_object_keys(coalesce(plan.document -> 'template_hashes', '{}'::jsonb)) AS used (id)
JOIN template.template AS template ON template.template_id::text = used.id
WHERE template.links <> '{}'::jsonb;
