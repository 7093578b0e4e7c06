-- Ids are random: an index on them was a page to write for each resource. They stand at the end of an index that is
-- written in the order of courses, and the few questions by id read through that.
DROP INDEX ledger_id;
DROP INDEX ledger_page;
CREATE INDEX ledger_page ON ledger (destination, course, page, id);
