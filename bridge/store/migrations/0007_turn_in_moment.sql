-- Messages of hospital pumps that came before their courses were folded have positions without the turn in their moment:
-- of a STOP and a START of one second the START came first. What ends comes first, then what else happened, what starts,
-- what is only seen. A session is named by its line, its events and the time; one without events is only seen.
UPDATE interrogation SET position = substr(position, 1, 16) || ' 000000 ' || CASE
        WHEN length(session) - length(replace(session, ' ', '')) = 2 THEN '4'
        WHEN session LIKE '%DELIV\_START%' ESCAPE '\' OR session LIKE '% 197288 %' THEN '3'
        WHEN session LIKE '%DELIV\_STOP%' ESCAPE '\' OR session LIKE '%DELIV\_COMP%' ESCAPE '\'
            OR session LIKE '% 197292 %' THEN '1'
        WHEN session LIKE '% end %' THEN '3'
        ELSE '2' END || substr(position, 17)
WHERE course IN (SELECT number FROM course WHERE hospital = 1) AND position GLOB '????????T??????Z session *';
UPDATE interrogation SET placed = position
WHERE course IN (SELECT number FROM course WHERE hospital = 1) AND placed GLOB '????????T??????Z session *';

UPDATE pump SET led_at = coalesce((
    SELECT max(i.position) FROM course c JOIN interrogation i ON i.course = c.number AND i.live = 1
    WHERE c.lane = pump.lane AND c.hospital = 1 AND c.patient <> ''), '');
UPDATE pump SET led = (
    SELECT c.number FROM course c JOIN interrogation i ON i.course = c.number AND i.live = 1
    WHERE c.lane = pump.lane AND c.hospital = 1 AND c.patient <> '' AND i.position = pump.led_at
    ORDER BY c.number LIMIT 1)
WHERE led_at <> '';
