package pumpbridge.engine;

/** One thing that the engine finds: fatal, error, warning or information; the rule's name; where; its words. */
record Issue(String severity, String rule, String element, String message) {}
