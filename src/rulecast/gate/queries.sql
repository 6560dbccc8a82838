-- name: lock_guards
-- Statement one, alone and in order: whatever can forbid a send locks the same rows first. Reading facts in this
-- statement would read them from a snapshot older than the lock, and let an intent commit after an opt-out.
SELECT contact_id FROM profile.sending_guard
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) ORDER BY contact_id FOR NO KEY UPDATE;

-- name: read_people_facts
-- Statement two, after the locks, so that its snapshot sees every opt-out that committed before them.
SELECT w.message_id, w.contact_id,
    c.is_restricted OR c.erased_at IS NOT NULL OR c.merged_into IS NOT NULL AS is_restricted,
    c.objects_to_profiling, c.is_reachable, c.attributes ->> 'birth_date' AS birth_date, c.country, c.zone,
    c.quiet_hours,
    said.consent_id, said.status, said.is_proven, said.effective_at, said.wording_version,
    coalesce(stopped.stops, '{}'::text[]) AS stops,
    coalesce(used.granted, '{}'::timestamptz[]) AS granted, coalesce(used.rules, '{}'::text[]) AS rules,
    coalesce(used.purposes, '{}'::text[]) AS purposes,
    -- Whom this portfolio has written to in the last 24 hours counts once; what others wrote is none of its messages.
    %(portfolio_id)s::text <> '' AND EXISTS (
        SELECT FROM gate.permit AS p JOIN account.business_number AS n USING (business_number_id)
        WHERE p.contact_id = w.contact_id AND p.released_at IS NULL
            AND NOT p.is_in_window
            AND p.granted_at > %(portfolio_from)s::timestamptz AND n.portfolio_id = %(portfolio_id)s::text
    ) AS is_counted,
    -- An answer in the service window, which closes five minutes early, takes nothing of that limit.
    EXISTS (
        SELECT FROM conversation.window AS v
        WHERE v.contact_id = w.contact_id AND v.business_number_id = %(business_number_id)s::text
            AND v.last_inbound_at > %(now)s::timestamptz - interval '23 hours 55 minutes'
    ) AS is_in_window,
    -- What rests until the person writes has ended where they did.
    ARRAY(
        SELECT concat_ws('|', r.kind, r.code, extract(epoch FROM r.rests_until)) FROM gate.rest AS r
        WHERE r.contact_id = w.contact_id AND r.rests_until > %(now)s::timestamptz
            AND (r.kind = 'marketing' OR NOT EXISTS (
                SELECT FROM conversation.window AS v
                WHERE v.contact_id = r.contact_id AND v.last_inbound_at > r.last_failed_at))
        ORDER BY r.code
    ) AS rests,
    member.in_holdout, member.price_e4, rival.rule_name AS lost_to, coalesce(rival.margin, 0) AS lost_by,
    coalesce(rival.score_margin, 0) AS lost_by_score,
    coalesce(address.lookups, '{}'::bytea[]) AS lookups
FROM unnest(%(message_ids)b::bigint[], %(contact_ids)b::bigint[], %(plan_ids)b::bigint[], %(purposes)b::text[])
    AS w (message_id, contact_id, plan_id, purpose)
