package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `docs/grove/network.md` says about TLS, as it stands there.
class TlsTest {
    private static final Path DOCUMENT = Path.of("../docs/grove/network.md");
    private static final Pattern SETTING =
            Pattern.compile("(?m)^ {4}(pando[.]grove[.]system[.]pekko[.]remote[.]artery [{]\\n(?: {4}.*\\n)*? {4}[}])");
    private static final String PASSWORD = "of-this-test";
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path keys;

    @Test
    void shouldFormAGroveOfNodesThatProveWhoTheyAreAsDocumented() throws Exception {
        makeKeys();
        int port = freePort();
        try (GroveNode first = GroveNode.start(settings("first", port, List.of()))) {
            first.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            try (GroveNode second = GroveNode.start(settings("second", 0, List.of(first.address())))) {
                second.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

                assertThat(GroveClient.at(List.of(second.address())).status().nodes())
                        .extracting(NodeLine::name)
                        .contains("first", "second");
            }
            assertThat(protocolWithItsKey(port)).startsWith("TLS");
            assertThatThrownBy(() -> speakWithoutTls(port))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    private NodeSettings settings(String name, int messagesPort, List<String> join) throws IOException {
        Config whole = ConfigFactory.parseString(documented()).withFallback(JobConfig.nothing().whole()).resolve();
        Config grove =
                whole.getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(keys.resolve("journal").toString()))
                        .withValue("messages-port", ConfigValueFactory.fromAnyRef(messagesPort));
        return new NodeSettings(name, 0, grove, whole.getConfig("pando.system"), join);
    }

    private String documented() throws IOException {
        Matcher setting = SETTING.matcher(Files.readString(DOCUMENT));
        assertThat(setting.find()).as("a setting for TLS in " + DOCUMENT).isTrue();
        return setting.group(1).replace("/etc/pando", keys.toString()).replace("${PANDO_KEYS}", PASSWORD);
    }

    private void makeKeys() throws Exception {
        keytool("-genkeypair", "-keystore", "node.p12", "-alias", "node", "-keyalg", "RSA", "-dname", "CN=pando");
        keytool("-exportcert", "-keystore", "node.p12", "-alias", "node", "-file", "node.cer");
        keytool("-importcert", "-noprompt", "-keystore", "trusted.p12", "-alias", "node", "-file", "node.cer");
    }

    private void keytool(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process =
                new ProcessBuilder(command)
                        .directory(keys.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    private String protocolWithItsKey(int port) throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(store("node.p12"), PASSWORD.toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(store("trusted.p12"));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.startHandshake();
            return socket.getSession().getProtocol();
        }
    }

    private KeyStore store(String name) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(keys.resolve(name))) {
            store.load(file, PASSWORD.toCharArray());
        }
        return store;
    }

    /// The first bytes of Artery over plain TCP; the other side hangs up on them.
    private static void speakWithoutTls(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            socket.getOutputStream().write(new byte[] {'A', 'K', 'K', 'A', 1});
            for (int said = socket.getInputStream().read(); said >= 0; said = socket.getInputStream().read()) {
                // an alert, before it hangs up
            }
            throw new IOException("hung up");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }
}
