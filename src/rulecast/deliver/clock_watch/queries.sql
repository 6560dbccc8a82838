-- name: read_clock
-- The server's own clock, which leases follow; compared with the machine's at every reading of the stops.
SELECT extract(epoch FROM clock_timestamp())::double precision;