JOIN profile.contact AS c ON c.contact_id = w.contact_id
LEFT JOIN plan.member AS member ON member.plan_id = w.plan_id AND member.contact_id = w.contact_id
LEFT JOIN LATERAL (
    -- The newest word by event time decides; a tie is a stop.
    SELECT s.consent_id, s.status, s.is_proven, s.effective_at, s.wording_version
    FROM profile.consent AS s
    WHERE s.contact_id = w.contact_id AND s.purpose = w.purpose
    ORDER BY s.effective_at DESC, (s.status = 'granted'), s.is_proven DESC, s.consent_id DESC
    LIMIT 1
) AS said ON true
LEFT JOIN LATERAL (
    -- Through every identity the person ever had, and through rows that name the person.
    SELECT array_agg(newest.scope || ':' || newest.cause) AS stops
    FROM (
        SELECT DISTINCT ON (s.suppression_index, s.scope) s.scope, s.action, s.cause
        FROM profile.suppression AS s
        WHERE s.suppression_index IN (
            SELECT i.suppression_index FROM profile.identity AS i WHERE i.contact_id = w.contact_id
            UNION ALL
            SELECT o.suppression_index FROM profile.suppression AS o WHERE o.contact_id = w.contact_id
        )
        ORDER BY s.suppression_index, s.scope, s.occurred_at DESC, (s.action = 'resume'), s.suppression_id DESC
    ) AS newest
    WHERE newest.action = 'stop'
) AS stopped ON true
LEFT JOIN LATERAL (
    -- What counts against caps and limits: every permit that was not released.
    -- The limit of a rule counts entries into it: a later step counts as a message of no rule. A message that is sent
    -- once more does not count against itself.
    SELECT array_agg(p.granted_at) AS granted, array_agg(CASE WHEN p.step = 1 THEN p.rule_name ELSE '' END) AS rules,
        array_agg(p.purpose) AS purposes
    FROM gate.permit AS p
    WHERE p.contact_id = w.contact_id AND p.released_at IS NULL AND NOT p.is_test AND p.message_id <> w.message_id
        -- An answer to what the person asked counts against nothing.
        AND NOT (p.step >= 100 AND p.purpose = 'service')
        AND p.granted_at > %(counted_from)s::timestamptz
) AS used ON true
LEFT JOIN LATERAL (
    -- Lost at the launch, or to a launch since, as long as the winner still has the person.
    SELECT p.rule_name, lost.margin, lost.score_margin
    FROM plan.loss AS lost
    JOIN plan.reservation AS winner
        ON winner.contact_id = lost.contact_id AND winner.plan_id = lost.lost_to_plan_id
    JOIN plan.plan AS p ON p.plan_id = lost.lost_to_plan_id
    WHERE lost.plan_id = w.plan_id AND lost.contact_id = w.contact_id
    ORDER BY lost.margin DESC, lost.lost_to_plan_id LIMIT 1
) AS rival ON true
LEFT JOIN LATERAL (
    SELECT array_agg(i.lookup) AS lookups FROM profile.identity AS i
    WHERE i.contact_id = w.contact_id AND i.valid_to IS NULL AND i.kind IN ('phone', 'bsuid')
) AS address ON true;

-- name: read_shared_facts
-- What concerns no single person: the number, the stops, the policy, the portfolio.
SELECT n.business_number_id, n.state, n.portfolio_id,
    f.people_per_day_max, f.told_people_per_day_max,
    (SELECT coalesce(array_agg(s.scope || ':' || s.target), '{}'::text[])
     FROM gate.stop AS s WHERE s.resumed_at IS NULL)
    -- What a person paused and what is held for one rest like what is stopped.
    || (SELECT coalesce(array_agg('rule:' || c.rule_name), '{}'::text[])
        FROM rule.current_state AS c WHERE c.state IN ('paused', 'held')) AS stops,
    (SELECT coalesce(array_agg(concat_ws('|', h.kind, coalesce(extract(epoch FROM h.until)::text, ''), h.scope,
        h.scope_id, h.cause)), '{}'::text[])
     FROM account.hold AS h
     WHERE h.is_in_force AND (h.until IS NULL OR h.until > %(now)s::timestamptz) AND (
        (h.scope = 'number' AND h.scope_id = n.business_number_id) OR (h.scope = 'waba' AND h.scope_id = n.waba_id)
        OR (h.scope = 'portfolio' AND h.scope_id = n.portfolio_id) OR h.scope = 'country')) AS holds,
    -- Kept where a version is taken up again; no run carries its rest over for longer than ninety days.
    (SELECT coalesce(jsonb_object_agg(a.rule_version_id, a.until), '{}'::jsonb)
     FROM (
        SELECT s.rule_version_id, extract(epoch FROM max(s.at)) AS until
        FROM rule.rule_state AS s
        WHERE s.state = 'archived' AND s.at > %(now)s::timestamptz - interval '91 days'
        GROUP BY s.rule_version_id
     ) AS a) AS archived,
    (SELECT w.sending_policy::text FROM public.workspace AS w) AS sending_policy,
    coalesce((SELECT a.zone FROM account.waba AS a WHERE a.waba_id = n.waba_id), '') AS billing_zone
