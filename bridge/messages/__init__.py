"""The chart of an HL7 version 2 receiver: a course as messages by key."""
