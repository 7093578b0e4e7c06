-- The courses of one patient: a newer pump makes the one before it unknown.
CREATE INDEX course_patient ON course (patient, system);
