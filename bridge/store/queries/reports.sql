-- What people ask: pumps, quarantine, parked, plans that wait, decisions, where a resource came from.

-- name: pumps
SELECT p.lane, p.manufacturer, p.model, p.serial, p.simulated,
    (SELECT group_concat(c.number) FROM course c WHERE c.lane = p.lane),
    (SELECT count(DISTINCT i.export) FROM course c JOIN interrogation i ON i.course = c.number AND i.live IN (0, 1)
        WHERE c.lane = p.lane),
    (SELECT max(e.received) FROM course c JOIN interrogation i ON i.course = c.number AND i.live IN (0, 1)
        JOIN export e ON e.number = i.export WHERE c.lane = p.lane),
    (SELECT max(i.position || char(10) || i.started) FROM course c JOIN interrogation i ON i.course = c.number
        AND i.live = 1 WHERE c.lane = p.lane),
    (SELECT count(*) FROM quarantine q JOIN export e ON e.number = q.export WHERE e.state = 'quarantined'
        AND q.manufacturer = p.manufacturer AND q.model = p.model AND q.serial = p.serial)
FROM pump p WHERE p.lane > :after ORDER BY p.lane LIMIT 500;

-- name: quarantined
SELECT e.sha256, e.state, e.name, e.source, e.received, e.size, q.code, q.message, q.place, q.remedy,
    q.manufacturer, q.model, q.serial, q.local
FROM quarantine q CROSS JOIN export e ON e.number = q.export
WHERE e.state = 'quarantined' ORDER BY e.received, e.sha256;

-- name: quarantined_one
SELECT e.sha256, e.state, e.name, e.source, e.received, e.size, q.code, q.message, q.place, q.remedy,
    q.manufacturer, q.model, q.serial, q.local
FROM quarantine q JOIN export e ON e.number = q.export WHERE e.sha256 = :sha256;

-- name: export_bytes
SELECT sha256, content, name, source, received FROM export WHERE sha256 = :sha256;

-- name: exports_like
SELECT sha256 FROM export WHERE sha256 >= :prefix AND sha256 < :prefix || 'g' ORDER BY sha256 LIMIT 3;

-- name: export_row
SELECT e.sha256, e.state, e.withdrawn, e.superseded, e.sha1, e.size, e.media_type, e.name, e.source, e.received,
    i.course, i.session, i.position, i.started, i.adapter, i.adapter_version, i.schema_version
FROM export e LEFT JOIN interrogation i ON i.export = e.number
WHERE e.sha256 = :sha256 ORDER BY i.ordinal;

-- name: exports_of_course
SELECT e.sha256, e.state, e.withdrawn, e.superseded, e.sha1, e.size, e.media_type, e.name, e.source, e.received,
    i.course, i.session, i.position, i.started, i.adapter, i.adapter_version, i.schema_version
FROM interrogation i JOIN export e ON e.number = i.export
WHERE i.course = :course AND i.live IN (0, 1) ORDER BY i.position, e.sha256, i.ordinal;

-- name: all_exports
SELECT sha256 FROM export WHERE state = 'accepted' AND sha256 > :after ORDER BY sha256 LIMIT 500;

-- name: interrogation_of_export
SELECT i.body FROM interrogation i JOIN export e ON e.number = i.export
WHERE e.sha256 = :sha256 ORDER BY i.ordinal;

-- name: parked
SELECT d.name, p.course, p.parked, p.parked_detail, p.parked_at FROM progress p
JOIN destination d ON d.number = p.destination
WHERE p.parked <> '' AND (:destination IS NULL OR d.name = :destination) ORDER BY d.name, p.course;

-- name: waiting_plans
SELECT l.number, d.name, l.course, l.id, l.waits, l.recorded, l.covers, l.mapping, l.begun
FROM plan l JOIN destination d ON d.number = l.destination
WHERE l.state = 'open' AND (:destination IS NULL OR d.name = :destination) ORDER BY d.name, l.course;

-- name: plan_counts
SELECT action, cause, count(*) FROM plan_entry WHERE plan = :plan GROUP BY action, cause ORDER BY action, cause;

-- name: plan_head
SELECT id, recorded, causes, decision FROM plan WHERE id = :id;

-- name: shared_backlog
SELECT EXISTS (SELECT 1 FROM due WHERE destination = :number AND course = 0 AND not_before < '9999'),
    EXISTS (SELECT 1 FROM plan WHERE destination = :number AND course = 0 AND state = 'open' AND waits <> ''),
    EXISTS (SELECT 1 FROM progress WHERE destination = :number AND course = 0 AND parked <> '');

-- name: oldest_unapplied
SELECT min(unapplied_since), count(*) FROM progress WHERE destination = :number AND unapplied_since IS NOT NULL;

-- name: count_parked
SELECT count(*) FROM progress WHERE destination = :number AND parked <> '';

-- name: count_waiting
SELECT count(*) FROM plan WHERE destination = :number AND state = 'open' AND waits <> '';

-- name: sources
SELECT name, received FROM source ORDER BY name;

-- name: count_quarantined
SELECT count(*) FROM quarantine q CROSS JOIN export e ON e.number = q.export WHERE e.state = 'quarantined';

-- name: count_courses
SELECT count(*) FROM course WHERE number > 0;

-- name: decisions
SELECT number, kind, export, subject, actor, reason, decided FROM decision ORDER BY number;

-- Ids stand at the end of an index in another order: all of it is read, and of the ledger only what is found.
-- name: rows_by_id
SELECT d.name, r.course, r.key, r.page, r.type, r.id, r.server_id, r.version, r.state, r.confirmed_hash, r.confirmed,
    r.in_flight_hash, r.plan, r.confirmed_at, r.cause, r.patient, r.detail
FROM ledger r JOIN destination d ON d.number = r.destination
WHERE r.number IN (SELECT number FROM ledger INDEXED BY ledger_page WHERE id = :id) AND r.type = :type
ORDER BY d.name;
