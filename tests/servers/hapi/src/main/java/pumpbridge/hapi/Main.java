package pumpbridge.hapi;

import ca.uhn.fhir.jpa.packages.IPackageInstallerSvc;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * Starts a HAPI FHIR JPA server (R4) on 127.0.0.1 and says READY with its base address once it answers.
 *
 * <p>Arguments: port (0: any free one) and longest lifetime in minutes (default 45). Standard output carries one line and
 * nothing else; {@link Lifeline} says when the process ends.
 */
public final class Main {

    private static final Duration DEFAULT_LIFETIME = Duration.ofMinutes(45);

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream announcement = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
        System.setOut(System.err);
        Lifeline.hold(lifetime(arguments));
        try {
            String base = serve(port(arguments));
            requireMetadata(base);
            announcement.println("READY " + base);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static int port(String[] arguments) {
        return arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
    }

    private static Duration lifetime(String[] arguments) {
        return arguments.length > 1 ? Duration.ofMinutes(Long.parseLong(arguments[1])) : DEFAULT_LIFETIME;
    }

    private static String serve(int port) throws Exception {
        ApplicationContext beans = new AnnotationConfigApplicationContext(ServerConfig.class);
        ServletContextHandler servlets = new ServletContextHandler();
        servlets.addServlet(new ServletHolder(beans.getBean(RestfulServer.class)), "/fhir/*");
        servlets.addServlet(new ServletHolder(new Packages(beans.getBean(IPackageInstallerSvc.class))), "/packages");
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        server.setHandler(servlets);
        server.start();
        return "http://127.0.0.1:" + connector.getLocalPort() + "/fhir";
    }

    private static void requireMetadata(String base) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/metadata"))
                .timeout(Duration.ofSeconds(60)).build();
        int status = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        if (status != 200) {
            throw new IOException("GET /metadata answers " + status);
        }
    }
}
