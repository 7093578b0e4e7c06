package pumpbridge.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The official validator engine as a filter: questions as JSON lines on standard input, answers in their order on standard output.
 *
 * <p>Arguments: the FHIR version (R4 or R5), then any number of definitions: a file, a folder, or a package (.tgz). The first line
 * out says what was loaded. A question is {"resource": "the JSON as a string", "profiles": ["canonical", ...]}; its answer
 * {"issues": [{"severity", "rule", "element", "message"}, ...]}. Nothing is fetched from anywhere. Ends when its input ends.
 */
public final class Main {

    private static final int LONGEST = 200_000_000;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(LONGEST).build()).build());
    private static final int THREADS = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
    private static final int AHEAD = 64;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err); // standard output carries answers and nothing else
        Version version = Version.valueOf(arguments[0]);
        Definitions definitions = new Definitions(version);
        for (int at = 1; at < arguments.length; at++) {
            definitions.add(Path.of(arguments[at]));
        }
        Checker checker = new Checker(version, definitions);
        say(out, loaded(version, definitions));
        System.exit(ended(checker, out));
    }

    /** Answer until there is nothing more to answer; what cannot be answered ends it, and no caller waits for ever. */
    private static int ended(Checker checker, PrintStream out) {
        try {
            answer(checker, out);
            return 0;
        } catch (Throwable failure) {
            System.err.println(failure.getCause() == null ? failure : failure.getCause());
            return 1;
        }
    }

    private static ObjectNode loaded(Version version, Definitions definitions) {
        ObjectNode said = JSON.createObjectNode();
        said.put("engine", Checker.name()).put("fhir", version.number).put("definitions", definitions.count());
        ArrayNode profiles = said.putArray("profiles");
        for (Definition one : definitions.profiles()) {
            profiles.addObject().put("url", one.url()).put("version", one.version()).put("type", one.type())
                    .put("title", one.title()).put("from", one.from());
        }
        ArrayNode refused = said.putArray("refused");
        for (Refused one : definitions.refused()) {
            refused.addObject().put("file", one.file()).put("reason", one.reason());
        }
        return said;
    }

    private static void answer(Checker checker, PrintStream out) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(THREADS);
        Queue<Future<ObjectNode>> waiting = new ArrayDeque<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String question = line;
            waiting.add(workers.submit(() -> answered(checker, question)));
            while (!waiting.isEmpty() && (waiting.peek().isDone() || waiting.size() > AHEAD || !in.ready())) {
                say(out, next(waiting));
            }
        }
        while (!waiting.isEmpty()) {
            say(out, next(waiting));
        }
    }

    private static ObjectNode next(Queue<Future<ObjectNode>> waiting) throws InterruptedException, ExecutionException {
        return waiting.remove().get();
    }

    private static ObjectNode answered(Checker checker, String question) throws IOException {
        JsonNode asked = JSON.readTree(question);
        List<String> profiles = new ArrayList<>();
        asked.path("profiles").forEach(one -> profiles.add(one.asText()));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode issues = answer.putArray("issues");
        for (Issue issue : checker.check(asked.path("resource").asText(), profiles)) {
            issues.addObject().put("severity", issue.severity()).put("rule", issue.rule())
                    .put("element", issue.element()).put("message", issue.message());
        }
        return answer;
    }

    private static void say(PrintStream out, ObjectNode said) throws IOException {
        out.print(JSON.writeValueAsString(said) + "\n");
        out.flush();
    }
}
