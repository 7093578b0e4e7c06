package pumpbridge.hl7v2;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * An HL7 v2 peer that does what it is told: one line of standard input is one command, one line of standard output its answer.
 *
 * <p>Words are parted by tabs. Commands: {@code certificates STORE PASSWORD}; {@code parse FILE OUT}; {@code send HOST PORT
 * FOLDER ANSWERS}; {@code receive FOLDER HOW}; {@code close}. An answer begins with {@code ok} or {@code failed}. The process
 * ends with its standard input, so that a killed test run leaves nothing behind.
 */
public final class Main {

    private final Messages messages = new Messages();
    private Certificates certificates;
    private Receiver receiver;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Main peer = new Main();
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            answers.println(peer.answered(line.split("\t")));
        }
        Runtime.getRuntime().halt(0);
    }

    private String answered(String[] words) {
        String answer;
        try {
            answer = "ok\t" + done(words);
        } catch (Exception failure) {
            answer = "failed\t" + failure.getMessage();
        }
        return answer.replaceAll("[\\r\\n]+", " ");
    }

    private String done(String[] words) throws Exception {
        switch (words[0]) {
            case "certificates":
                certificates = new Certificates(Path.of(words[1]), words[2].toCharArray());
                return "";
            case "parse":
                return messages.parsed(Path.of(words[1]), Path.of(words[2]));
            case "send":
                Sender sender = new Sender(messages, certificates);
                return sender.sent(words[1], Integer.parseInt(words[2]), Path.of(words[3]), Path.of(words[4]));
            case "receive":
                receiver = new Receiver(certificates, Path.of(words[1]), words[2]);
                return Integer.toString(receiver.port());
            case "close":
                receiver.close();
                return "";
            default:
                throw new IllegalArgumentException("unknown command: " + words[0]);
        }
    }
}
