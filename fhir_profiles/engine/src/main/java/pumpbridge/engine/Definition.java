package pumpbridge.engine;

import java.util.Set;

/** What one conformance resource says of itself; its content, JSON, is read when it is asked for. */
record Definition(
        String kind,
        String url,
        String version,
        String type,
        String derivation,
        String structure,
        String title,
        String fhir,
        String from,
        byte[] content) {

    static final Set<String> KINDS = Set.of("StructureDefinition", "ValueSet", "CodeSystem");

    /** Whether it is a profile that a resource can be checked against. */
    boolean isProfile() {
        return kind.equals("StructureDefinition") && derivation.equals("constraint") && structure.equals("resource");
    }
}
