package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.GroveClient;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Node processes without `--join` that find each other.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DiscoveredGroveTest {
    private static final int NODES = 3;
    private static final long BETWEEN_LOOKS_MS = 100;

    @TempDir private Path temp;

    private final List<Integer> ports = new ArrayList<>();
    private int probePort;
    private NodeCommands processes;

    @BeforeEach
    void choosePorts() throws IOException {
        processes = new NodeCommands(temp);
        for (int i = 0; i < NODES; i++) {
            ports.add(NodeCommands.freePort());
        }
        probePort = NodeCommands.freePort();
    }

    @AfterEach
    void endAll() {
        processes.close();
    }

    @Test
    void shouldFoundOneGroveAndFindItAgainWhenANodeIsReplaced() throws Exception {
        Process first = start("first", 0, "--set", "pando.grove.probe-port=" + probePort);
        await("the first node to live", () -> probe("/alive"), status -> status == 200);

        assertThat(probe("/ready")).as("alone it founds no grove").isEqualTo(503);
        assertThat(probe("/other")).isEqualTo(404);
        await(
                "a word of what it waits for",
                () -> Files.readString(processes.said("first")),
                said -> said.contains("first waits: "));

        start("second", 1);
        start("third", 2);
        await("all to be ready", () -> probe("/ready"), status -> status == 200);
        awaitEverywhere(List.of(0, 1, 2), "first", "second", "third");

        first.destroyForcibly().waitFor();
        awaitEverywhere(List.of(1, 2), "second", "third");
        start("fourth", 0);

        awaitEverywhere(List.of(0, 1, 2), "fourth", "second", "third");
    }

    private Process start(String name, int index, String... more) throws IOException {
        String all = ports.stream().map(port -> "\"127.0.0.1:" + port + "\"").collect(Collectors.joining(", "));
        List<String> arguments = new ArrayList<>(List.of("node", "--name", name, "--devices", "0"));
        arguments.addAll(List.of("--set", "pando.grove.port=" + ports.get(index)));
        arguments.addAll(List.of("--set", "pando.grove.journal=" + temp.resolve("journal")));
        arguments.addAll(List.of("--set", "pando.grove.discovery.method=config"));
        arguments.addAll(List.of("--set", "pando.grove.discovery.required-nodes=" + NODES));
        arguments.addAll(List.of("--set", "pando.grove.discovery.nodes=[" + all + "]"));
        arguments.addAll(List.of(more));
        return processes.start(name, arguments);
    }

    private int probe(String path) throws IOException {
        HttpURLConnection probe =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + probePort + path).toURL().openConnection();
        return probe.getResponseCode();
    }

    /// Every one of them knows exactly these nodes: there is one grove.
    private void awaitEverywhere(List<Integer> asked, String... names) throws Exception {
        for (int index : asked) {
            GroveClient grove = GroveClient.at(List.of("127.0.0.1:" + ports.get(index)));
            await(
                    List.of(names) + " at " + index,
                    () ->
                            grove.status().nodes().stream()
                                    .filter(node -> node.status().equals("up"))
                                    .map(NodeLine::name)
                                    .toList(),
                    List.of(names)::equals);
        }
    }

    /// Until the test's own time is over.
    private <T> void await(String what, Callable<T> look, Predicate<T> isThere) throws Exception {
        while (true) {
            try {
                if (isThere.test(look.call())) {
                    return;
                }
            } catch (IOException | UserError notYet) {
                assertThat(processes.said("first")).as(what).exists();
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
        }
    }
}
