package pumpbridge.hl7v2;

import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.model.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Sends every message of a folder over one connection, each after the answer to the one before it. */
final class Sender {

    private static final int ANSWER_SECONDS = 20;

    private final Messages messages;
    private final Certificates certificates;

    Sender(Messages messages, Certificates certificates) {
        this.messages = messages;
        this.certificates = certificates;
    }

    /** Returns how many were answered; each answer is written under its message's name, as the library parsed it. */
    String sent(String host, int port, Path folder, Path answers) throws Exception {
        HapiContext library = Messages.context();
        if (certificates != null) {
            library.setSocketFactory(new Certificates.Sockets(certificates));
        }
        Connection connection = library.newClient(host, port, certificates != null);
        try {
            connection.getInitiator().setTimeout(ANSWER_SECONDS, TimeUnit.SECONDS);
            List<Path> files = files(folder);
            for (Path file : files) {
                Message answer = connection.getInitiator().sendAndReceive(messages.read(file));
                Files.writeString(answers.resolve(file.getFileName()), answer.encode(), StandardCharsets.UTF_8);
            }
            return Integer.toString(files.size());
        } finally {
            connection.close();
        }
    }

    private static List<Path> files(Path folder) throws Exception {
        try (Stream<Path> found = Files.list(folder)) {
            return found.sorted().collect(Collectors.toList());
        }
    }
}
