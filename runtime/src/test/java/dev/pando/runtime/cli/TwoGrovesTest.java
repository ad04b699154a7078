package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobStatus;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.HistoryLine;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One journal, and commands that would found two groves on it: there is one, and it leads the job alone.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class TwoGrovesTest {
    private static final long BETWEEN_LOOKS_MS = 200;

    @TempDir private Path temp;

    private TinyJob tiny;
    private NodeCommands processes;
    private int portOfA;
    private int portOfB;

    @BeforeEach
    void choosePorts() throws Exception {
        tiny = new TinyJob(temp);
        processes = new NodeCommands(temp);
        portOfA = NodeCommands.freePort();
        portOfB = NodeCommands.freePort();
    }

    @AfterEach
    void endAll() {
        processes.close();
    }

    @Test
    void shouldJoinTheGroveThatHoldsTheJournalThoughToldToFoundOne() throws Exception {
        Process a = startA("a", "");
        await("a", () -> names(portOfA), List.of("a")::equals);
        start("b", portOfB, "127.0.0.1:" + portOfA);
        await("b", () -> names(portOfB), List.of("a", "b")::equals);
        GroveClient grove = GroveClient.at(List.of("127.0.0.1:" + portOfA, "127.0.0.1:" + portOfB));
        grove.submit(Submission.of(tiny.settings("run", "steps=100000000")));
        await("a step", () -> grove.status("tiny").step(), step -> step > 5);

        a.destroyForcibly().waitFor();
        startA("again", "");
        await("one grove", () -> names(portOfA), List.of("again", "b")::equals);
        long then = grove.status("tiny").step();
        await("a step of both", () -> grove.status("tiny").step(), step -> step > then + 5);
        grove.end("tiny", false);
        await("its end", () -> grove.status("tiny").phase(), JobStatus.Phase.STOPPED::equals);

        assertThat(names(portOfB)).isEqualTo(List.of("again", "b"));
        assertThat(Files.readString(processes.said("again"))).contains("lives, and is joined");
        assertThat(grove.history("tiny"))
                .extracting(HistoryLine::sentence)
                .filteredOn(sentence -> sentence.contains("leads"))
                .as("of the first leader, and of one in its place where it was a")
                .hasSizeBetween(1, 2);
        List<Long> steps = StepLine.read(tiny.out("run")).stream().map(StepLine::step).toList();
        assertThat(steps).isEqualTo(LongStream.range(0, steps.size()).boxed().toList());
    }

    /// With one list for all, the first node of it founds the grove when no other answers: but not while they only
    /// stand still.
    @Test
    void shouldWaitForAGroveThatStandsStill() throws Exception {
        String all = "127.0.0.1:" + portOfA + ",127.0.0.1:" + portOfB;
        Process a = startA("a", all);
        Process b = start("b", portOfB, all);
        await("both", () -> names(portOfB), List.of("a", "b")::equals);

        signal("STOP", b);
        a.destroyForcibly().waitFor();
        startA("again", all);
        await(
                "a word of what it waits for",
                () -> Files.readString(processes.said("again")),
                said -> said.contains("is there and does not answer: "));
        signal("CONT", b);

        await("one grove", () -> names(portOfA), List.of("again", "b")::equals);
        assertThat(names(portOfB)).isEqualTo(List.of("again", "b"));
    }

    private Process startA(String name, String join) throws Exception {
        return start(name, portOfA, join);
    }

    private Process start(String name, int port, String join) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("node", "--name", name));
        arguments.addAll(List.of("--set", "pando.grove.port=" + port));
        arguments.addAll(List.of("--set", "pando.grove.journal=" + temp.resolve("journal")));
        arguments.addAll(List.of("--set", "pando.grove.folders=[\"" + temp + "\"]"));
        if (!join.isEmpty()) {
            arguments.addAll(List.of("--join", join));
        }
        return processes.start(name, arguments);
    }

    private static void signal(String name, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
    }

    private static List<String> names(int port) {
        return GroveClient.alreadyAt(List.of("127.0.0.1:" + port)).status().nodes().stream()
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
            } catch (java.io.IOException | UserError notYet) {
                assertThat(temp).as(what).exists();
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
        }
    }
}
