package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobStatus;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.Pando;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One of two nodes of a host stands still until it is given up: the other one goes on, whichever it is.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class FrozenNodeTest {
    private static final long BETWEEN_LOOKS_MS = 200;
    private static final String ENDLESS = "steps=100000000";

    @TempDir private Path temp;

    private NodeCommands processes;
    private final Map<String, Integer> ports = new HashMap<>();

    @AfterEach
    void endAll() {
        processes.close();
    }

    @ParameterizedTest
    @CsvSource({"a, b", "b, a"})
    void shouldGoOnWhenTheOtherNodeOfTheHostStandsStill(String frozen, String healthy) throws Exception {
        TinyJob tiny = new TinyJob(temp);
        processes = new NodeCommands(temp);
        Map<String, Process> nodes = new HashMap<>();
        nodes.put("a", start("a"));
        await("a", () -> names("a"), List.of("a")::equals);
        nodes.put("b", start("b"));
        await("b", () -> names("b"), List.of("a", "b")::equals);
        GroveClient grove = GroveClient.at(List.of("127.0.0.1:" + ports.get(healthy)));
        grove.submit(Submission.of(tiny.settings("run", ENDLESS)));
        await("both workers", () -> grove.status("tiny"), job -> job.step() > 5 && job.workers().size() == 2);

        signal("STOP", nodes.get(frozen));
        await("the other one to be alone", () -> names(healthy), List.of(healthy)::equals);
        long then = grove.status("tiny").step();
        await("steps without it", () -> grove.status("tiny").step(), step -> step > then + 5);
        assertThat(nodes.get(healthy).isAlive()).isTrue();
        signal("CONT", nodes.get(frozen));
        await("it to be back", () -> all(healthy), names -> names.contains(frozen + "@2"));
        await("both workers again", () -> grove.status("tiny").workers().size(), workers -> workers == 2);
        grove.end("tiny", false);
        await("its end", () -> grove.status("tiny").phase(), JobStatus.Phase.STOPPED::equals);

        assertThat(all(healthy)).as("the healthy one in its first life").contains(healthy);
        assertThat(grove.history("tiny"))
                .as("the state was never lost")
                .noneMatch(line -> line.sentence().contains("the state is that of "));
        List<StepLine> steps = StepLine.read(tiny.out("run"));
        assertThat(steps).extracting(StepLine::loss).isEqualTo(undisturbed(tiny, steps.size()));
    }

    private static List<Double> undisturbed(TinyJob tiny, int steps) throws Exception {
        try (Pando pando =
                Pando.start(
                        Submission.of(
                                tiny.settings(
                                        "undisturbed",
                                        "steps=" + steps,
                                        "optimizer.schedule-steps=100000000",
                                        "workers=1")))) {
            pando.job().done().toCompletableFuture().get(1, TimeUnit.MINUTES);
        }
        return StepLine.read(tiny.out("undisturbed")).stream().map(StepLine::loss).toList();
    }

    private Process start(String name) throws Exception {
        ports.put(name, NodeCommands.freePort());
        List<String> arguments = new ArrayList<>(List.of("node", "--name", name));
        arguments.addAll(List.of("--set", "pando.grove.port=" + ports.get(name)));
        arguments.addAll(List.of("--set", "pando.grove.journal=" + temp.resolve("journal")));
        arguments.addAll(List.of("--set", "pando.grove.folders=[\"" + temp + "\"]"));
        arguments.addAll(List.of("--log", temp.resolve(name + ".log").toString()));
        if (ports.size() > 1) {
            arguments.addAll(List.of("--join", "127.0.0.1:" + ports.get("a")));
        }
        return processes.start(name, arguments);
    }

    private static void signal(String name, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
    }

    private List<String> all(String asked) {
        return GroveClient.alreadyAt(List.of("127.0.0.1:" + ports.get(asked))).status().nodes().stream()
                .map(NodeLine::name)
                .toList();
    }

    private List<String> names(String asked) {
        return GroveClient.alreadyAt(List.of("127.0.0.1:" + ports.get(asked))).status().nodes().stream()
                .filter(node -> node.status().equals("up"))
                .map(NodeLine::name)
                .toList();
    }

    /// Until the test's own time is over.
    private <T> void await(String what, Callable<T> look, Predicate<T> isThere) throws Exception {
        while (true) {
            try {
                if (isThere.test(look.call())) {
                    return;
                }
            } catch (UserError notYet) {
                assertThat(temp).as(what).exists();
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
        }
    }
}
