-- The messages of one sender by their number: one that comes again with other content is refused.
CREATE INDEX export_named ON export (source, name, received);
