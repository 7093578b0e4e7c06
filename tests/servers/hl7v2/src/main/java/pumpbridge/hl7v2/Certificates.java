package pumpbridge.hl7v2;

import ca.uhn.hl7v2.util.StandardSocketFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Our own certificate, which is also the only authority that is believed; both ways each side shows its certificate. */
final class Certificates {

    private final SSLContext tls = SSLContext.getInstance("TLS");

    Certificates(Path store, char[] password) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        try (InputStream content = Files.newInputStream(store)) {
            own.load(content, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, password);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(authorities(own));
        tls.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    }

    private static KeyStore authorities(KeyStore own) throws GeneralSecurityException, IOException {
        KeyStore found = KeyStore.getInstance("PKCS12");
        found.load(null, null);
        for (String alias : Collections.list(own.aliases())) {
            Certificate certificate = own.getCertificate(alias);
            found.setCertificateEntry(alias, certificate);
        }
        return found;
    }

    /** Sockets for both sides; a server's is on the loopback address only, whatever the library asks for. */
    static final class Sockets extends StandardSocketFactory {

        private final Certificates certificates;
        private Loopback listening;

        Sockets(Certificates certificates) {
            this.certificates = certificates;
        }

        @Override
        public Socket createTlsSocket() throws IOException {
            SSLSocket socket = (SSLSocket) certificates.tls.getSocketFactory().createSocket();
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            return socket;
        }

        @Override
        public ServerSocket createServerSocket() throws IOException {
            listening = new Loopback(certificates);
            return listening;
        }

        @Override
        public ServerSocket createTlsServerSocket() throws IOException {
            return createServerSocket();
        }

        /** The port, once there is one; 0 before. */
        int port() {
            return listening == null ? 0 : Math.max(0, listening.getLocalPort());
        }
    }

    /** A server's socket on the loopback address; in TLS where there are certificates. */
    private static final class Loopback extends ServerSocket {

        private final Certificates certificates;

        Loopback(Certificates certificates) throws IOException {
            this.certificates = certificates;
        }

        @Override
        public void bind(SocketAddress asked) throws IOException {
            super.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), ((InetSocketAddress) asked).getPort()));
        }

        @Override
        public Socket accept() throws IOException {
            Socket plain = super.accept();
            if (certificates == null) {
                return plain;
            }
            SSLSocket secured = (SSLSocket) certificates.tls.getSocketFactory().createSocket(plain, null, plain.getPort(), true);
            secured.setUseClientMode(false);
            secured.setNeedClientAuth(true);
            return secured;
        }
    }
}
