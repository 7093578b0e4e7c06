package pumpbridge.hl7v2;

import ca.uhn.hl7v2.AcknowledgmentCode;
import ca.uhn.hl7v2.ErrorCode;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.HL7Service;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.protocol.MetadataKeys;
import ca.uhn.hl7v2.protocol.ReceivingApplication;
import ca.uhn.hl7v2.protocol.ReceivingApplicationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server on the loopback address. What it gets, and its validating parser reads, is written to a folder as it came, numbered
 * from 0001; what the parser refuses is answered by the library itself and written nowhere.
 */
final class Receiver implements ReceivingApplication<Message> {

    private final HL7Service server;
    private final Certificates.Sockets sockets;
    private final Path folder;
    private final String how;
    private final AtomicInteger count = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** How: a code of table 0008 (AA, AE, AR, CA, CE, CR), or {@code nothing}. */
    Receiver(Certificates certificates, Path folder, String how) throws Exception {
        this.folder = folder;
        this.how = how;
        this.sockets = new Certificates.Sockets(certificates);
        HapiContext library = Messages.context();
        library.setSocketFactory(sockets);
        this.server = library.newServer(0, certificates != null);
        server.registerApplication(this);
        server.startAndWait();
    }

    int port() {
        return sockets.port();
    }

    void close() {
        closed.countDown();
        server.stopAndWait();
    }

    @Override
    public boolean canProcess(Message message) {
        return true;
    }

    @Override
    public Message processMessage(Message message, Map<String, Object> about) throws ReceivingApplicationException, HL7Exception {
        try {
            keep((String) about.get(MetadataKeys.IN_RAW_MESSAGE));
            if (how.equals("nothing")) {
                closed.await(60, TimeUnit.SECONDS);
            }
            return answer(message);
        } catch (IOException | InterruptedException failure) {
            throw new ReceivingApplicationException(failure);
        }
    }

    private void keep(String content) throws IOException {
        Path whole = folder.resolve(String.format("%04d.hl7", count.incrementAndGet()));
        Path part = folder.resolve(whole.getFileName() + ".part");
        Files.writeString(part, content, StandardCharsets.UTF_8);
        Files.move(part, whole);
    }

    private Message answer(Message message) throws HL7Exception, IOException {
        AcknowledgmentCode code = AcknowledgmentCode.valueOf(how.equals("nothing") ? "AE" : how);
        boolean good = how.endsWith("A");
        return message.generateACK(code, good ? null : new HL7Exception("as told", ErrorCode.APPLICATION_INTERNAL_ERROR));
    }
}
