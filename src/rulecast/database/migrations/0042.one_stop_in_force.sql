-- Two lanes that met the same account error at once each wrote a stop; one is enough, and one resume lifts it.

DROP INDEX gate.stop_in_force;
CREATE UNIQUE INDEX stop_is_one_in_force ON gate.stop (scope, target) WHERE resumed_at IS NULL;
