-- Planning and applying: what is due, who holds it, how far each destination is.

-- name: destination
SELECT number, mapping FROM destination WHERE name = :destination;

-- The zone by which exports that print none were placed.
-- name: placed_by
SELECT value FROM meta WHERE name = 'zone';

-- name: place_by
INSERT INTO meta (name, value) VALUES ('zone', :zone) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: add_destination
INSERT INTO destination (name, mapping, registered) VALUES (:destination, :mapping, :now);

-- name: remap_destination
UPDATE destination SET mapping = :mapping WHERE number = :number;

-- A process of another mapping has finished a course: whoever registers next makes due what is not by its own.
-- name: mapped_otherwise
UPDATE destination SET mapping = '' WHERE number = :number AND mapping <> :mapping;

-- name: due_by_mapping
INSERT INTO due (destination, course, lane, since)
SELECT :number, c.number, c.lane, :now FROM course c
LEFT JOIN progress p ON p.destination = :number AND p.course = c.number
LEFT JOIN plan l ON l.destination = :number AND l.course = c.number AND l.state = 'open'
WHERE p.course IS NULL OR p.applied < c.change OR p.mapping <> :mapping OR l.mapping <> :mapping
ON CONFLICT (destination, course) DO UPDATE SET not_before = '';

-- name: unapplied_at_first
INSERT INTO progress (destination, course, unapplied_since)
SELECT :number, number, :now FROM course WHERE live > 0
ON CONFLICT DO NOTHING;

-- name: count_due
SELECT (SELECT count(*) FROM due INDEXED BY due_ready WHERE destination = :number AND not_before = '')
    + (SELECT count(*) FROM due WHERE destination = :number AND not_before > '' AND not_before < '9999');

-- name: some_ready
SELECT course FROM due INDEXED BY due_ready WHERE destination = :number AND not_before = '' LIMIT :limit;

-- name: any_due
SELECT 1 FROM due INDEXED BY due_ready WHERE destination = :number AND not_before = ''
UNION ALL
SELECT 1 FROM due WHERE destination = :number AND not_before > '' AND not_before <= :now
LIMIT 1;

-- name: wake
INSERT INTO due (destination, course, lane, since)
SELECT p.destination, c.number, c.lane, :now FROM progress p JOIN course c ON c.number = p.course
WHERE p.destination = :number AND p.next_change IS NOT NULL AND p.next_change <= :now
ON CONFLICT (destination, course) DO UPDATE SET not_before = '';

-- name: woken
UPDATE progress SET next_change = NULL
WHERE destination = :number AND next_change IS NOT NULL AND next_change <= :now;

-- name: next_wake
SELECT min(next_change) FROM progress WHERE destination = :number AND next_change IS NOT NULL;

-- name: expire_leases
DELETE FROM lease WHERE destination = :number AND expires <= :now;

-- name: is_due
SELECT not_before FROM due WHERE destination = :number AND course = :course AND not_before < '9999';

-- name: rested
UPDATE due SET not_before = '' WHERE destination = :number AND not_before > '' AND not_before <= :now;

-- A course rests after a failure, or with its destination; one that is parked, or was only planned until its time
-- comes, does not.
-- name: resting
SELECT d.course, max(d.not_before, x.rests_until) FROM due d JOIN destination x ON x.number = d.destination
LEFT JOIN progress p ON p.destination = d.destination AND p.course = d.course
LEFT JOIN plan l ON l.destination = d.destination AND l.course = d.course AND l.state = 'open' AND l.begun = 0
WHERE d.destination = :number AND max(d.not_before, x.rests_until) > :now AND d.not_before < '9999'
    AND coalesce(p.parked, '') = '' AND d.not_before IS NOT l.next_change
    AND (d.not_before IS NOT p.settles OR x.rests_until > :now)
ORDER BY d.course;

-- name: hurry
UPDATE due SET not_before = '' WHERE destination = :number AND not_before > '' AND not_before < '9999'
    AND NOT EXISTS (SELECT 1 FROM progress p WHERE p.destination = due.destination AND p.course = due.course
        AND p.parked <> '')
    AND NOT EXISTS (SELECT 1 FROM plan l WHERE l.destination = due.destination AND l.course = due.course
        AND l.state = 'open' AND l.begun = 0 AND l.next_change = due.not_before);

