package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a server that speaks as the API of a Kubernetes does, TLS included.
class PodsTest {
    private static final String PASSWORD = "of-this-test";
    private static final String TOKEN = "token-of-the-account";
    private static final String PODS =
            """
            {"kind": "PodList", "items": [
              {"metadata": {"name": "pando-2"}, "status": {"phase": "Running", "podIP": "10.1.0.9"}},
              {"metadata": {"name": "pando-0"}, "status": {"phase": "Running", "podIP": "10.1.0.7"}},
              {"metadata": {"name": "on-its-way"}, "status": {"phase": "Pending"}},
              {"metadata": {"name": "leaving", "deletionTimestamp": "2026-05-01T12:00:00Z"},
               "status": {"phase": "Running", "podIP": "10.1.0.3"}},
              {"metadata": {"name": "ended"}, "status": {"phase": "Failed", "podIP": "10.1.0.4"}}]}
            """;

    private static final String OTHERS = "lib/security/cacerts";

    private static KeyStore key;

    @TempDir private Path account;

    private final List<String> asked = new ArrayList<>();
    private HttpsServer api;

    @BeforeAll
    static void makeItsKey(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("api.p12");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=api", "-ext", "san=ip:127.0.0.1"));
        command.addAll(List.of("-alias", "api", "-storetype", "PKCS12", "-storepass", PASSWORD));
        command.addAll(List.of("-keystore", file.toString()));
        Process keytool =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertThat(keytool.waitFor()).as(String.join(" ", command)).isZero();
        key = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    @BeforeEach
    void startTheApi() throws Exception {
        trust(key.getCertificate("api"));
        Files.writeString(account.resolve("token"), TOKEN + "\n");
        Files.writeString(account.resolve("namespace"), "training");
        api = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        api.setHttpsConfigurator(new HttpsConfigurator(withOwnKey()));
        api.createContext("/", this::answer);
        api.start();
    }

    @AfterEach
    void stopTheApi() {
        api.stop(0);
    }

    @Test
    void shouldFindThePodsThatRunAndAreToGoOnRunning() throws IOException {
        Pods pods = pods("app=pando");

        assertThat(pods.nodes()).containsExactly("10.1.0.7:7355", "10.1.0.9:7355");

        assertThat(asked).containsExactly("/api/v1/namespaces/training/pods?labelSelector=app%3Dpando");
    }

    @Test
    void shouldSayWhatAPodsAccountNeedsWhenItMayNotListPods() throws IOException {
        Files.writeString(account.resolve("token"), "of another account");

        assertThatThrownBy(() -> pods("app=pando").nodes())
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "the Kubernetes API refuses to list the pods app=pando of training with status 403; the pod's"
                                + " service account needs the verb list on pods");
    }

    @Test
    void shouldNotTalkToAnApiThatItsAuthorityDoesNotVouchFor() throws Exception {
        KeyStore others =
                KeyStore.getInstance(Path.of(System.getProperty("java.home"), OTHERS).toFile(), (char[]) null);
        trust(others.getCertificate(others.aliases().nextElement()));

        assertThatThrownBy(() -> pods("app=pando").nodes()).isInstanceOf(IOException.class);

        assertThat(asked).isEmpty();
    }

    private Pods pods(String labels) {
        return new Pods(URI.create("https://127.0.0.1:" + api.getAddress().getPort()), account, labels, 7355);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(exchange.getRequestURI().toString());
            boolean may = ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = (may ? PODS : "{}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(may ? 200 : 403, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private SSLContext withOwnKey() throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(key, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        return context;
    }

    private void trust(Certificate authority) throws Exception {
        Files.writeString(
                account.resolve("ca.crt"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder().encodeToString(authority.getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
    }
}
