package pumpbridge.hl7v2;

import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.llp.MinLowerLayerProtocol;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.model.v26.message.ORU_R01;
import ca.uhn.hl7v2.parser.DefaultModelClassFactory;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.util.idgenerator.InMemoryIDGenerator;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reading and writing messages with the validating parser of the library. */
final class Messages {

    private final HapiContext context = context();

    /**
     * Returns the library as it is used here. ORU^R40 (alerts) is younger than version 2.6 and has the segments of ORU^R01;
     * without a structure of its own the library would check no field of it.
     */
    static HapiContext context() {
        HapiContext made = new DefaultHapiContext(new DefaultModelClassFactory() {
            @Override
            public Class<? extends Message> getMessageClass(String name, String version, boolean explicit) throws HL7Exception {
                boolean alert = name.equals("ORU_R40") && version.equals("2.6");
                return alert ? ORU_R01.class : super.getMessageClass(name, version, explicit);
            }
        });
        made.setLowerLayerProtocol(new MinLowerLayerProtocol(true)); // true: in the character set that MSH-18 names
        made.setValidationContext(ValidationContextFactory.defaultValidation());
        made.getParserConfiguration().setIdGenerator(new InMemoryIDGenerator()); // else a file where it was started
        return made;
    }

    HapiContext library() {
        return context;
    }

    Message read(Path file) throws IOException, HL7Exception {
        return context.getPipeParser().parse(Files.readString(file, StandardCharsets.UTF_8));
    }

    /** Reads a message and writes it again; returns its structure and MSH-10. */
    String parsed(Path file, Path out) throws IOException, HL7Exception {
        Message message = read(file);
        Files.writeString(out, message.encode(), StandardCharsets.UTF_8);
        return message.getClass().getSimpleName() + "\t" + new Terser(message).get("/MSH-10");
    }
}
