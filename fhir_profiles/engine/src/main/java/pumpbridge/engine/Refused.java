package pumpbridge.engine;

/** A file among the definitions that could not be used, and why. */
record Refused(String file, String reason) {
    /** What its reader said of it, without where in the reader's own buffers that was. */
    static Refused unreadable(String file, Exception unreadable) {
        String said = unreadable.getMessage() == null ? "it ends too early" : unreadable.getMessage();
        return new Refused(file, "it cannot be read: " + said.lines().findFirst().orElse(""));
    }
}
