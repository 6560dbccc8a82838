"""Counts, in a sender's database alone, how often what it wrote down breaks a promise: each count must be 0.

Written from the tables, not from the sender's queries: what both say wrong in the same way would be found by nobody.
"""

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from ledger_check.limits import limits_exceeded

# Who sends nothing is not looked at any further.
HAS_SENT = "SELECT EXISTS (SELECT FROM deliver.attempt)"

# P1: a message that was accepted under two attempts, or permitted twice at once.
ACCEPTED_TWICE = """
    SELECT count(*) FROM (
        SELECT message_id FROM deliver.attempt WHERE state IN ('accepted', 'held')
        GROUP BY message_id HAVING count(*) > 1
        UNION ALL
        SELECT message_id FROM gate.permit WHERE released_at IS NULL GROUP BY message_id HAVING count(*) > 1
    ) AS twice
"""

# What was due when a restored database was accepted is in doubt under an attempt of no sender (fence 0), and has a
# permit only so that caps count it: nobody decided there. Whoever had withdrawn by then has neither.

# P2: a message whose state its attempts or its permit contradict. One that is to be sent once more has an attempt in
# doubt, which counts until another takes its place, and does not end while it is.
UNBALANCED = """
    SELECT count(*) FROM deliver.message AS m
    WHERE (m.state = 'accepted') <> EXISTS (
            SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'accepted')
        AND m.state IN ('accepted', 'planned', 'claimed', 'deferred', 'cancelled', 'expired')
        OR (m.state = 'intent') <> EXISTS (
            SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'intent')
        OR m.state IN ('intent', 'accepted', 'held', 'unknown', 'unresolved') AND m.reason <> 'restored'
        AND NOT EXISTS (
            SELECT FROM gate.permit AS p WHERE p.message_id = m.message_id AND p.released_at IS NULL)
        AND NOT (m.state = 'unresolved' AND EXISTS (SELECT FROM deliver.resend AS r WHERE r.message_id = m.message_id)
            AND NOT EXISTS (
                SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'unknown'))
        OR m.state IN ('planned', 'claimed', 'deferred', 'cancelled', 'expired', 'refused') AND EXISTS (
            SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'unknown')
            AND (m.state IN ('cancelled', 'expired', 'refused') OR NOT EXISTS (
                SELECT FROM gate.permit AS p WHERE p.message_id = m.message_id AND p.released_at IS NULL))
        OR m.state IN ('planned', 'claimed', 'deferred', 'cancelled', 'expired') AND NOT EXISTS (
            SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'unknown')
            AND EXISTS (
                SELECT FROM gate.permit AS p WHERE p.message_id = m.message_id AND p.released_at IS NULL)
"""

# P4: a marketing permit that names no consent, or one that was not the person's newest word, granted and proven.
WITHOUT_CONSENT = """
    SELECT count(*) FROM gate.permit AS p
    WHERE p.purpose = 'marketing' AND NOT EXISTS (
        SELECT FROM (
            SELECT s.consent_id, s.status, s.is_proven FROM profile.consent AS s
            WHERE s.contact_id = p.contact_id AND s.purpose = 'marketing' AND s.recorded_at <= p.granted_at
            ORDER BY s.effective_at DESC, (s.status = 'granted'), s.is_proven DESC, s.consent_id DESC LIMIT 1
        ) AS newest
        WHERE newest.consent_id = p.consent_id AND newest.status = 'granted' AND newest.is_proven)
"""

# P5: a permit that a stop forbids which came before it and was not taken back before it. A permit names the words that
# were committed when it was given; where it does not, each says when its transaction began, and which committed first
# cannot be told where both ran at once.
AFTER_OPT_OUT = """
    SELECT count(*) FROM gate.permit AS p
    WHERE EXISTS (
        SELECT FROM profile.suppression AS s
        WHERE s.contact_id = p.contact_id AND s.action = 'stop' AND (s.scope = 'all' OR p.purpose = 'marketing')
            AND (s.suppression_id = ANY(p.words_seen) OR s.recorded_at < p.granted_at - interval '2 seconds')
            AND NOT EXISTS (
                SELECT FROM profile.suppression AS r
                WHERE r.contact_id = s.contact_id AND r.scope = s.scope AND r.action = 'resume'
                    AND r.occurred_at > s.occurred_at
                    AND CASE WHEN p.words_seen IS NULL THEN r.recorded_at < p.granted_at
                        ELSE r.suppression_id = ANY(p.words_seen) END))
"""

# P9: marketing permits with more before them in a window than a cap allows.
OVER_CAP = """
    SELECT count(*) FROM gate.permit AS p
    WHERE p.purpose = 'marketing' AND NOT p.is_test AND p.released_at IS NULL
        AND NOT EXISTS (SELECT FROM deliver.message AS m WHERE m.message_id = p.message_id AND m.reason = 'restored')
        AND NOT EXISTS (
            SELECT FROM deliver.attempt AS s
            WHERE s.message_id = p.message_id AND s.permit_id = p.permit_id AND s.fence = 0)
        AND %(count)s < (
        SELECT count(*) FROM gate.permit AS o
        WHERE o.contact_id = p.contact_id AND o.purpose = 'marketing' AND NOT o.is_test AND o.released_at IS NULL
            AND o.granted_at <= p.granted_at
            AND o.granted_at > p.granted_at - make_interval(hours => %(hours)s::integer))
"""

