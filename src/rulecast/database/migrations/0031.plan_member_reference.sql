-- A foreign key asks once per row; a million decisions stored by one statement spent half their time on it. The
-- same promise is kept per statement.

ALTER TABLE plan.member DROP CONSTRAINT member_plan_id_fkey;

CREATE FUNCTION plan.members_have_a_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT plan_id FROM added) AS named
        WHERE NOT EXISTS (SELECT FROM plan.plan WHERE plan.plan_id = named.plan_id)
    ) THEN
        RAISE EXCEPTION 'a decision names a plan that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER member_has_a_plan AFTER INSERT ON plan.member
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION plan.members_have_a_plan();

-- Plans are kept: what a decision refers to never goes.
CREATE FUNCTION plan.plans_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'plans are kept, and so are their decisions' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER plan_is_kept BEFORE DELETE ON plan.plan FOR EACH ROW EXECUTE FUNCTION plan.plans_are_kept();
