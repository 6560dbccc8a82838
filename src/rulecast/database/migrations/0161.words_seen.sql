-- Which words about silence the decision on a permit could read: rows of profile.suppression of that person that were
-- committed before it. Whether a stop or a resume came first is told by them, and not by two clocks. Unknown (NULL) for
-- permits of earlier releases.
ALTER TABLE gate.permit ADD COLUMN words_seen bigint[];
