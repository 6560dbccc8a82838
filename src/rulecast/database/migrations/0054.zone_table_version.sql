-- Which tzdata wheel the zone offsets were generated from; they are replaced as a whole when another is installed.

CREATE TABLE public.zone_table (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    tzdata_version text NOT NULL CHECK (tzdata_version <> '')
);
