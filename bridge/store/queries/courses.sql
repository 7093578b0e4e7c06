-- Folding: what a course rests on.

-- name: course
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live, c.hospital
FROM course c JOIN pump p ON p.lane = c.lane WHERE c.number = :course;

-- name: courses
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live, c.hospital
FROM course c JOIN pump p ON p.lane = c.lane WHERE c.number > :after ORDER BY c.number LIMIT 500;

-- name: courses_of_pump
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live, c.hospital
FROM course c JOIN pump p ON p.lane = c.lane
WHERE p.manufacturer = :manufacturer AND p.model = :model AND p.serial = :serial ORDER BY c.number;

-- name: siblings
SELECT c.number, c.patient, c.system, p.manufacturer, p.model, p.serial, p.simulated, c.change, c.live, c.hospital
FROM course o JOIN course c ON c.lane = o.lane AND c.number <> o.number JOIN pump p ON p.lane = c.lane
WHERE o.number = :course ORDER BY c.number;

-- name: held
SELECT e.sha256, e.sha1, e.size, e.media_type, i.session, i.position, i.body
FROM interrogation i JOIN export e ON e.number = i.export
WHERE i.course = :course AND i.live = 1 AND i.position > :after AND i.position <= :until
ORDER BY i.position, e.sha256, i.ordinal;

-- name: position_after
SELECT position FROM interrogation WHERE course = :course AND live = 1 AND position > :after
ORDER BY position LIMIT 1 OFFSET :count;

-- name: superseded_by_held
SELECT new.sha256, old.sha256
FROM interrogation i
JOIN superseded s ON s.new = i.export
JOIN export new ON new.number = s.new
JOIN export old ON old.number = s.old AND old.superseded = s.decision
WHERE i.course = :course AND i.live = 1 AND i.position > :after AND i.position <= :until
ORDER BY new.sha256, old.sha256;

-- name: markers
SELECT e.sha256, q.local FROM quarantine q JOIN export e ON e.number = q.export
WHERE q.manufacturer = :manufacturer AND q.model = :model AND q.serial = :serial AND e.state = 'quarantined'
ORDER BY q.local, e.sha256;

-- Whose pump it is nobody knows while its exports name two patients, unless a person linked it. A hospital pump is at
-- many patients in turn, and says nothing of another pump.
-- name: other_pumps
SELECT o.number FROM course c
JOIN pump p ON p.lane = c.lane
JOIN course o ON o.patient = c.patient AND o.system = c.system AND o.number <> c.number AND o.live > 0
JOIN pump q ON q.lane = o.lane AND q.simulated = p.simulated
WHERE c.number = :course AND c.patient <> '' AND c.hospital = 0 AND o.hospital = 0
    AND (
        (SELECT count(*) FROM course s WHERE s.lane = o.lane AND s.live > 0 AND s.patient <> '') = 1
        OR EXISTS (
            SELECT 1 FROM link l
            WHERE l.manufacturer = q.manufacturer AND l.model = q.model AND l.serial = q.serial AND l.patient = o.patient
        )
    )
ORDER BY o.number;

-- The same without that question: whoever may have to be looked at again.
-- name: beside
SELECT o.number FROM course c
JOIN pump p ON p.lane = c.lane
JOIN course o ON o.patient = c.patient AND o.system = c.system AND o.number <> c.number AND o.live > 0
JOIN pump q ON q.lane = o.lane AND q.simulated = p.simulated
WHERE c.number = :course AND c.patient <> '' AND c.hospital = 0 AND o.hospital = 0 ORDER BY o.number;

-- A hospital pump: the first session of another patient after a position.
-- name: next_elsewhere
SELECT e.sha256, e.sha1, e.size, e.media_type, i.session, i.position, i.body
FROM course o
JOIN course c ON c.lane = o.lane AND c.number <> o.number AND c.patient <> '' AND c.hospital = 1
JOIN interrogation i ON i.number = (SELECT n.number FROM interrogation n
    WHERE n.course = c.number AND n.live = 1 AND n.position > :after ORDER BY n.position LIMIT 1)
JOIN export e ON e.number = i.export
WHERE o.number = :course ORDER BY i.position LIMIT 1;

-- name: next_unnamed
SELECT e.sha256, e.sha1, e.size, e.media_type, i.session, i.position, i.body
FROM course o
JOIN course c ON c.lane = o.lane AND c.number <> o.number AND c.patient = ''
JOIN interrogation i ON i.number = (SELECT n.number FROM interrogation n
    WHERE n.course = c.number AND n.live = 1 AND n.position > :after ORDER BY n.position LIMIT 1)
JOIN export e ON e.number = i.export
WHERE o.number = :course ORDER BY i.position LIMIT 1;

-- name: next_position
SELECT min(position) FROM interrogation WHERE course = :course AND live = 1 AND position > :after;

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
    AND c.live > 0 AND c.patient <> '' AND c.hospital = 0
ORDER BY c.number;

-- name: linked
SELECT patient, system FROM link WHERE manufacturer = :manufacturer AND model = :model AND serial = :serial;
