package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine.ParseResult;

/// The manifests of `deploy/kubernetes`, as far as that goes without a cluster.
class DeployTest {
    private static final Path MANIFEST = Path.of("../deploy/kubernetes/grove.yaml");
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path temp;

    @Test
    void shouldDescribeNodesThatMayAskForEachOther() throws IOException {
        List<String> kinds = new ArrayList<>();
        for (Object document : new Yaml().loadAll(Files.readString(MANIFEST))) {
            kinds.add(at(document, "kind").toString());
        }

        assertThat(kinds)
                .containsExactly(
                        "ServiceAccount",
                        "Role",
                        "RoleBinding",
                        "Service",
                        "PersistentVolumeClaim",
                        "PodDisruptionBudget",
                        "Deployment");
        Object rule = ((List<?>) at(document("Role"), "rules")).getFirst();
        assertThat(at(rule, "resources")).isEqualTo(List.of("pods"));
        assertThat(at(rule, "verbs")).isEqualTo(List.of("list"));
        String account = (String) at(at(document("ServiceAccount"), "metadata"), "name");
        assertThat(at(((List<?>) at(document("RoleBinding"), "subjects")).getFirst(), "name")).isEqualTo(account);
        assertThat(at(podSpec(), "serviceAccountName")).isEqualTo(account);
    }

    @Test
    void shouldStartNodesByACommandThatPandoTakes() throws IOException {
        List<String> arguments = arguments("10.1.0.7");

        ParseResult node =
                Cli.create(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()))
                        .parseArgs(arguments.toArray(String[]::new))
                        .subcommand();

        assertThat(node.commandSpec().name()).isEqualTo("node");
        JobConfig written = JobConfig.nothing();
        for (String set : node.matchedOptionValue("--set", new String[0])) {
            written = written.set(set);
        }
        Config grove = written.whole().getConfig("pando.grove");
        assertThat(grove.getString("host")).isEqualTo("10.1.0.7");
        assertThat(grove.getString("discovery.method")).isEqualTo("kubernetes-api");
        Map<Object, Object> labels = new HashMap<>();
        for (String label : grove.getString("discovery.pod-labels").split(",")) {
            labels.put(label.split("=")[0], label.split("=")[1]);
        }
        assertThat(at(at(at(at(document("Deployment"), "spec"), "template"), "metadata"), "labels")).isEqualTo(labels);
        int replicas = (Integer) at(at(document("Deployment"), "spec"), "replicas");
        assertThat(2 * grove.getInt("discovery.required-nodes")).isGreaterThan(replicas);
    }

    @Test
    void shouldNameThePortsThatNodesListenAt() throws IOException {
        List<String> arguments = arguments("10.1.0.7");

        Map<Object, Object> ports = new HashMap<>();
        ((List<?>) at(container(), "ports")).forEach(port -> ports.put(at(port, "name"), at(port, "containerPort")));

        assertThat(arguments)
                .contains(
                        "pando.grove.port=" + ports.get("control"),
                        "pando.grove.messages-port=" + ports.get("messages"),
                        "pando.grove.probe-port=" + ports.get("probes"));
        assertThat(at(container(), "readinessProbe"))
                .isEqualTo(Map.of("httpGet", Map.of("path", "/ready", "port", "probes")));
        assertThat(at(at(container(), "livenessProbe"), "httpGet"))
                .isEqualTo(Map.of("path", "/alive", "port", "probes"));
    }

    @Test
    void shouldFoundOneGroveOfNodesThatAreAllGivenTheSameList() throws Exception {
        List<String> all = List.of("127.0.0.1:" + NodeCommands.freePort(), "127.0.0.1:" + NodeCommands.freePort());

        CompletableFuture<GroveNode> starting = CompletableFuture.supplyAsync(() -> GroveNode.start(settings(all, 1)));
        try (GroveNode first = GroveNode.start(settings(all, 0));
                GroveNode second = starting.get(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            first.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            second.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            assertThat(GroveClient.at(all).status().nodes())
                    .extracting(NodeLine::name)
                    .containsExactly("pod-0", "pod-1");
        }
    }

    private NodeSettings settings(List<String> all, int pod) {
        Config defaults = JobConfig.nothing().whole();
        String port = all.get(pod).replaceAll(".*:", "");
        return new NodeSettings(
                "pod-" + pod,
                0,
                defaults.getConfig("pando.grove")
                        .withValue("port", ConfigValueFactory.fromAnyRef(Integer.parseInt(port)))
                        .withValue("journal", ConfigValueFactory.fromAnyRef(temp.resolve("journal").toString())),
                defaults.getConfig("pando.system"),
                all);
    }

    /// Of the container, as the kubelet would pass them on.
    private static List<String> arguments(String podIp) throws IOException {
        List<?> arguments = (List<?>) at(container(), "args");
        return arguments.stream().map(word -> word.toString().replace("$(POD_IP)", podIp)).toList();
    }

    private static Object container() throws IOException {
        return ((List<?>) at(podSpec(), "containers")).getFirst();
    }

    private static Object podSpec() throws IOException {
        return at(at(at(document("Deployment"), "spec"), "template"), "spec");
    }

    private static Object document(String kind) throws IOException {
        for (Object document : new Yaml().loadAll(Files.readString(MANIFEST))) {
            if (at(document, "kind").equals(kind)) {
                return document;
            }
        }
        throw new IllegalStateException("no " + kind + " in " + MANIFEST);
    }

    private static Object at(Object document, String key) {
        return ((Map<?, ?>) document).get(key);
    }
}