# P9: permits in the quiet hours of a person whose zone is known; what a person waits for comes at any hour.
IN_QUIET_HOURS = """
    SELECT count(*) FROM (
        SELECT (p.granted_at AT TIME ZONE 'UTC' + make_interval(mins => offsets.minutes))::time AS local
        FROM gate.permit AS p
        JOIN profile.contact AS c ON c.contact_id = p.contact_id
        CROSS JOIN LATERAL (
            SELECT z.minutes FROM public.zone_offset AS z
            WHERE lower(z.zone) = lower(c.zone) AND z.from_utc <= p.granted_at ORDER BY z.from_utc DESC LIMIT 1
        ) AS offsets
        JOIN deliver.message AS m ON m.message_id = p.message_id AND m.reason <> 'restored'
        WHERE p.purpose <> 'transactional'
            AND NOT EXISTS (
                SELECT FROM deliver.attempt AS s
                WHERE s.message_id = p.message_id AND s.permit_id = p.permit_id AND s.fence = 0)
    ) AS told
    WHERE CASE WHEN %(start)s::time > %(end)s::time THEN local >= %(start)s::time OR local < %(end)s::time
        ELSE local >= %(start)s::time AND local < %(end)s::time END
"""

# P9: permits in hours that the person had named for themselves before, both of them, as the history of values says.
IN_OWN_QUIET_HOURS = """
    SELECT count(*) FROM (
        SELECT (p.granted_at AT TIME ZONE 'UTC' + make_interval(mins => offsets.minutes))::time AS local,
            (named.payload ->> 'quiet_from')::time AS start, (ended.payload ->> 'quiet_until')::time AS stop
        FROM gate.permit AS p
        JOIN profile.contact AS c ON c.contact_id = p.contact_id
        CROSS JOIN LATERAL (
            SELECT z.minutes FROM public.zone_offset AS z
            WHERE lower(z.zone) = lower(c.zone) AND z.from_utc <= p.granted_at ORDER BY z.from_utc DESC LIMIT 1
        ) AS offsets
        CROSS JOIN LATERAL (
            SELECT h.payload FROM profile.change AS h
            WHERE h.contact_id = p.contact_id AND h.kind = 'attributes' AND h.payload ? 'quiet_from'
                AND h.recorded_at < p.granted_at - interval '2 seconds'
            ORDER BY h.valid_from DESC, h.change_id DESC LIMIT 1
        ) AS named
        CROSS JOIN LATERAL (
            SELECT h.payload FROM profile.change AS h
            WHERE h.contact_id = p.contact_id AND h.kind = 'attributes' AND h.payload ? 'quiet_until'
                AND h.recorded_at < p.granted_at - interval '2 seconds'
            ORDER BY h.valid_from DESC, h.change_id DESC LIMIT 1
        ) AS ended
        JOIN deliver.message AS m ON m.message_id = p.message_id AND m.reason <> 'restored'
        WHERE p.purpose <> 'transactional'
            AND NOT EXISTS (
                SELECT FROM deliver.attempt AS s
                WHERE s.message_id = p.message_id AND s.permit_id = p.permit_id AND s.fence = 0)
            AND named.payload ->> 'quiet_from' ~ '^[0-9]{2}:[0-9]{2}$'
            AND ended.payload ->> 'quiet_until' ~ '^[0-9]{2}:[0-9]{2}$'
    ) AS told
    WHERE CASE WHEN start > stop THEN local >= start OR local < stop ELSE local >= start AND local < stop END
"""

# A code in the hands of two people, or carried by a live permit of somebody who does not hold it.
CODE_OF_TWO = """
    SELECT count(*) FROM (
        SELECT u.coupon_id FROM gate.coupon_use AS u JOIN gate.permit AS p USING (permit_id)
        WHERE p.released_at IS NULL GROUP BY u.coupon_id HAVING count(DISTINCT p.contact_id) > 1
        UNION ALL
        SELECT c.coupon_id FROM gate.coupon AS c
        JOIN gate.coupon_use AS u USING (coupon_id) JOIN gate.permit AS p USING (permit_id)
        WHERE p.released_at IS NULL AND (c.contact_id IS DISTINCT FROM p.contact_id
            OR c.rule_name IS DISTINCT FROM p.rule_name)
    ) AS shared
"""

USUAL_QUIET_HOURS = {"start": "21:00", "end": "09:00"}
USUAL_CAPS = [{"count": 2, "per_hours": 24}, {"count": 5, "per_hours": 168}]


def broken_promises(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, int]:
    """Return how often each promise is broken, by a short name; nothing where all are kept or nothing was sent."""
    if not _count(connection, HAS_SENT):
        return {}
    row = connection.execute("SELECT sending_policy::text FROM public.workspace").fetchone()
    policy: Mapping[str, Any] = json.loads(row[0]) if row else {}
    counts = {
        "P1 accepted or permitted twice": _count(connection, ACCEPTED_TWICE),
        "P2 state without its attempt or permit": _count(connection, UNBALANCED),
        "code of two people": _count(connection, CODE_OF_TWO),
        "P4 permit without consent": _count(connection, WITHOUT_CONSENT),
        "P5 permit after an opt-out": _count(connection, AFTER_OPT_OUT),
        "P9 permit over a cap": sum(
            _count(connection, OVER_CAP, count=cap["count"], hours=cap["per_hours"])
            for cap in policy.get("marketing_caps", USUAL_CAPS)
        ),
        "P9 permit in a person's own quiet hours": _count(connection, IN_OWN_QUIET_HOURS),
        "P9 permit in quiet hours": _count(
            connection, IN_QUIET_HOURS, **policy.get("quiet_hours", USUAL_QUIET_HOURS)
        ),
        **limits_exceeded(connection),
    }
    return {name: count for name, count in counts.items() if count}


def _count(connection: psycopg.Connection[tuple[Any, ...]], query: str, **parameters: object) -> int:
    row = connection.execute(query.encode(), parameters).fetchone()
    return int(row[0]) if row else 0
