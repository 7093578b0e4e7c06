-- Accepting: an export, its interrogations, the changes and the work that they make.

-- name: export_state
SELECT number, state, content IS NULL FROM export WHERE sha256 = :sha256;

-- name: standing
SELECT e.state, e.withdrawn, e.superseded, q.code, q.place, q.remedy
FROM export e LEFT JOIN quarantine q ON q.export = e.number
WHERE e.sha256 = :sha256;

-- name: accepted_as
SELECT sha256 FROM export
WHERE source = :source AND name = :called AND state = 'accepted' AND received >= :since
ORDER BY received DESC LIMIT 1;

-- name: courses_of_export
SELECT i.course FROM interrogation i JOIN export e ON e.number = i.export
WHERE e.sha256 = :sha256 ORDER BY i.ordinal;

-- name: add_export
INSERT INTO export (sha256, state, sha1, size, media_type, name, source, received, content)
VALUES (:sha256, :state, :sha1, :size, :media_type, :name, :source, :received, :content)
ON CONFLICT (sha256) DO NOTHING;

-- name: renew_export
UPDATE export SET state = :state, sha1 = :sha1, size = :size, media_type = :media_type,
    content = coalesce(:content, content)
WHERE number = :export;

-- name: heard_from
INSERT INTO source (name, received) VALUES (:source, :received)
ON CONFLICT (name) DO UPDATE SET received = max(received, excluded.received);

-- name: put_quarantine
INSERT INTO quarantine (export, code, message, place, remedy, manufacturer, model, serial, local)
VALUES (:export, :code, :message, :place, :remedy, :manufacturer, :model, :serial, :local)
ON CONFLICT (export) DO UPDATE SET code = excluded.code, message = excluded.message, place = excluded.place,
    remedy = excluded.remedy, manufacturer = excluded.manufacturer, model = excluded.model, serial = excluded.serial,
    local = excluded.local;

-- name: quarantined_pump
SELECT manufacturer, model, serial FROM quarantine WHERE export = :export;

-- name: leave_quarantine
DELETE FROM quarantine WHERE export = :export;

-- name: lane
SELECT lane FROM pump
WHERE manufacturer = :manufacturer AND model = :model AND serial = :serial AND simulated = :simulated;

-- name: add_lane
INSERT INTO pump (manufacturer, model, serial, simulated) VALUES (:manufacturer, :model, :serial, :simulated);

-- name: course_of
SELECT number, hospital FROM course WHERE lane = :lane AND patient = :patient AND system = :system;

-- name: add_course
INSERT INTO course (lane, patient, system, hospital) VALUES (:lane, :patient, :system, :hospital);

-- name: not_hospital
UPDATE course SET hospital = 0 WHERE number = :course;

-- name: is_hospital
SELECT hospital FROM course WHERE number = :course;

-- name: hospital_courses_in_lane
SELECT number FROM course WHERE lane = :lane AND hospital = 1 ORDER BY number;

-- name: led
SELECT led, led_at FROM pump WHERE lane = :lane;

-- name: lead
UPDATE pump SET led = :course, led_at = :position WHERE lane = :lane;

-- The course of a hospital pump's newest named session before a position.
-- name: led_before
SELECT c.number, (SELECT max(i.position) FROM interrogation i
    WHERE i.course = c.number AND i.live = 1 AND i.position < :position) AS newest
FROM course c WHERE c.lane = :lane AND c.hospital = 1 AND c.patient <> '' AND newest IS NOT NULL
ORDER BY newest DESC LIMIT 1;

-- name: newest_before
SELECT max(position) FROM interrogation WHERE course = :course AND live = 1 AND position < :position;

-- name: courses_in_lane
SELECT number FROM course WHERE lane = :lane ORDER BY number;

-- Of a hospital pump only the course that it is at: those before ended when the next began.
-- name: courses_of_pump_identity
SELECT c.number FROM course c JOIN pump p ON p.lane = c.lane
WHERE p.manufacturer = :manufacturer AND p.model = :model AND p.serial = :serial
    AND (c.hospital = 0 OR c.number = p.led) ORDER BY c.number;

