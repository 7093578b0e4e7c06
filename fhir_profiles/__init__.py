"""The profiles: what every resource of ours must be, as definitions and as rules in Python."""