FROM account.business_number AS n JOIN account.portfolio AS f ON f.portfolio_id = n.portfolio_id
WHERE n.business_number_id = %(business_number_id)s;

-- name: read_template_states
-- Fresh under the lock: a template can be paused or changed since the plan.
SELECT template_id, CASE WHEN obstacle = '' THEN status ELSE 'disabled' END AS status, category, correct_category,
    paused_until, components_hash, quality, files_since
FROM template.template
WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: lock_ramps
-- Senders of one template take turns while it is new.
SELECT template_id, batch, began_at, granted FROM gate.ramp WHERE template_id = ANY(%(template_ids)b::bigint[])
ORDER BY template_id FOR NO KEY UPDATE;

-- name: begin_ramps
-- So that there is a row to lock; whoever begins the same template waits here for the other's commit.
INSERT INTO gate.ramp (template_id, batch, began_at, granted)
SELECT template_id, 0, %(now)s::timestamptz, 0 FROM unnest(%(template_ids)b::bigint[]) AS r (template_id)
ORDER BY template_id
ON CONFLICT (template_id) DO NOTHING;

-- name: save_ramps
-- Written together with the permits that use it.
INSERT INTO gate.ramp AS kept (template_id, batch, began_at, granted)
SELECT r.template_id, r.batch, r.began_at, r.granted
FROM unnest(%(template_ids)b::bigint[], %(batches)b::smallint[], %(began)b::timestamptz[], %(granted)b::integer[])
    AS r (template_id, batch, began_at, granted)
ORDER BY r.template_id
ON CONFLICT (template_id) DO UPDATE
SET batch = greatest(kept.batch, excluded.batch),
    began_at = CASE WHEN excluded.batch > kept.batch THEN excluded.began_at ELSE kept.began_at END,
    granted = CASE WHEN excluded.batch > kept.batch THEN excluded.granted
        ELSE greatest(kept.granted, excluded.granted) END;

-- name: end_ramps
-- What was paused begins again when it is resumed.
DELETE FROM gate.ramp WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: read_run_terms
-- What a run was approved with; it never changes, so it is read once.
SELECT r.run_id, r.plan_id, r.rule_name, r.is_test, r.launched_at, r.step, coalesce(r.first_run_id, r.run_id) AS first_run_id,
    p.rule_version_id, p.purpose, p.evaluated_at, p.expires_at, p.document, v.text AS rule_text
FROM deliver.run AS r
JOIN plan.plan AS p ON p.plan_id = r.plan_id
JOIN rule.rule_version AS v ON v.rule_version_id = p.rule_version_id
WHERE r.run_id = ANY(%(run_ids)b::bigint[]);

-- name: read_followed
-- What became of the message before a step; whoever clicked or answered had it, and whoever wrote anything since the
-- first message has answered.
SELECT f.contact_id, f.first_accepted_at,
    coalesce(m.delivered_at, m.read_at, m.clicked_at, m.replied_at) IS NOT NULL AS was_delivered,
    coalesce(m.read_at, m.clicked_at, m.replied_at) IS NOT NULL AS was_read,
    m.clicked_at IS NOT NULL AS was_clicked,
    m.failed_at IS NOT NULL AND m.delivered_at IS NULL AND m.read_at IS NULL AS has_failed,
    m.replied_at IS NOT NULL OR EXISTS (
        SELECT FROM collect.event AS e
        WHERE e.contact_id = f.contact_id AND e.name IN ('message_received', 'replied')
            AND e.occurred_at >= f.first_accepted_at) AS has_replied,
    m.opted_out_at IS NOT NULL OR EXISTS (
        SELECT FROM collect.event AS e
        WHERE e.contact_id = f.contact_id AND e.name = 'opted_out' AND e.occurred_at >= f.first_accepted_at
    ) AS has_opted_out
