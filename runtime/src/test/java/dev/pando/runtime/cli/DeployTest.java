package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.Grove;
import dev.pando.runtime.GroveNode;
import dev.pando.runtime.grove.NodeLine;
import dev.pando.runtime.grove.NodeSettings;
import dev.pando.runtime.settings.Written;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    void shouldDescribeAServiceAVolumeAndNodesThatFindEachOther() throws IOException {
        List<String> kinds = new ArrayList<>();
        for (Object document : new Yaml().loadAll(Files.readString(MANIFEST))) {
            kinds.add(at(document, "kind").toString());
        }

        assertThat(kinds).containsExactly("Service", "PersistentVolumeClaim", "PodDisruptionBudget", "StatefulSet");
    }

    @Test
    void shouldStartNodesByACommandThatPandoTakes() throws IOException {
        List<String> arguments = arguments("pando-1");

        ParseResult node =
                Cli.create(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()))
                        .parseArgs(arguments.toArray(String[]::new))
                        .subcommand();

        assertThat(node.commandSpec().name()).isEqualTo("node");
        Written written = Written.nothing();
        for (String set : node.matchedOptionValue("--set", new String[0])) {
            written = written.set(set);
        }
        Config grove = written.whole().getConfig("pando.grove");
        List<String> join = node.matchedOptionValue("--join", List.of());
        assertThat(join).contains(grove.getString("host") + ":" + grove.getInt("port"));
    }

    @Test
    void shouldFoundOneGroveOfNodesThatAreAllGivenTheSameList() throws Exception {
        List<String> all = List.of("127.0.0.1:" + freePort(), "127.0.0.1:" + freePort());

        CompletableFuture<GroveNode> starting = CompletableFuture.supplyAsync(() -> GroveNode.start(settings(all, 1)));
        try (GroveNode first = GroveNode.start(settings(all, 0));
                GroveNode second = starting.get(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            first.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            second.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            assertThat(Grove.at(all).status().nodes()).extracting(NodeLine::name).containsExactly("pod-0", "pod-1");
        }
    }

    private NodeSettings settings(List<String> all, int pod) {
        Config defaults = Written.nothing().whole();
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

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /// Of the container, as the kubelet would pass them on.
    private static List<String> arguments(String pod) throws IOException {
        for (Object document : new Yaml().loadAll(Files.readString(MANIFEST))) {
            if (at(document, "kind").equals("StatefulSet")) {
                Object containers = at(at(at(at(document, "spec"), "template"), "spec"), "containers");
                List<?> arguments = (List<?>) at(((List<?>) containers).getFirst(), "args");
                return arguments.stream().map(word -> word.toString().replace("$(POD)", pod)).toList();
            }
        }
        throw new IllegalStateException("no StatefulSet in " + MANIFEST);
    }

    private static Object at(Object document, String key) {
        return ((Map<?, ?>) document).get(key);
    }
}
