-- Folding: what a course rests on.

-- name: course
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live
FROM course c JOIN pump p ON p.lane = c.lane WHERE c.number = :course;

-- name: courses
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live
FROM course c JOIN pump p ON p.lane = c.lane WHERE c.number > :after ORDER BY c.number LIMIT 500;

-- name: courses_of_pump
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live
FROM course c JOIN pump p ON p.lane = c.lane
WHERE p.manufacturer = :manufacturer AND p.model = :model AND p.serial = :serial ORDER BY c.number;

-- name: held
SELECT e.sha256, e.sha1, e.size, e.media_type, i.session, i.position, i.body
FROM interrogation i JOIN export e ON e.number = i.export
WHERE i.course = :course AND i.live = 1 AND i.position > :after
ORDER BY i.position, e.sha256, i.ordinal;

-- name: superseded_by_held
SELECT new.sha256, old.sha256
FROM interrogation i
JOIN superseded s ON s.new = i.export
JOIN export new ON new.number = s.new
JOIN export old ON old.number = s.old AND old.superseded = s.decision
WHERE i.course = :course AND i.live = 1 AND i.position > :after
ORDER BY new.sha256, old.sha256;

-- name: markers
SELECT e.sha256, q.local FROM quarantine q JOIN export e ON e.number = q.export
WHERE q.manufacturer = :manufacturer AND q.model = :model AND q.serial = :serial AND e.state = 'quarantined'
ORDER BY q.local, e.sha256;

-- name: content
SELECT content FROM export WHERE sha256 = :sha256;

-- name: checkpoint
SELECT position, body FROM checkpoint WHERE course = :course AND position < :before
ORDER BY position DESC LIMIT 1;

-- name: course_change
SELECT change FROM course WHERE number = :course;

-- name: sessions_between
SELECT count(*) FROM interrogation
WHERE course = :course AND live = 1 AND position > :after AND position <= :position;

-- name: checkpoint_before
SELECT position, since_kept FROM checkpoint WHERE course = :course AND position < :position
ORDER BY position DESC LIMIT 1;

-- name: put_checkpoint
INSERT OR REPLACE INTO checkpoint (course, position, since_kept, body)
VALUES (:course, :position, :since_kept, :body);

-- name: newest_checkpoints
SELECT position, since_kept FROM checkpoint WHERE course = :course ORDER BY position DESC LIMIT :limit;

-- name: delete_checkpoint
DELETE FROM checkpoint WHERE course = :course AND position = :position;

-- name: programmers
SELECT DISTINCT key FROM programmer WHERE :simulated IS NULL OR simulated = :simulated ORDER BY key;

-- name: patients_of_pump
SELECT c.patient FROM course c JOIN pump p ON p.lane = c.lane
WHERE p.manufacturer = :manufacturer AND p.model = :model AND p.serial = :serial AND p.simulated = :simulated
    AND c.live > 0 AND c.patient <> ''
ORDER BY c.number;

-- name: linked
SELECT patient, system FROM link WHERE manufacturer = :manufacturer AND model = :model AND serial = :serial;
