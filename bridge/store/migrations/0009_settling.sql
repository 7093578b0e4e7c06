-- Until when a course of a hospital pump that was charted just now lets further messages gather ('' where it does not).

ALTER TABLE progress ADD COLUMN settles TEXT NOT NULL DEFAULT '';
