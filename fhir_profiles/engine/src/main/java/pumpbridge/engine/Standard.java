package pumpbridge.engine;

import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * The standard's own definitions. Others name them with their version (Quantity|4.0.1), and then the library does not find those that
 * are profiles of data types, such as SimpleQuantity.
 */
final class Standard extends DefaultProfileValidationSupport {

    private final String own;

    Standard(Version version) {
        super(version.context());
        own = "|" + version.number;
    }

    @Override
    public IBaseResource fetchStructureDefinition(String canonical) {
        IBaseResource found = super.fetchStructureDefinition(canonical);
        return found == null && canonical.endsWith(own)
                ? super.fetchStructureDefinition(canonical.substring(0, canonical.length() - own.length()))
                : found;
    }
}
