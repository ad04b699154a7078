package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nodes that are real processes, killed and joined while a job trains on them.
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class GroveTest {
    private static final long PATIENCE_SECONDS = 120;

    /// So many that a test ends a job, not its number of steps; the learning rate follows them, not where it ends.
    private static final List<String> ENDLESS =
            List.of("steps=100000000", "checkpoint.every-steps=200", "checkpoint.keep=2");

    private final BlockingQueue<JobEvent> events = new LinkedBlockingQueue<>();
    private final List<JobEvent> seen = new ArrayList<>();

    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    @Test
    void shouldNotChangeABitWhenANodeIsKilledAndAnotherTakesItsPlace() throws Exception {
        try (Pando pando = Pando.start(endless("grove", "workers=3").over(2))) {
            awaitStep(10);
            NodeProcess victim = followers(pando).getFirst();

            victim.process().destroyForcibly();

            JobEvent.WorkerLost lost = await(JobEvent.WorkerLost.class, event -> true);
            assertThat(lost.worker()).startsWith(victim.name() + ".worker-");
            assertThat(lost.evidence()).contains("has ended");
            JobEvent.WorkerJoined joined = await(JobEvent.WorkerJoined.class, event -> true);
            assertThat(joined.worker()).startsWith("node-3.worker-");
            awaitStep(joined.step() + 5);
            stop(pando);
        }

        assertThat(seen).noneMatch(JobEvent.StateLoaded.class::isInstance);
        assertSameBitsAsUndisturbed("grove");
    }

    /// Every moment is held by two of three nodes: one may go at any time, and of two at once some moments are gone.
    @Test
    void shouldNotChangeABitWhenNodesAreKilledThatHoldShardsOfTheMoments() throws Exception {
        try (Pando pando =
                Pando.start(endless("grove", "workers=3", "optimizer-state=sharded", "optimizer-copies=2").over(3))) {
            awaitStep(10);

            followers(pando).getFirst().process().destroyForcibly();

            JobEvent.WorkerJoined joined = await(JobEvent.WorkerJoined.class, event -> event.step() > 10);
            awaitStep(joined.step() + 5);
            assertThat(seen).noneMatch(JobEvent.StateLoaded.class::isInstance);

            followers(pando).forEach(victim -> victim.process().destroyForcibly());

            JobEvent.StateLoaded loaded = await(JobEvent.StateLoaded.class, event -> true);
            awaitStep(loaded.step() + 5); // by the one that is left
            stop(pando);
        }

        assertSameBitsAsUndisturbed("grove");
    }

    @Test
    void shouldNotChangeABitWhenANodeJoinsAndLeavesWhileTrainingRuns() throws Exception {
        try (Pando pando = Pando.start(endless("grove", "workers=1").over(1))) {
            awaitStep(10);

            try (GroveNode guest = GroveNode.start(guestOf(pando))) {
                JobEvent.WorkerJoined joined = await(JobEvent.WorkerJoined.class, event -> true);
                assertThat(joined.worker()).isEqualTo("guest.worker-0");
                awaitStep(joined.step() + 5);
                assertThat(guest.wasUp()).isTrue();
            }

            JobEvent.WorkerLeft left = await(JobEvent.WorkerLeft.class, event -> true);
            assertThat(left.worker()).isEqualTo("guest.worker-0");
            awaitStep(left.step() + 5);
            stop(pando);
        }

        assertSameBitsAsUndisturbed("grove");
    }

    /// Nodes that do not lead the job.
    private static List<NodeProcess> followers(Pando pando) {
        GroveClient.Standing standing =
                GroveClient.at(pando.nodes().stream().map(NodeProcess::address).toList()).status();
        String leader = standing.jobs().getFirst().node();
        List<String> names =
                standing.nodes().stream().filter(node -> !node.system().equals(leader)).map(NodeLine::name).toList();
        return pando.nodes().stream().filter(node -> names.contains(node.name())).toList();
    }

    private NodeSettings guestOf(Pando pando) {
        Config defaults = JobConfig.nothing().whole();
        return new NodeSettings(
                "guest",
                1,
                defaults.getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(tiny.out("grove") + "/nodes/journal")),
                defaults.getConfig("pando.system"),
                List.of(pando.address().orElseThrow()));
    }

    private Submission endless(String run, String... more) {
        List<String> sets = new ArrayList<>(ENDLESS);
        sets.addAll(List.of(more));
        return Submission.of(tiny.settings(run, sets.toArray(String[]::new))).listening(events::add);
    }

    private void stop(Pando pando) throws Exception {
        JobResult stopped = pando.job().stop().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(stopped).isInstanceOf(JobResult.Stopped.class);
        events.drainTo(seen);
    }

    /// Goes on from where the grove stopped, in one process, and looks at the hash of all that it holds.
    private void assertSameBitsAsUndisturbed(String run) throws Exception {
        List<StepLine> disturbed = StepLine.read(tiny.out(run));
        String end = "steps=" + (disturbed.size() + 3);
        String schedule = "optimizer.schedule-steps=100000000";

        JobResult.Finished wentOn =
                finish(Submission.of(tiny.settings(run, end, schedule, "workers=2")).resuming(true));
        JobResult.Finished undisturbed =
                finish(Submission.of(tiny.settings("undisturbed", end, schedule, "workers=1")));

        assertThat(wentOn.hash()).isEqualTo(undisturbed.hash());
        assertThat(StepLine.read(tiny.out(run)))
                .extracting(StepLine::loss)
                .isEqualTo(StepLine.read(tiny.out("undisturbed")).stream().map(StepLine::loss).toList());
    }

    private static JobResult.Finished finish(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            return (JobResult.Finished)
                    pando.job().done().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void awaitStep(long step) throws InterruptedException {
        await(JobEvent.StepCommitted.class, committed -> committed.step() >= step);
    }

    private <E extends JobEvent> E await(Class<E> kind, Predicate<E> which) throws InterruptedException {
        while (true) {
            JobEvent event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(event)
                    .as("the next event, after " + seen.stream().skip(Math.max(0, seen.size() - 5)).toList())
                    .isNotNull();
            seen.add(event);
            assertThat(event).isNotInstanceOf(JobEvent.Failed.class);
            if (kind.isInstance(event) && which.test(kind.cast(event))) {
                return kind.cast(event);
            }
        }
    }
}