FROM deliver.follow_up AS f JOIN deliver.message AS m ON m.message_id = f.after_message_id
WHERE f.first_run_id = %(first_run_id)s AND f.step = %(step)s AND f.contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: read_events_since
-- One kind of event of some people, each since an instant of their own; the floor keeps old partitions out.
SELECT e.contact_id, e.name, e.occurred_at, e.properties::text
FROM unnest(%(contact_ids)b::bigint[], %(since)b::timestamptz[]) AS w (contact_id, since)
JOIN collect.event AS e ON e.contact_id = w.contact_id
WHERE e.name = %(name)s AND e.occurred_at >= %(floor)s::timestamptz AND e.occurred_at >= w.since
    AND e.occurred_at <= %(now)s::timestamptz
ORDER BY e.contact_id, e.occurred_at;

-- name: read_sending_number
-- What of a number shapes its requests: BSUIDs are one per portfolio, marketing may have an edge of its own.
SELECT portfolio_id, marketing_messages FROM account.business_number
WHERE business_number_id = %(business_number_id)s;

-- name: read_recipients
-- What a request is made of: the address and the values a parameter may use, all still sealed. A BSUID of another
-- portfolio names nobody here.
SELECT c.contact_id, i.kind, i.lookup, i.sealed_value, c.sealed_attributes, c.attributes::text AS attributes, c.country,
    c.language
FROM unnest(%(contact_ids)b::bigint[]) AS w (contact_id)
JOIN profile.contact AS c ON c.contact_id = w.contact_id
LEFT JOIN LATERAL (
    SELECT i.kind, i.lookup, i.sealed_value FROM profile.identity AS i
    WHERE i.contact_id = w.contact_id AND i.valid_to IS NULL
        AND (i.kind = 'phone' OR (i.kind = 'bsuid' AND i.scope = %(portfolio_id)s))
    ORDER BY (i.kind = 'phone') DESC, i.valid_from DESC LIMIT 1
) AS i ON true;

-- name: read_typed_replies
-- What people of the business typed, still sealed; one run is one answer.
SELECT run_id, contact_id, sealed_text FROM deliver.typed_reply WHERE run_id = ANY(%(run_ids)b::bigint[]);

-- name: open_budget
-- The budget of a run is one locked row, so that two lanes cannot spend the same money.
INSERT INTO gate.budget (run_id, limit_e4) VALUES (%(run_id)s, %(limit_e4)s) ON CONFLICT (run_id) DO NOTHING;

-- name: lock_budgets
-- What is left of each budget, held until the permits that spend it are written.
SELECT run_id, limit_e4 - spent_e4 FROM gate.budget WHERE run_id = ANY(%(run_ids)b::bigint[])
ORDER BY run_id FOR NO KEY UPDATE;

-- name: spend_budgets
-- Charged together with the permits; the CHECK keeps a run inside its budget.
UPDATE gate.budget AS b SET spent_e4 = b.spent_e4 + s.spent_e4
FROM unnest(%(run_ids)b::bigint[], %(spent_e4)b::bigint[]) AS s (run_id, spent_e4)
WHERE b.run_id = s.run_id;

-- name: open_month_budget
-- One row a rule and month; a new version brings its own limit, but nothing that was spent is undone.
INSERT INTO gate.month_budget (rule_name, month, limit_e4) VALUES (%(rule_name)s, %(month)s, %(limit_e4)s)
ON CONFLICT (rule_name, month) DO UPDATE SET limit_e4 = greatest(excluded.limit_e4, month_budget.spent_e4)
WHERE month_budget.limit_e4 <> greatest(excluded.limit_e4, month_budget.spent_e4);

-- name: lock_month_budgets
-- What the months have cost so far, held until the permits that spend more are written.
SELECT rule_name, spent_e4 FROM gate.month_budget
WHERE month = %(month)s::date AND rule_name = ANY(%(rule_names)b::text[])
ORDER BY rule_name FOR NO KEY UPDATE;

