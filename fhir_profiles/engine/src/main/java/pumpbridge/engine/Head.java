package pumpbridge.engine;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Reads what a definition says of itself at its top, without its elements. */
final class Head {

    private static final JsonFactory JSON = new JsonFactory();

    private Head() {}

    /** The definition in JSON, or null where it is another kind of resource or none. */
    static Definition ofJson(String from, byte[] content) throws IOException {
        Map<String, String> said = new HashMap<>();
        try (JsonParser parser = JSON.createParser(content)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING) {
                    said.put(name, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
        }
        return made(said, from, content);
    }

    /** The definition in XML, or null where it is another kind of resource. */
    static Definition ofXml(FhirContext context, String from, byte[] content) throws IOException {
        String text = new String(content, StandardCharsets.UTF_8);
        if (Definition.KINDS.stream().noneMatch(kind -> text.contains("<" + kind))) {
            return null;
        }
        var resource = context.newXmlParser().parseResource(new ByteArrayInputStream(content));
        String json = context.newJsonParser().encodeResourceToString(resource);
        return ofJson(from, json.getBytes(StandardCharsets.UTF_8));
    }

    private static Definition made(Map<String, String> said, String from, byte[] content) {
        String kind = said.getOrDefault("resourceType", "");
        if (!Definition.KINDS.contains(kind)) {
            return null;
        }
        return new Definition(
                kind,
                said.getOrDefault("url", ""),
                said.getOrDefault("version", ""),
                said.getOrDefault("type", ""),
                said.getOrDefault("derivation", ""),
                said.getOrDefault("kind", ""),
                said.getOrDefault("title", said.getOrDefault("name", "")),
                said.getOrDefault("fhirVersion", ""),
                from,
                content);
    }
}
