"""What the bridge notices in a course and does not repair. Pure."""