-- name: spend_month_budgets
-- Charged together with the permits; the CHECK keeps a rule inside its month.
UPDATE gate.month_budget AS b SET spent_e4 = b.spent_e4 + s.spent_e4
FROM unnest(%(rule_names)b::text[], %(spent_e4)b::bigint[]) AS s (rule_name, spent_e4)
WHERE b.rule_name = s.rule_name AND b.month = %(month)s::date;

-- name: insert_permits
-- No message leaves without one; the unique index allows one live permit a message. Kept with it are the words about
-- silence that are committed: the people are locked, so that these are the words the decision read.
INSERT INTO gate.permit
    (message_id, contact_id, rule_name, rule_version_id, business_number_id, category, purpose, consent_id, is_test,
     price_e4, budget_month, step, is_in_window, granted_at, words_seen)
SELECT p.message_id, p.contact_id, p.rule_name, p.rule_version_id, %(business_number_id)s, p.category, p.purpose,
    nullif(p.consent_id, 0), p.is_test, p.price_e4, p.budget_month, p.step, p.is_in_window,
    %(now)s::timestamptz, ARRAY(
        SELECT w.suppression_id FROM profile.suppression AS w
        WHERE w.suppression_index IN (
            SELECT o.suppression_index FROM profile.suppression AS o WHERE o.contact_id = p.contact_id))
FROM unnest(
    %(message_ids)b::bigint[], %(contact_ids)b::bigint[], %(rule_names)b::text[], %(rule_version_ids)b::bigint[],
    %(categories)b::text[], %(purposes)b::text[], %(consent_ids)b::bigint[], %(are_tests)b::boolean[],
    %(prices_e4)b::bigint[], %(budget_months)b::date[], %(steps)b::smallint[],
    %(in_windows)b::boolean[]
) AS p (message_id, contact_id, rule_name, rule_version_id, category, purpose, consent_id, is_test, price_e4,
    budget_month, step, is_in_window)
RETURNING message_id, permit_id;

-- name: mark_reservations
-- From now on no higher band can take the person of this day.
UPDATE plan.reservation AS r SET has_permit = true
FROM unnest(%(contact_ids)b::bigint[], %(plan_ids)b::bigint[]) AS p (contact_id, plan_id)
WHERE r.contact_id = p.contact_id AND r.plan_id = p.plan_id AND NOT r.has_permit;

-- name: restore_reservations
-- Whoever is written to after the rule that had taken them over gave them up is reserved again: for any other rule of
-- that window they have had their message.
INSERT INTO plan.reservation (
    contact_id, decision_day, plan_id, rule_name, band, priority, has_permit, send_from, window_seconds, score)
SELECT member.contact_id, member.decision_day, plan.plan_id, plan.rule_name, (plan.document ->> 'band')::smallint,
    (plan.document ->> 'priority_number')::integer, true, member.send_from,
    coalesce((plan.document ->> 'window_seconds')::integer, -1), member.score
FROM unnest(%(contact_ids)b::bigint[], %(plan_ids)b::bigint[]) AS p (contact_id, plan_id)
JOIN plan.plan AS plan ON plan.plan_id = p.plan_id AND NOT plan.is_test AND plan.document ? 'band'
JOIN plan.member AS member ON member.plan_id = p.plan_id AND member.contact_id = p.contact_id
ORDER BY member.contact_id
ON CONFLICT (contact_id, plan_id) DO NOTHING;

-- name: free_reservations
-- A person whom this plan will not reach is free for another rule of that day; locked in the order of the people, like
-- every group of people.
DELETE FROM plan.reservation AS r
USING (
    SELECT o.contact_id, o.plan_id
    FROM deliver.message AS m
    JOIN deliver.run AS n ON n.run_id = m.run_id
    JOIN plan.reservation AS o ON o.contact_id = m.contact_id AND o.plan_id = n.plan_id
    WHERE m.message_id = ANY(%(message_ids)b::bigint[]) AND m.state IN ('cancelled', 'expired', 'refused')
        AND NOT EXISTS (SELECT FROM gate.permit AS p WHERE p.message_id = m.message_id AND p.released_at IS NULL)
    ORDER BY o.contact_id
    FOR UPDATE OF o
) AS gone
WHERE r.contact_id = gone.contact_id AND r.plan_id = gone.plan_id;

