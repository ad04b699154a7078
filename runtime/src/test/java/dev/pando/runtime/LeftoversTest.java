package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A job that has ended leaves nothing behind in the process that ran it: jobs one after the other, and what the
/// process holds after the last as after the first few. `-Dpando.leftovers.jobs=200` for more of them.
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class LeftoversTest {
    private static final long PATIENCE_MINUTES = 3;
    private static final int JOBS = Integer.getInteger("pando.leftovers.jobs", 10);
    private static final int FIRST = 3; // class loading, pools, and what else is made once
    private static final int SLACK = Math.min(4, JOBS / 2); // pools breathe; a leak grows with each job
    private static final double SETTLED_SECONDS = 100; // owners rest after ten, threads of idle pools end after sixty

    @TempDir private Path temp;

    @Test
    void shouldLeaveNothingOfEmbeddedJobs() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")), "no /proc here to look into");
        TinyJob tiny = new TinyJob(temp);
        for (int job = 0; job < FIRST; job++) {
            embedded(tiny, job);
        }
        Leftovers before = Leftovers.now();

        for (int job = FIRST; job < FIRST + JOBS; job++) {
            embedded(tiny, job);
        }

        assertSettles(before);
    }

    @Test
    void shouldLeaveNothingOfJobsOnANode() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")), "no /proc here to look into");
        TinyJob tiny = new TinyJob(temp);
        try (GroveNode node = GroveNode.start(settings())) {
            node.up().toCompletableFuture().get(PATIENCE_MINUTES, TimeUnit.MINUTES);
            GroveClient grove = GroveClient.at(List.of(node.address()));
            for (int job = 0; job < FIRST; job++) {
                submitted(grove, tiny, job);
            }
            Leftovers before = Leftovers.now();

            for (int job = FIRST; job < FIRST + JOBS; job++) {
                submitted(grove, tiny, job);
            }

            assertSettles(before);
            assertThat(node.openJobs()).isZero();
        }
    }

    private static void assertSettles(Leftovers before) {
        Stopwatch stopwatch = Stopwatch.system();
        long begin = stopwatch.nanos();
        String more = Leftovers.now().beyond(before, SLACK);
        while (!more.isEmpty() && stopwatch.secondsSince(begin) < SETTLED_SECONDS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            more = Leftovers.now().beyond(before, SLACK);
        }
        assertThat(more).as("what %d jobs have left", JOBS).isEmpty();
    }

    private static void embedded(TinyJob tiny, int job) throws Exception {
        try (Pando pando = Pando.start(Submission.of(tiny.settings("run-" + job, "steps=4")))) {
            assertThat(pando.job().done().toCompletableFuture().get(PATIENCE_MINUTES, TimeUnit.MINUTES))
                    .isInstanceOf(JobResult.Finished.class);
        }
    }

    private static void submitted(GroveClient grove, TinyJob tiny, int job) {
        String name = "job-" + job;
        grove.submit(Submission.of(tiny.settings(name, "name=" + name, "steps=4", "workers=1")));
        assertThat(grove.watch(name, event -> {})).isInstanceOf(JobEvent.Finished.class);
    }

    private NodeSettings settings() {
        Config defaults = JobConfig.nothing().whole();
        return new NodeSettings(
                "node",
                1,
                defaults.getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(temp.resolve("journal").toString())),
                defaults.getConfig("pando.system"),
                List.of());
    }
}
