package pumpbridge.engine;

import ca.uhn.fhir.context.FhirContext;
import java.util.function.Supplier;

/** The FHIR versions whose definitions the engine has with it. */
enum Version {
    R4("4.0.1", FhirContext::forR4Cached),
    R5("5.0.0", FhirContext::forR5Cached);

    final String number;
    private final Supplier<FhirContext> made;

    Version(String number, Supplier<FhirContext> made) {
        this.number = number;
        this.made = made;
    }

    FhirContext context() {
        return made.get();
    }

    /** Whether definitions made for this version number can be used: the first two parts are ours. */
    boolean takes(String other) {
        return other.isEmpty() || other.startsWith(number.substring(0, number.lastIndexOf('.')));
    }
}