-- name: unmark_reservations
-- A message that waits again without a permit: a stronger rule may take the person over.
UPDATE plan.reservation AS r SET has_permit = false
FROM (
    SELECT o.contact_id, o.plan_id
    FROM deliver.message AS m
    JOIN deliver.run AS n ON n.run_id = m.run_id
    JOIN plan.reservation AS o ON o.contact_id = m.contact_id AND o.plan_id = n.plan_id
    WHERE m.message_id = ANY(%(message_ids)b::bigint[]) AND m.state IN ('planned', 'deferred') AND o.has_permit
        AND NOT EXISTS (SELECT FROM gate.permit AS p WHERE p.message_id = m.message_id AND p.released_at IS NULL)
    ORDER BY o.contact_id
    FOR UPDATE OF o
) AS waiting
WHERE r.contact_id = waiting.contact_id AND r.plan_id = waiting.plan_id;

-- name: insert_verdicts
-- Every decision is kept with the facts it read, refusals as well as permits.
INSERT INTO gate.verdict (decided_at, message_id, contact_id, outcome, reason, deferred_until, facts)
SELECT %(now)s::timestamptz, v.message_id, v.contact_id, v.outcome, v.reason, v.deferred_until,
    v.facts::jsonb
FROM unnest(
    %(message_ids)b::bigint[], %(contact_ids)b::bigint[], %(outcomes)b::text[], %(reasons)b::text[],
    %(deferred_until)b::timestamptz[], %(facts)b::text[]
) AS v (message_id, contact_id, outcome, reason, deferred_until, facts);

-- name: release_permits
-- Only where Meta surely never accepted the message; gives the money back to the budget it came from, as far as the
-- budget shows it: of what was billed beyond its limit it kept nothing.
WITH released AS (
    UPDATE gate.permit AS p SET released_at = %(now)s::timestamptz
    FROM unnest(%(message_ids)b::bigint[]) AS m (message_id)
    WHERE p.message_id = m.message_id AND p.released_at IS NULL
    RETURNING p.permit_id, p.message_id, coalesce(p.billed_e4, p.price_e4) AS price_e4, p.rule_name, p.budget_month
), coupons AS (
    UPDATE gate.coupon_use AS u SET released_at = %(now)s::timestamptz FROM released AS r
    WHERE u.permit_id = r.permit_id
), months AS (
    SELECT rule_name, budget_month, sum(price_e4)::bigint AS price_e4
    FROM released WHERE budget_month IS NOT NULL GROUP BY rule_name, budget_month
), refunded AS (
    UPDATE gate.month_budget AS b SET spent_e4 = greatest(0, b.spent_e4 - s.price_e4) FROM months AS s
    WHERE b.rule_name = s.rule_name AND b.month = s.budget_month
), sums AS (
    -- Later steps are paid by the run they follow.
    SELECT coalesce(n.first_run_id, n.run_id) AS run_id, sum(r.price_e4)::bigint AS price_e4
    FROM released AS r JOIN deliver.message AS m ON m.message_id = r.message_id
    JOIN deliver.run AS n ON n.run_id = m.run_id
    GROUP BY coalesce(n.first_run_id, n.run_id)
)
UPDATE gate.budget AS b SET spent_e4 = greatest(0, b.spent_e4 - s.price_e4) FROM sums AS s WHERE b.run_id = s.run_id;

-- name: find_permitted
-- What these messages were estimated at.
SELECT p.message_id, c.country, p.category, p.price_e4, p.granted_at AS at, p.business_number_id
FROM gate.permit AS p JOIN profile.contact AS c ON c.contact_id = p.contact_id
WHERE p.message_id = ANY(%(message_ids)b::bigint[]) AND p.released_at IS NULL ORDER BY p.message_id;

