-- name: share_counting
-- Whoever stores events holds this until the end of the transaction; whoever changes the pairs waits for all of them.
-- From here on what is stored counts as counted. Returned is the edition of the pairs, as of after the lock.
SELECT rule.share_counting(%(key)s::bigint);

-- name: find_edition
-- Whether the remembered pairs still hold.
SELECT edition FROM rule.counter_edition;

-- name: list_pairs
-- All pairs that are counted.
SELECT pair_id, definition, first_day, is_filled FROM rule.counted_pair ORDER BY pair_id;

-- name: add_counts
-- What new events add, each to its own day.
INSERT INTO rule.event_counter (contact_id, pair_id, day, times, total, first_at, last_at)
SELECT added.contact_id, added.pair_id, added.day, added.times, added.total::numeric, added.first_at, added.last_at
FROM unnest(
    %(contact_ids)b::bigint[], %(pair_ids)b::integer[], %(days)b::date[], %(times)b::integer[],
    %(totals)b::text[], %(first_at)b::timestamptz[], %(last_at)b::timestamptz[]
) AS added (contact_id, pair_id, day, times, total, first_at, last_at)
ON CONFLICT (contact_id, pair_id, day) DO UPDATE SET
    times = event_counter.times + excluded.times,
    total = event_counter.total + excluded.total,
    first_at = least(event_counter.first_at, excluded.first_at),
    last_at = greatest(event_counter.last_at, excluded.last_at);

-- name: lock_counting
-- Waits until nobody stores events and lets nobody begin before this transaction ends.
SELECT pg_advisory_xact_lock(%(key)s::bigint);

-- name: set_first_days
-- What the rules ask for moves with time.
UPDATE rule.counted_pair SET first_day = wanted.first_day
FROM unnest(%(pair_ids)b::integer[], %(first_days)b::date[]) AS wanted (pair_id, first_day)
WHERE counted_pair.pair_id = wanted.pair_id AND counted_pair.first_day IS DISTINCT FROM wanted.first_day;

-- name: delete_pairs
-- Their counters go later, a piece at a time.
DELETE FROM rule.counted_pair WHERE pair_id = ANY(%(pair_ids)b::integer[]);

-- name: insert_pairs
-- The snapshot divides: what it sees is filled in, what it does not see is counted as it is stored.
INSERT INTO rule.counted_pair (pair_hash, event_name, definition, first_day, registered_in, registered_at)
SELECT wanted.pair_hash, wanted.event_name, wanted.definition, wanted.first_day, pg_current_snapshot(), %(now)s
FROM unnest(
    %(hashes)b::bytea[], %(event_names)b::text[], %(definitions)b::text[], %(first_days)b::date[]
) AS wanted (pair_hash, event_name, definition, first_day);

-- name: set_edition
-- Every process reads the pairs anew.
UPDATE rule.counter_edition SET edition = gen_random_uuid();

-- name: find_unfilled
-- The pair whose filling goes on; a snapshot of another cluster means nothing here.
SELECT pair_id, definition, first_day, filled_until,
    pg_snapshot_xmax(registered_in) > pg_snapshot_xmax(pg_current_snapshot()) AS is_foreign
FROM rule.counted_pair WHERE NOT is_filled
ORDER BY pair_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: list_next_contacts
-- The people after those that are filled.
SELECT contact_id FROM profile.contact
WHERE contact_id > %(after)s ORDER BY contact_id LIMIT %(count)s;

-- name: find_last_contact
-- Where a sample of people may begin.
SELECT coalesce(max(contact_id), 0) FROM profile.contact;

-- name: list_events_before_pair
-- What these people did, as far as the storing transactions have not counted it.
SELECT event.contact_id, event.name, event.occurred_at, event.properties::text
FROM collect.event
JOIN rule.counted_pair ON counted_pair.pair_id = %(pair_id)s AND counted_pair.event_name = event.name
WHERE event.contact_id = ANY(%(contact_ids)b::bigint[])
    AND (%(since)s::timestamptz IS NULL OR event.occurred_at >= %(since)s::timestamptz)
    AND pg_visible_in_snapshot(event.xid, counted_pair.registered_in);

-- name: advance_filling
-- In the transaction of the counts that it stands for.
UPDATE rule.counted_pair SET filled_until = %(filled_until)s, is_filled = %(is_filled)s WHERE pair_id = %(pair_id)s;

-- name: read_counters
-- The kept pairs, the people not to be believed and the counters, all as of one moment.
WITH pair AS MATERIALIZED (
    SELECT pair_id, pair_hash FROM rule.counted_pair
    WHERE is_filled AND pair_hash = ANY(%(hashes)b::bytea[])
)
SELECT pair.pair_hash, NULL::bigint, NULL::date, NULL::integer, NULL::numeric, NULL::timestamptz, NULL::timestamptz
FROM pair
UNION ALL
SELECT NULL, gap.contact_id, NULL, NULL, NULL, NULL, NULL
FROM rule.counter_gap AS gap WHERE gap.contact_id = ANY(%(contact_ids)b::bigint[])
UNION ALL
SELECT pair.pair_hash, counter.contact_id, counter.day, counter.times, counter.total, counter.first_at,
    counter.last_at
FROM rule.event_counter AS counter
JOIN pair ON pair.pair_id = counter.pair_id
WHERE counter.contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: lock_gaps
-- People to be counted anew; who adds one of them again waits.
SELECT contact_id FROM rule.counter_gap ORDER BY contact_id LIMIT %(count)s FOR UPDATE;

-- name: delete_counters_of
-- Before they are counted anew.
DELETE FROM rule.event_counter WHERE contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: list_events_of
-- What these people did, for counting them anew.
SELECT contact_id, name, occurred_at, properties::text
FROM collect.event
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND name = ANY(%(names)b::text[])
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s::timestamptz);

-- name: delete_gaps
-- They are believed again.
DELETE FROM rule.counter_gap WHERE contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: add_gaps
-- A comparison found them wrong.
INSERT INTO rule.counter_gap (contact_id)
SELECT one.contact_id FROM unnest(%(contact_ids)b::bigint[]) AS one (contact_id) ORDER BY one.contact_id
ON CONFLICT (contact_id) DO UPDATE SET contact_id = excluded.contact_id;

-- name: list_counters_of
-- For comparing them with the events.
SELECT contact_id, pair_id, day, times, total, first_at, last_at
FROM rule.event_counter
WHERE contact_id = ANY(%(contact_ids)b::bigint[])
    AND NOT EXISTS (SELECT FROM rule.counter_gap WHERE counter_gap.contact_id = event_counter.contact_id);

-- name: list_gaps_among
-- Who is not compared, because nobody believes their counters anyway.
SELECT contact_id FROM rule.counter_gap WHERE contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: delete_unused_counters
-- Days that no rule asks for any more and counters of pairs that are gone, a piece at a time.
DELETE FROM rule.event_counter
WHERE (contact_id, pair_id, day) IN (
    SELECT counter.contact_id, counter.pair_id, counter.day
    FROM rule.event_counter AS counter
    LEFT JOIN rule.counted_pair ON counted_pair.pair_id = counter.pair_id
    WHERE counted_pair.pair_id IS NULL OR counter.day < counted_pair.first_day
    LIMIT %(count)s
);
