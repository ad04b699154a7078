package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// The pods of a Kubernetes cluster that carry certain labels, as its API lists them to a pod that may ask.
///
/// @param api of the cluster, `https://10.96.0.1:443`
/// @param account folder of the pod's service account: token, authority and namespace, read again for each question
/// @param labels as `kubectl get pods -l` takes them
/// @param port of all nodes' control ports
record Pods(URI api, Path account, String labels, int port) implements Discovery {
    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int OK = 200;

    static Pods ofThisCluster(String labels, int port) {
        Map<String, String> environment = System.getenv();
        String host = environment.get("KUBERNETES_SERVICE_HOST");
        if (host == null) {
            throw new UserError(
                    "pando.grove.discovery.method = kubernetes-api is for nodes in pods, and this node runs in no pod:"
                            + " there is no KUBERNETES_SERVICE_HOST in its environment");
        }
        String literal = host.contains(":") ? "[" + host + "]" : host;
        String apiPort = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
        return new Pods(URI.create("https://" + literal + ":" + apiPort), ACCOUNT, labels, port);
    }

    @Override
    public SortedSet<String> nodes() throws IOException {
        JsonNode list = ask();
        SortedSet<String> nodes = new TreeSet<>();
        for (JsonNode pod : list.path("items")) {
            boolean isLeaving = pod.path("metadata").has("deletionTimestamp");
            String phase = pod.path("status").path("phase").asText();
            String address = pod.path("status").path("podIP").asText();
            boolean hasEnded = phase.equals("Succeeded") || phase.equals("Failed");
            if (!isLeaving && !hasEnded && !address.isEmpty()) {
                nodes.add(address + ":" + port);
            }
        }
        return nodes;
    }

    private JsonNode ask() throws IOException {
        String namespace = Files.readString(account.resolve("namespace")).strip();
        URI pods =
                api.resolve(
                        "/api/v1/namespaces/"
                                + namespace
                                + "/pods?labelSelector="
                                + URLEncoder.encode(labels, StandardCharsets.UTF_8));
        HttpRequest question =
                HttpRequest.newBuilder(pods)
                        .timeout(PATIENCE)
                        .header("Authorization", "Bearer " + Files.readString(account.resolve("token")).strip())
                        .build();
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).sslContext(trusting()).build()) {
            HttpResponse<String> answer = client.send(question, BodyHandlers.ofString());
            if (answer.statusCode() != OK) {
                throw new IOException(
                        "the Kubernetes API refuses to list the pods "
                                + labels
                                + " of "
                                + namespace
                                + " with status "
                                + answer.statusCode()
                                + "; the pod's service account needs the verb list on pods");
            }
            return ControlProtocol.JSON.readTree(answer.body());
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", over);
        }
    }

    /// The cluster's own authority, and no other.
    private SSLContext trusting() throws IOException {
        try (InputStream file = Files.newInputStream(account.resolve("ca.crt"))) {
            KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
            authorities.load(null, null);
            for (Certificate authority : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                authorities.setCertificateEntry("authority-" + authorities.size(), authority);
            }
            TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trusted.init(authorities);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trusted.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException unreadable) {
            throw new IOException(
                    "ca.crt in " + account + " is no certificate: " + unreadable.getMessage(), unreadable);
        }
    }
}
