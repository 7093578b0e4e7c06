-- The ledger and the plans: what was sent, what was confirmed, and what is on its way.

-- name: ledger
SELECT key, page, type, id, server_id, version, state, confirmed_hash, confirmed, in_flight_hash, plan, confirmed_at,
    cause, patient, detail
FROM ledger WHERE destination = :number AND course = :course AND page > :after ORDER BY page, key;

-- name: ledger_notes
SELECT key, page, type, id, server_id, version, state, confirmed_hash, confirmed, in_flight_hash, plan, confirmed_at,
    cause, patient, detail
FROM ledger WHERE destination = :number AND course = :course AND page = '' ORDER BY key;

-- name: ledger_of_keys
SELECT key, page, type, id, server_id, version, state, confirmed_hash, confirmed, in_flight_hash, plan, confirmed_at,
    cause, patient, detail
FROM ledger WHERE destination = :number AND course = :course AND key IN (SELECT value FROM json_each(:keys));

-- name: open_plan
SELECT number, id, begun FROM plan WHERE destination = :number AND course = :course AND state = 'open';

-- name: plan
SELECT number, id, course, covers, mapping, recorded, causes, decision, waits, patient, next_change, repaged
FROM plan WHERE destination = :number AND course = :course AND state = 'open';

-- name: plan_by_id
SELECT number, course, begun FROM plan WHERE id = :id;

-- name: has_entries
SELECT 1 FROM plan_entry WHERE plan = :plan LIMIT 1;

-- name: plan_entries
SELECT action, key, page, type, id, body, hash, cause FROM plan_entry WHERE plan = :plan ORDER BY ordinal;

-- name: replace_plan
UPDATE plan SET state = 'replaced' WHERE number = :plan;

-- name: delete_plan
DELETE FROM plan WHERE number = :plan;

-- name: delete_entries
DELETE FROM plan_entry WHERE plan = :plan;

-- name: add_plan
INSERT INTO plan (id, destination, course, state, covers, mapping, recorded, causes, decision, waits, patient,
    next_change, repaged, unsourced)
VALUES (:id, :number, :course, 'open', :covers, :mapping, :recorded, :causes, :decision, :waits, :patient,
    :next_change, :repaged, :unsourced);

-- name: add_entry
INSERT INTO plan_entry (plan, ordinal, action, key, page, type, id, hash, cause, body)
VALUES (:plan, :ordinal, :action, :key, :page, :type, :id, :hash, :cause, :body);

-- name: plan_begun
UPDATE plan SET begun = 1 WHERE number = :plan;

-- What this plan has settled already stays settled when the plan is begun again after a crash.
-- name: begin
INSERT INTO ledger (destination, course, key, page, type, id, state, in_flight_hash, plan, cause, patient)
SELECT :number, :course, key, page, type, id, 'sending', hash, :id, cause, :patient
FROM plan_entry WHERE plan = :plan ORDER BY ordinal
ON CONFLICT (destination, course, key) DO UPDATE SET state = 'sending', in_flight_hash = excluded.in_flight_hash,
    plan = excluded.plan, cause = excluded.cause, patient = excluded.patient, detail = ''
WHERE ledger.plan <> excluded.plan OR ledger.confirmed_hash <> excluded.in_flight_hash
    OR ledger.state NOT IN ('confirmed', 'retracted');

-- name: settle_confirmed
UPDATE ledger SET state = :state, version = :version, server_id = :server_id, detail = :detail, confirmed_at = :now,
    in_flight_hash = '', page = e.page, confirmed_hash = e.hash, confirmed = e.body
FROM plan_entry e
WHERE e.plan = :plan AND e.key = :key
    AND ledger.destination = :number AND ledger.course = :course AND ledger.key = :key;

-- name: settle_other
UPDATE ledger SET state = :state, detail = :detail,
    in_flight_hash = CASE WHEN :state IN ('in_doubt', 'sending') THEN in_flight_hash ELSE '' END
WHERE destination = :number AND course = :course AND key = :key;

-- name: adopt_version
UPDATE ledger SET version = :version, server_id = CASE WHEN :server_id = '' THEN server_id ELSE :server_id END
WHERE destination = :number AND course = :course AND key = :key;

-- name: repage
UPDATE ledger SET page = :page WHERE destination = :number AND course = :course AND key = :key;

-- Whether this course ever had a plan replaced that had begun.
-- name: has_replaced
SELECT 1 FROM plan WHERE destination = :number AND course = :course AND state = 'replaced' LIMIT 1;

-- What a replaced plan was to create, and what nobody wants any more, never arrived: there is nothing to remember.
-- name: forget_unsent
DELETE FROM ledger WHERE destination = :number AND course = :course AND plan <> :plan AND confirmed_hash = ''
    AND state IN ('sending', 'in_doubt', 'blocked');

-- name: finish_plan
UPDATE plan SET state = 'finished', finished = :now WHERE number = :plan;

-- name: skipped
SELECT key, hash FROM skip WHERE destination = :number AND course = :course;

-- name: contest
UPDATE ledger SET state = 'contested', detail = :detail
WHERE destination = :number AND course = :course AND key = :key;

-- name: contested
SELECT key, page, type, id, server_id, version, state, confirmed_hash, confirmed, in_flight_hash, plan, confirmed_at,
    cause, patient, detail
FROM ledger WHERE destination = :number AND course = :course AND state = 'contested' ORDER BY key;
