-- Until when a destination asked to be left alone ('' where it did not), for every process and after a restart; and how
-- often in a row a course failed there, so that its pauses grow.

ALTER TABLE destination ADD COLUMN rests_until TEXT NOT NULL DEFAULT '';
ALTER TABLE progress ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;

-- Plans that had begun and were replaced: only these leave rows that were never confirmed.
CREATE INDEX plan_replaced ON plan (destination, course) WHERE state = 'replaced';