-- name: taken
SELECT taken FROM destination WHERE number = :number;

-- name: keep_taken
UPDATE destination SET taken = :taken WHERE number = :number;

-- name: rests_until
SELECT rests_until FROM destination WHERE number = :number;

-- name: let_rest
UPDATE destination SET rests_until = max(rests_until, :until) WHERE number = :number;

-- name: failed
INSERT INTO progress (destination, course, failures) VALUES (:number, :course, 1)
ON CONFLICT (destination, course) DO UPDATE SET failures = failures + 1;

-- name: failures
SELECT failures FROM progress WHERE destination = :number AND course = :course;

-- name: rouse
INSERT INTO due (destination, course, lane, since)
SELECT :number, number, lane, :now FROM course WHERE true
ON CONFLICT (destination, course) DO UPDATE SET not_before = '' WHERE due.not_before = '9999'
    OR EXISTS (SELECT 1 FROM progress p WHERE p.destination = due.destination AND p.course = due.course
        AND p.parked <> '');

-- name: lane_leased
SELECT 1 FROM lease WHERE destination = :number AND lane = :lane LIMIT 1;

-- name: lane_leased_by_others
SELECT 1 FROM lease WHERE destination = :number AND lane = :lane AND owner <> :owner LIMIT 1;

-- name: oldest_due_lane
SELECT d.lane FROM due d
WHERE d.destination = :number AND d.not_before = ''
    AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.destination = d.destination AND l.lane = d.lane)
ORDER BY d.since, d.course LIMIT 1;

-- Two queries in one, so that neither sorts: `commons` where its plan waits, else the lane of the oldest plan.
-- name: oldest_waiting_lane
SELECT coalesce(
    (SELECT 0 FROM plan l INDEXED BY plan_open
    WHERE l.destination = :number AND l.course = 0 AND l.state = 'open' AND l.begun = 0 AND l.waits = :waits
        AND NOT EXISTS (SELECT 1 FROM lease e WHERE e.destination = l.destination AND e.lane = 0)
        AND NOT EXISTS (SELECT 1 FROM progress p
            WHERE p.destination = l.destination AND p.course = 0 AND p.parked <> '')),
    (SELECT c.lane FROM plan l JOIN course c ON c.number = l.course
    WHERE l.destination = :number AND l.state = 'open' AND l.begun = 0 AND l.waits = :waits
        AND NOT EXISTS (SELECT 1 FROM lease e WHERE e.destination = l.destination AND e.lane = c.lane)
        AND NOT EXISTS (SELECT 1 FROM progress p
            WHERE p.destination = l.destination AND p.course = l.course AND p.parked <> '')
    ORDER BY l.number LIMIT 1));

-- The order of these joins is meant (CROSS JOIN keeps it): from the lane's few courses, not from all that is due.
-- name: waiting_in_lane
SELECT c.number, c.live = 0 OR coalesce(d.losing, 0) FROM course c
CROSS JOIN plan l ON l.destination = :number AND l.course = c.number AND l.state = 'open' AND l.begun = 0 AND l.waits = :waits
LEFT JOIN due d ON d.destination = :number AND d.course = c.number
LEFT JOIN progress p ON p.destination = :number AND p.course = c.number
WHERE c.lane = :lane AND coalesce(p.parked, '') = '';

-- name: due_in_lane
SELECT d.course, c.live = 0 OR d.losing FROM course c
CROSS JOIN due d ON d.destination = :number AND d.course = c.number
WHERE c.lane = :lane AND d.not_before = ''
ORDER BY 2 DESC, d.since, d.course;

-- name: lease
INSERT INTO lease (destination, course, lane, owner, expires, seen)
SELECT :number, number, lane, :owner, :expires, change FROM course WHERE number = :course
ON CONFLICT (destination, course) DO UPDATE SET owner = excluded.owner, expires = excluded.expires,
    seen = excluded.seen;

