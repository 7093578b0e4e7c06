package pumpbridge.hapi;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Ends this process when nobody can want it any more, so that a killed test run leaves no server behind.
 *
 * <p>Three causes, each enough: standard input closes, the process that started this one is gone (a forked sibling may still
 * hold our standard input), or the longest lifetime is over. SIGTERM needs nothing: the database is in memory.
 */
final class Lifeline {

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private Lifeline() {}

    static void hold(Duration longestLifetime) {
        start("standard-input", Lifeline::readToEnd);
        ProcessHandle parent = ProcessHandle.current().parent().orElse(null);
        long end = System.nanoTime() + longestLifetime.toNanos();
        start("lifetime", () -> watch(parent, end));
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, "lifeline-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void readToEnd() {
        InputStream in = System.in;
        try {
            while (in.read() >= 0) {
                // What is said does not matter, only that the line is open.
            }
        } catch (IOException closed) {
            // A broken line is a closed line.
        }
        end("standard input closed");
    }

    private static void watch(ProcessHandle parent, long end) {
        while (System.nanoTime() < end) {
            if (parent != null && !parent.isAlive()) {
                end("the process that started the server is gone");
            }
            sleep();
        }
        end("longest lifetime is over");
    }

    private static void sleep() {
        try {
            Thread.sleep(LOOK_EVERY.toMillis());
        } catch (InterruptedException interrupted) {
            end("interrupted");
        }
    }

    private static void end(String why) {
        System.err.println("server ended: " + why);
        Runtime.getRuntime().halt(0);
    }
}
