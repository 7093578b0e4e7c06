-- A hospital pump goes from patient to patient: its courses know that they are such a pump's. `led` is the course of its
-- newest session that names a patient, `led_at` the position of that session ('' while there is none).
ALTER TABLE course ADD COLUMN hospital INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pump ADD COLUMN led INTEGER;
ALTER TABLE pump ADD COLUMN led_at TEXT NOT NULL DEFAULT '';

-- Bodies are packed; the adapter says it as well: what it read until now was all of hospital pumps.
UPDATE course SET hospital = 1
WHERE EXISTS (SELECT 1 FROM interrogation i WHERE i.course = course.number AND i.adapter = 'hl7v2_pcd')
    AND NOT EXISTS (SELECT 1 FROM interrogation i WHERE i.course = course.number AND i.adapter <> 'hl7v2_pcd');

UPDATE pump SET led_at = coalesce((
    SELECT max(i.position) FROM course c JOIN interrogation i ON i.course = c.number AND i.live = 1
    WHERE c.lane = pump.lane AND c.hospital = 1 AND c.patient <> ''), '');
UPDATE pump SET led = (
    SELECT c.number FROM course c JOIN interrogation i ON i.course = c.number AND i.live = 1
    WHERE c.lane = pump.lane AND c.hospital = 1 AND c.patient <> '' AND i.position = pump.led_at
    ORDER BY c.number LIMIT 1)
WHERE led_at <> '';

-- Charts refer to a hospital pump's Device, which is one of what courses share: here by its name alone, in the spelling
-- of keys; what messages state of its kind comes with the next one.
INSERT OR IGNORE INTO programmer (key, simulated)
SELECT 'hospital-pump||' || replace(replace(p.manufacturer, '%', '%25'), '|', '%7C')
    || '|' || replace(replace(p.model, '%', '%25'), '|', '%7C')
    || '|' || replace(replace(p.serial, '%', '%25'), '|', '%7C') || '|', p.simulated
FROM pump p WHERE EXISTS (SELECT 1 FROM course c WHERE c.lane = p.lane AND c.hospital = 1);
