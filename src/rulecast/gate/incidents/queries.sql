-- name: open_incident
-- One open incident a cause and place, however often it is told.
INSERT INTO gate.incident (cause, scope, scope_id, opened_at, steps, facts)
VALUES (%(cause)s, %(scope)s, %(scope_id)s, %(at)s::timestamptz, %(steps)s::text[], %(facts)s::jsonb)
ON CONFLICT (cause, scope, scope_id) WHERE closed_at IS NULL DO NOTHING;

-- name: find_open_incident
-- The one that is open; a statement of its own sees one that was written at the same time.
SELECT incident_id FROM gate.incident
WHERE cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s AND closed_at IS NULL;

-- name: settle_incidents
-- Meta took its word back.
UPDATE gate.incident SET closed_at = greatest(opened_at, %(at)s::timestamptz), closed_by = %(by)s
WHERE cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s AND closed_at IS NULL
    AND opened_at <= %(at)s::timestamptz;

-- name: close_incident
-- A person has looked.
UPDATE gate.incident SET closed_at = %(now)s::timestamptz, closed_by = %(by)s, because = %(because)s
WHERE incident_id = %(incident_id)s AND closed_at IS NULL
RETURNING incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts;

-- name: find_incident
-- One incident, open or closed.
SELECT incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts
FROM gate.incident WHERE incident_id = %(incident_id)s;

-- name: list_incidents
-- The newest first.
SELECT incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts
FROM gate.incident WHERE closed_at IS NULL OR %(with_closed)s::boolean
ORDER BY incident_id DESC LIMIT 500;