-- name: settle_prices
-- The difference goes to the budget that paid the estimate, within its limits; the newest word about a price counts.
WITH told AS (
    SELECT * FROM unnest(%(message_ids)b::bigint[], %(billed_e4)b::bigint[]) AS t (message_id, billed_e4)
), before AS (
    SELECT p.permit_id, coalesce(p.billed_e4, p.price_e4) AS known_e4, t.billed_e4
    FROM gate.permit AS p JOIN told AS t ON t.message_id = p.message_id
    WHERE p.released_at IS NULL AND p.billed_e4 IS DISTINCT FROM t.billed_e4
    ORDER BY p.permit_id FOR NO KEY UPDATE OF p
), settled AS (
    UPDATE gate.permit AS p SET billed_e4 = b.billed_e4
    FROM before AS b WHERE p.permit_id = b.permit_id
    RETURNING p.message_id, p.rule_name, p.budget_month, b.billed_e4 - b.known_e4 AS more_e4
), months AS (
    SELECT rule_name, budget_month, sum(more_e4)::bigint AS more_e4
    FROM settled WHERE budget_month IS NOT NULL GROUP BY rule_name, budget_month
), charged AS (
    UPDATE gate.month_budget AS b SET spent_e4 = greatest(0, least(b.limit_e4, b.spent_e4 + s.more_e4)) FROM months AS s
    WHERE b.rule_name = s.rule_name AND b.month = s.budget_month
), runs AS (
    SELECT coalesce(n.first_run_id, n.run_id) AS run_id, sum(s.more_e4)::bigint AS more_e4
    FROM settled AS s JOIN deliver.message AS m ON m.message_id = s.message_id
    JOIN deliver.run AS n ON n.run_id = m.run_id
    GROUP BY coalesce(n.first_run_id, n.run_id)
), spent AS (
    UPDATE gate.budget AS b SET spent_e4 = greatest(0, least(b.limit_e4, b.spent_e4 + s.more_e4)) FROM runs AS s
    WHERE b.run_id = s.run_id
)
SELECT count(*) FROM settled;

-- name: retake_permits
-- Meta did accept what we believed it had not, or may have: the message counts, and is paid for as far as the budget
-- shows it. Newest by time: every connection draws ids from a block of its own.
WITH newest AS (
    SELECT DISTINCT ON (a.message_id) a.permit_id FROM deliver.attempt AS a
    WHERE a.message_id = ANY(%(message_ids)b::bigint[]) AND (a.state = 'unknown' OR NOT %(only_in_doubt)s::boolean)
        AND NOT EXISTS (SELECT FROM gate.permit AS o WHERE o.message_id = a.message_id AND o.released_at IS NULL)
    ORDER BY a.message_id, a.intent_at DESC, a.permit_id DESC
), taken AS (
    UPDATE gate.permit AS p SET released_at = NULL FROM newest AS n WHERE p.permit_id = n.permit_id
    RETURNING p.permit_id, p.contact_id, p.message_id, coalesce(p.billed_e4, p.price_e4) AS price_e4, p.rule_name,
        p.budget_month
), coupons AS (
    -- The person has the code; whoever was given it since has it too, which the stock of the pool tells.
    UPDATE gate.coupon AS c SET contact_id = t.contact_id, rule_name = t.rule_name, reserved_at = u.used_at
    FROM taken AS t JOIN gate.coupon_use AS u ON u.permit_id = t.permit_id
    WHERE c.coupon_id = u.coupon_id AND c.contact_id IS NULL
        AND NOT EXISTS (
            SELECT FROM gate.coupon AS o WHERE o.contact_id = t.contact_id AND o.rule_name = t.rule_name)
), uses AS (
    UPDATE gate.coupon_use AS u SET released_at = NULL, freed_at = NULL FROM taken AS t
    WHERE u.permit_id = t.permit_id
), months AS (
    SELECT rule_name, budget_month, sum(price_e4)::bigint AS price_e4
    FROM taken WHERE budget_month IS NOT NULL GROUP BY rule_name, budget_month
), charged AS (
    UPDATE gate.month_budget AS b SET spent_e4 = least(b.limit_e4, b.spent_e4 + s.price_e4) FROM months AS s
    WHERE b.rule_name = s.rule_name AND b.month = s.budget_month
), sums AS (
    SELECT coalesce(n.first_run_id, n.run_id) AS run_id, sum(t.price_e4)::bigint AS price_e4
    FROM taken AS t JOIN deliver.message AS m ON m.message_id = t.message_id
    JOIN deliver.run AS n ON n.run_id = m.run_id
    GROUP BY coalesce(n.first_run_id, n.run_id)
)
UPDATE gate.budget AS b SET spent_e4 = least(b.limit_e4, b.spent_e4 + s.price_e4) FROM sums AS s
WHERE b.run_id = s.run_id;

