-- What people decide, and what follows from it.

-- name: add_decision
INSERT INTO decision (kind, export, subject, actor, reason, decided)
VALUES (:kind, :export, :subject, :actor, :reason, :decided);

-- name: export_for_decision
SELECT number, state, withdrawn, superseded FROM export WHERE sha256 = :sha256;

-- name: interrogations_of_export
SELECT i.number, i.course, c.lane, i.session, i.placed, i.position, i.live, c.patient, c.system
FROM interrogation i JOIN course c ON c.number = i.course WHERE i.export = :export ORDER BY i.ordinal;

-- name: interrogations_to_link
SELECT i.number, i.course, c.lane, i.session, i.placed, i.position, i.live, c.patient, c.system
FROM interrogation i JOIN course c ON c.number = i.course
WHERE c.lane = :lane AND i.course = c.number AND i.live = 1 AND i.linkable = 1 AND i.assigned IS NULL
    AND NOT (c.patient = :patient AND c.system = :system)
ORDER BY i.number;

-- name: lanes_of_pump
SELECT lane FROM pump WHERE manufacturer = :manufacturer AND model = :model AND serial = :serial ORDER BY lane;

-- name: end_interrogation
UPDATE interrogation SET live = 0 WHERE number = :interrogation;

-- name: move_interrogation
UPDATE interrogation SET course = :course, position = placed, assigned = coalesce(:assigned, assigned)
WHERE number = :interrogation;

-- name: withdraw_export
UPDATE export SET withdrawn = :decision WHERE number = :export;

-- name: supersede_export
UPDATE export SET superseded = :decision WHERE number = :export;

-- name: add_superseded
INSERT INTO superseded (new, old, decision) VALUES (:new, :old, :decision)
ON CONFLICT (new, old) DO UPDATE SET decision = excluded.decision;

-- What an export supersedes now, and the courses of that: a decision that was undone is not the one that holds.
-- name: superseded_by
SELECT DISTINCT old.number, i.course FROM superseded s
JOIN export old ON old.number = s.old AND old.superseded = s.decision
JOIN interrogation i ON i.export = old.number
WHERE s.new = :new ORDER BY old.number, i.course;

-- name: not_superseded
UPDATE export SET superseded = NULL WHERE number = :export;

-- name: revive_interrogation
UPDATE interrogation SET live = 1, position = placed WHERE number = :interrogation;

-- name: link_of_lane
SELECT l.patient, l.system FROM link l
JOIN pump p ON p.manufacturer = l.manufacturer AND p.model = l.model AND p.serial = l.serial WHERE p.lane = :lane;

-- name: drop_export
UPDATE export SET state = 'dropped' WHERE number = :export;

-- name: put_link
INSERT INTO link (manufacturer, model, serial, patient, system, decision)
VALUES (:manufacturer, :model, :serial, :patient, :system, :decision)
ON CONFLICT (manufacturer, model, serial) DO UPDATE SET patient = excluded.patient, system = excluded.system,
    decision = excluded.decision;

-- name: put_skip
INSERT INTO skip (destination, course, key, hash, decision) VALUES (:number, :course, :key, :hash, :decision)
ON CONFLICT (destination, course, key) DO UPDATE SET hash = excluded.hash, decision = excluded.decision;

-- name: reread_interrogation
UPDATE interrogation SET course = :course, session = :session, placed = :placed, position = :placed,
    revision = :revision, reported = :reported, started = :started, linkable = :linkable, adapter = :adapter,
    adapter_version = :adapter_version, schema_version = :schema_version, body = :body
WHERE number = :interrogation;

-- name: interrogations_to_reread
SELECT i.number, i.course, c.lane, i.session, i.placed, i.position, i.live, i.assigned, i.body, c.patient, c.system
FROM interrogation i JOIN course c ON c.number = i.course JOIN export e ON e.number = i.export
WHERE e.sha256 = :sha256 AND e.state = 'accepted' ORDER BY i.ordinal;