-- name: add_interrogation
INSERT INTO interrogation (export, ordinal, course, live, session, placed, position, revision, reported, started,
    linkable, adapter, adapter_version, schema_version, body)
VALUES (:export, :ordinal, :course, 1, :session, :placed, :placed, :revision, :reported, :started,
    :linkable, :adapter, :adapter_version, :schema_version, :body);

-- name: session_before
SELECT position, revision, reported FROM interrogation
WHERE course = :course AND session = :session AND live = 1 ORDER BY revision DESC, reported DESC LIMIT 1;

-- name: newest_position
SELECT max(position) FROM interrogation WHERE course = :course AND live = 1;

-- Where a report goes, in one question: its lane and who leads there, its course with the newest position there, and the
-- session's best report so far.
-- name: filed_under
SELECT p.lane, p.led, p.led_at, c.number, c.hospital, c.live,
    (SELECT max(i.position) FROM interrogation i WHERE i.course = c.number AND i.live = 1),
    s.position, s.revision, s.reported
FROM pump p
LEFT JOIN course c ON c.lane = p.lane AND c.patient = :patient AND c.system = :system
LEFT JOIN interrogation s ON s.course = c.number AND s.session = :session AND s.live = 1
WHERE p.manufacturer = :manufacturer AND p.model = :model AND p.serial = :serial AND p.simulated = :simulated
ORDER BY s.revision DESC, s.reported DESC LIMIT 1;

-- The session stands where the report says that counts: the highest revision, then the latest report time.
-- name: session_place
SELECT placed FROM interrogation WHERE course = :course AND session = :session AND live = 1
ORDER BY revision DESC, reported DESC, placed LIMIT 1;

-- name: place_session
UPDATE interrogation SET position = :position
WHERE course = :course AND session = :session AND live = 1 AND position <> :position;

-- name: count_live
UPDATE course SET live = live + :more WHERE number = :course;

-- name: add_change
INSERT INTO change (course, position, cause, export, decision, received)
VALUES (:course, :position, :cause, :export, :decision, :received);

-- name: course_changed
UPDATE course SET change = :change WHERE number = :course;

-- name: forget_checkpoints
DELETE FROM checkpoint WHERE course = :course AND position >= :position;

-- What a hospital pump says right after it was charted gathers for a moment; what loses something, or is due, does not.
-- name: make_due
INSERT INTO due (destination, course, lane, since, losing, not_before)
SELECT d.number, c.number, c.lane, :since, :losing,
    CASE WHEN c.hospital = 1 AND :losing = 0 AND p.settles > :since THEN p.settles ELSE '' END
FROM course c CROSS JOIN destination d
LEFT JOIN progress p ON p.destination = d.number AND p.course = c.number
WHERE c.number = :course
ON CONFLICT (destination, course) DO UPDATE SET losing = max(losing, excluded.losing),
    not_before = CASE WHEN losing OR not_before = '' THEN '' ELSE excluded.not_before END;

-- name: unapplied
INSERT INTO progress (destination, course, unapplied_since)
SELECT d.number, :course, :received FROM destination d WHERE 1
ON CONFLICT (destination, course) DO UPDATE SET unapplied_since = coalesce(unapplied_since, excluded.unapplied_since);

-- name: add_programmer
INSERT INTO programmer (key, simulated) VALUES (:key, :simulated) ON CONFLICT DO NOTHING;

-- name: course_live
SELECT live FROM course WHERE number = :course;

-- The reports of a pump's session that no person took away, whosever they are: of those that messages tell, which hold.
-- name: session_reports
SELECT i.number, i.course, i.live, i.placed, i.position, i.body
FROM course c JOIN interrogation i ON i.course = c.number JOIN export e ON e.number = i.export
WHERE c.lane = :lane AND i.session = :session AND i.live IN (0, 1) AND e.withdrawn IS NULL AND e.superseded IS NULL
ORDER BY i.number;