-- name: stop_target_exists
-- A stop of something that does not exist would calm nobody.
SELECT CASE %(scope)s::text
    WHEN 'rule' THEN EXISTS (SELECT FROM rule.rule_version WHERE rule_name = %(target)s)
    ELSE EXISTS (SELECT FROM account.business_number WHERE business_number_id = %(target)s) END;

-- name: insert_stop
-- Stopping twice is the stop that stands, also when two do it at once. A drill's stop becomes the real one: it must not
-- end with the drill.
INSERT INTO gate.stop (scope, target, reason, stopped_by, stopped_at)
VALUES (%(scope)s, %(target)s, %(reason)s, %(by)s, %(now)s::timestamptz)
ON CONFLICT (scope, target) WHERE resumed_at IS NULL
DO UPDATE SET reason = excluded.reason, stopped_by = excluded.stopped_by, stopped_at = excluded.stopped_at
WHERE stop.reason LIKE 'drill of incident %%' AND excluded.reason NOT LIKE 'drill of incident %%';

-- name: find_stop
-- The stop that stands; a statement of its own sees one that was written at the same time.
SELECT stop_id FROM gate.stop WHERE scope = %(scope)s AND target = %(target)s AND resumed_at IS NULL;

-- name: lift_stops
-- A lifted stop stays as a row: who stopped, who resumed, when.
UPDATE gate.stop SET resumed_by = %(by)s, resumed_at = %(now)s::timestamptz
WHERE scope = %(scope)s AND target = %(target)s AND resumed_at IS NULL;

-- name: lift_number_hold
-- A number that rulecast held because of an answer of Meta goes on when a person resumes it.
UPDATE account.business_number SET state = 'active', hold_reason = ''
WHERE state = 'held' AND (%(scope)s::text = 'all' OR business_number_id = %(target)s);

-- name: close_resumed_incidents
-- What codes told of a number is over where it goes on; not what Meta's word still holds or a stop of everything keeps.
UPDATE gate.incident AS i
SET closed_at = greatest(i.opened_at, %(now)s::timestamptz), closed_by = %(by)s, because = 'Sending was resumed.'
WHERE i.closed_at IS NULL AND i.scope = 'number' AND i.cause LIKE 'code:%%'
    AND (%(scope)s::text = 'all' OR i.scope_id = %(target)s)
    AND NOT EXISTS (
        SELECT FROM account.hold AS h
        WHERE h.is_in_force AND h.cause = i.cause AND h.scope = i.scope AND h.scope_id = i.scope_id)
    AND NOT EXISTS (
        SELECT FROM gate.stop AS s
        WHERE s.resumed_at IS NULL AND s.scope = 'all' AND s.reason = replace(i.cause, 'code:', 'code_'));

-- name: stops_in_force
-- For the page and the command line.
SELECT stop_id, scope, target, reason, stopped_by, stopped_at FROM gate.stop
WHERE resumed_at IS NULL ORDER BY stop_id;

-- name: notify_stop
-- Reaches every sender at the commit.
NOTIFY stop;
