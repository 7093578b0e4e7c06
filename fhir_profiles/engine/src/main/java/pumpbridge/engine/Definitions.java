package pumpbridge.engine;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.DataFormatException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * The definitions beside the standard's own, from files, folders and packages.
 *
 * <p>A package of terminology holds thousands of resources of which a run needs a few: of each only its head is read at first. Of two
 * with one canonical address the one given first holds (the caller names its own before those it depends on).
 */
final class Definitions implements IValidationSupport {

    private static final String INSIDE = "package/";

    private final Version version;
    private final FhirContext context;
    private final Map<String, Map<String, Definition>> known = new HashMap<>();
    private final Map<String, Definition> profiles = new LinkedHashMap<>();
    private final List<Refused> refused = new ArrayList<>();
    private final Map<Definition, IBaseResource> read = new ConcurrentHashMap<>();
    private int count;
    private int met;

    Definitions(Version version) {
        this.version = version;
        this.context = version.context();
    }

    /**
     * Add a file, all files below a folder, or a package; of a folder that is a package, what lies directly in it.
     *
     * <p>A file that is named and holds no definition is refused: whoever names it thinks that something is held to it.
     */
    void add(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            int before = met + refused.size();
            addFile(path);
            if (met + refused.size() == before) {
                refused.add(new Refused(path.toString(), "there is no definition in it"));
            }
            return;
        }
        boolean isPackage = Files.exists(path.resolve("package.json"));
        try (Stream<Path> found = Files.list(path)) {
            for (Path one : found.sorted().toList()) {
                if (!Files.isDirectory(one)) {
                    addFile(one);
                } else if (!isPackage) {
                    add(one);
                }
            }
        }
    }

    private void addFile(Path path) throws IOException {
        String name = path.getFileName().toString();
        if (name.endsWith(".tgz") || name.endsWith(".tar.gz")) {
            try {
                addPackage(path);
            } catch (IOException unreadable) {
                refused.add(Refused.unreadable(path.toString(), unreadable));
            }
        } else if (name.endsWith(".json") || name.endsWith(".xml")) {
            addContent(path.toString(), Files.readAllBytes(path));
        } else if (name.endsWith(".fsh")) {
            refused.add(new Refused(path.toString(), "FSH is a source: build it first"));
        }
    }

    /** Add what lies directly in an npm package's folder: examples and others lie deeper, and are left out. */
    private void addPackage(Path path) throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(path));
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName();
                String inside = name.startsWith(INSIDE) ? name.substring(INSIDE.length()) : "/";
                if (inside.endsWith(".json") && !inside.contains("/")) {
                    addContent(path + ":" + inside, tar.readAllBytes());
                }
            }
        }
    }

    private void addContent(String from, byte[] content) {
        try {
            Definition one = from.endsWith(".xml") ? Head.ofXml(context, from, content) : Head.ofJson(from, content);
            if (one == null) {
                return; // an example, an index, or another kind of resource
            }
            if (one.url().isBlank()) {
                refused.add(new Refused(from, "it has no url, by which it could be named"));
                return;
            }
            if (!version.takes(one.fhir())) {
                refused.add(new Refused(from, "it is made for FHIR " + one.fhir()));
                return;
            }
            keep(one);
        } catch (IOException | DataFormatException unreadable) {
            refused.add(Refused.unreadable(from, unreadable));
        }
    }

    private void keep(Definition one) {
        met++;
        Map<String, Definition> versions = known.computeIfAbsent(key(one.kind(), one.url()), url -> new LinkedHashMap<>());
        if (versions.putIfAbsent(one.version(), one) == null) {
            count++;
        }
        if (one.isProfile()) {
            profiles.putIfAbsent(one.url(), one);
        }
    }

    private static String key(String kind, String url) {
        return kind + " " + url;
    }

    int count() {
        return count;
    }

    List<Definition> profiles() {
        return List.copyOf(profiles.values());
    }

    List<Refused> refused() {
        return refused;
    }

    private IBaseResource find(String kind, String canonical) {
        int bar = canonical.indexOf('|');
        Map<String, Definition> versions = known.get(key(kind, bar < 0 ? canonical : canonical.substring(0, bar)));
        if (versions == null) {
            return null;
        }
        Definition one = bar < 0 ? versions.values().iterator().next() : versions.get(canonical.substring(bar + 1));
        return one == null ? null : read.computeIfAbsent(one, this::parsed);
    }

    private IBaseResource parsed(Definition one) {
        return context.newJsonParser().parseResource(new ByteArrayInputStream(one.content()));
    }

    @Override
    public FhirContext getFhirContext() {
        return context;
    }

    @Override
    public IBaseResource fetchStructureDefinition(String url) {
        return find("StructureDefinition", url);
    }

    @Override
    public IBaseResource fetchValueSet(String url) {
        return find("ValueSet", url);
    }

    @Override
    public IBaseResource fetchCodeSystem(String url) {
        return find("CodeSystem", url);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends IBaseResource> List<T> fetchAllStructureDefinitions() {
        return (List<T>) profiles.values().stream().map(one -> find(one.kind(), one.url())).toList();
    }

    @Override
    public <T extends IBaseResource> List<T> fetchAllNonBaseStructureDefinitions() {
        return fetchAllStructureDefinitions();
    }

    @Override
    public String getName() {
        return "definitions given";
    }
}
