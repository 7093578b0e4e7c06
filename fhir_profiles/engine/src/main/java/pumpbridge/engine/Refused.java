package pumpbridge.engine;

/** A file among the definitions that could not be used, and why. */
record Refused(String file, String reason) {}
