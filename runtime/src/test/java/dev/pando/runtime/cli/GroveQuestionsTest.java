package dev.pando.runtime.cli;

import static dev.pando.runtime.cli.CommandLines.pando;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cli.CommandLines.Shown;
import dev.pando.runtime.cluster.ControlClient;
import dev.pando.runtime.cluster.ControlProtocol;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What people ask of a grove from a shell, and what they hear when they ask for what is not there.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class GroveQuestionsTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final int FOR_EVER = 20; // signs of life, one a second

    @TempDir private Path temp;

    private TinyJob tiny;
    private GroveNode node;

    @BeforeEach
    void startANode() throws Exception {
        tiny = new TinyJob(temp);
        Config defaults = JobConfig.nothing().whole();
        node =
                GroveNode.start(
                        new NodeSettings(
                                "only",
                                1,
                                defaults.getConfig("pando.grove")
                                        .withValue(
                                                "journal",
                                                ConfigValueFactory.fromAnyRef(temp.resolve("journal").toString())),
                                defaults.getConfig("pando.system"),
                                List.of()));
        node.up().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @AfterEach
    void endIt() {
        node.close();
    }

    @Test
    void shouldSayInOneSentenceWhatIsNotThere() throws Exception {
        String unused = "127.0.0.1:" + NodeCommands.freePort();

        for (String command : List.of("status", "watch", "cancel")) {
            assertRefused("there is no job none in this grove; it has none", command, "none", "--to", node.address());
            assertRefused(
                    "a job's name is 1 to 100 letters, digits, dots, dashes and underscores",
                    command,
                    "../none",
                    "--to",
                    node.address());
        }
        assertRefused(
                "no Pando node listens at " + unused + "; --to names any node of a grove that runs",
                "status",
                "--to",
                unused);
        Shown withoutText =
                pando("submit", tiny.file("run"), "--data", temp.resolve("nowhere"), "--to", node.address());
        assertThat(withoutText.exit()).isEqualTo(1);
        assertThat(withoutText.err())
                .startsWith("data.paths names \"" + temp.resolve("nowhere") + "\", which does not exist")
                .hasLineCount(1);
        assertThat(pando("status", "--to", unused + "," + node.address()).out()).startsWith("1 node\n  only ");
    }

    @Test
    void shouldSayInOneSentenceWhyANodeCannotStart() {
        String port = node.address().replaceAll(".*:", "");

        assertRefused(
                "cannot listen at 127.0.0.1:"
                        + port
                        + ": Address already in use; set pando.grove.host and pando.grove.port to what is free on this"
                        + " machine",
                "node",
                "--set",
                "pando.grove.port=" + port);
        assertRefused(
                2,
                "pando.grove.port must be a port from 1 to 65535, or 0 for any that is free, not \"many\"",
                "node",
                "--set",
                "pando.grove.port=many");
        assertRefused(
                2,
                "pando.grove.probe-port must be a port from 1 to 65535, or 0 for any that is free, not 70000",
                "node",
                "--set",
                "pando.grove.probe-port=70000");
    }

    @Test
    void shouldRefuseAJobThatRunsAlreadyAndTakeItAgainWhenItHasEnded() throws Exception {
        Path job = tiny.file("run");
        Shown first = pando("submit", job, "--steps", 100_000_000, "--to", node.address());
        assertThat(first.exit()).as(first.err()).isZero();

        Shown second = pando("submit", job, "--steps", 5, "--to", node.address());

        assertThat(second.exit()).isEqualTo(1);
        assertThat(second.err())
                .matches(
                        "job tiny runs in this grove already, at step \\d+ of 100000000: end it first with `pando"
                                + " cancel tiny`, or give this one another pando\\.job\\.name and pando\\.job\\.out\n");
        assertThat(pando("cancel", "tiny", "--to", node.address()).out())
                .isEqualTo("tiny ends after the step in flight, with a checkpoint\n");
        Shown watched = pando("watch", "tiny", "--to", node.address());
        assertThat(watched.exit()).as(watched.err()).isZero();
        assertThat(watched.out()).startsWith("tiny: ").contains("stopped: ");
        assertThat(pando("status", "tiny", "--to", node.address()).out()).startsWith("tiny: stopped\n");
        assertThat(pando("status", "tiny", "--history", "--to", node.address()).out().lines())
                .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z  .+"))
                .anyMatch(line -> line.endsWith("cancelled: ends after the step in flight, with a checkpoint"));
    }

    /// Its process may live on, and be a member again: with a question of an earlier life still open, a watch would
    /// hear that all is well, and nothing else, for ever.
    @Test
    void shouldHangUpOnWhoeverWatchesWhenTheNodeEnds() {
        pando("submit", tiny.file("run"), "--steps", 100_000_000, "--to", node.address());
        List<JsonNode> stills = new ArrayList<>();

        ControlClient.ask(
                node.address(),
                ControlProtocol.ask("watch").put("job", "tiny"),
                (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS),
                answer -> {
                    node.close();
                    return !answer.has("still") || stills.add(answer) && stills.size() < FOR_EVER;
                });

        assertThat(stills).hasSizeLessThan(FOR_EVER);
    }

    private static void assertRefused(String sentence, Object... arguments) {
        assertRefused(1, sentence, arguments);
    }

    private static void assertRefused(int exit, String sentence, Object... arguments) {
        assertThat(pando(arguments)).isEqualTo(new Shown(exit, "", sentence + "\n"));
    }
}