-- name: renew
UPDATE lease SET expires = :expires WHERE destination = :number AND owner = :owner AND expires > :now;

-- name: leased_by
SELECT 1 FROM lease WHERE destination = :number AND course = :course AND owner = :owner;

-- name: release
DELETE FROM lease WHERE destination = :number AND course = :course AND owner = :owner;

-- name: not_before
UPDATE due SET not_before = :not_before WHERE destination = :number AND course = :course
    AND NOT EXISTS (SELECT 1 FROM lease l JOIN course c ON c.number = l.course
        WHERE l.destination = :number AND l.course = :course AND c.change > l.seen);

-- name: lane_of_course
SELECT lane FROM course WHERE number = :course;

-- name: state
SELECT applied, mapping, next_change, patient, parked, parked_detail FROM progress
WHERE destination = :number AND course = :course;

-- name: changes
SELECT number, position, cause, export, decision FROM change
WHERE course = :course AND number > :since ORDER BY number;

-- name: decision
SELECT number, kind, export, subject, actor, reason, decided FROM decision WHERE number = :decision;

-- name: park
INSERT INTO progress (destination, course, parked, parked_detail, parked_at)
VALUES (:number, :course, :code, :detail, :now)
ON CONFLICT (destination, course) DO UPDATE SET parked = excluded.parked, parked_detail = excluded.parked_detail,
    parked_at = excluded.parked_at;

-- name: parked_in_lane
SELECT c.number FROM course o JOIN course c ON c.lane = o.lane AND c.number <> o.number
JOIN progress p ON p.destination = :number AND p.course = c.number
WHERE o.number = :course AND p.parked = :code ORDER BY c.number;

-- name: unpark
UPDATE progress SET parked = '', parked_detail = '', parked_at = NULL
WHERE destination = :number AND course = :course;

-- name: due_again
INSERT INTO due (destination, course, lane, since)
SELECT :number, number, lane, :since FROM course WHERE number = :course
ON CONFLICT (destination, course) DO UPDATE SET not_before = '';

-- name: not_due
DELETE FROM due WHERE destination = :number AND course = :course
    AND (SELECT change FROM course WHERE number = :course) <= :covers;

-- name: wait
UPDATE due SET not_before = :not_before WHERE destination = :number AND course = :course
    AND (SELECT change FROM course WHERE number = :course) <= :covers;

-- What came for a hospital pump while it was charted gathers too.
-- name: settle
UPDATE due SET not_before = :settles WHERE destination = :number AND course = :course AND not_before = '' AND losing = 0
    AND (SELECT hospital FROM course WHERE number = :course);

-- name: any_settling
SELECT 1 FROM due d JOIN progress p ON p.destination = d.destination AND p.course = d.course
WHERE d.destination = :number AND d.not_before > '' AND d.not_before = p.settles LIMIT 1;

-- name: settled
UPDATE due SET not_before = '' WHERE destination = :number AND not_before > ''
    AND not_before = (SELECT settles FROM progress p WHERE p.destination = due.destination AND p.course = due.course);

-- name: applied
INSERT INTO progress (destination, course, applied, mapping, next_change, patient, settles)
VALUES (:number, :course, :covers, :mapping, :next_change, :patient, :settles)
ON CONFLICT (destination, course) DO UPDATE SET applied = excluded.applied, mapping = excluded.mapping,
    next_change = excluded.next_change, patient = excluded.patient, settles = excluded.settles, parked = '', parked_detail = '',
    parked_at = NULL, failures = 0, unapplied_since = (
        SELECT min(received) FROM change WHERE course = excluded.course AND number > excluded.applied);

-- name: waits_until
INSERT INTO progress (destination, course, next_change) VALUES (:number, :course, :next_change)
ON CONFLICT (destination, course) DO UPDATE SET next_change = excluded.next_change;

-- name: recent_unsourced
SELECT count(DISTINCT course) FROM plan WHERE destination = :number AND recorded >= :since AND unsourced = 1;

-- name: lease_owners
SELECT DISTINCT owner FROM lease WHERE destination = :number;

-- name: expire_owner
DELETE FROM lease WHERE destination = :number AND owner = :owner;
