package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.NodeHosts;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.processes.NodeProcesses;
import dev.pando.runtime.settings.JobConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// NodeProcesses whose wall clocks are days apart, and jump while they train: no worker is given up for it.
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class WallClockTest {
    private static final double PATIENCE_SECONDS = 120;
    private static final String STEPS = "steps=900"; // some seconds: signs of life are looked at twice a second
    private static final String SELDOM = "checkpoint.every-steps=300";

    @TempDir private Path temp;

    @Test
    void shouldGiveNoWorkerUpWhereWallClocksJump() throws Exception {
        Optional<Path> library = WallClock.library(temp);
        assumeTrue(library.isPresent(), "no C compiler here, and so no other wall clock");
        TinyJob tiny = new TinyJob(temp);
        WallClock behind = WallClock.of(library.get(), temp.resolve("first"), Duration.ofDays(-1));
        WallClock jumps = WallClock.of(library.get(), temp.resolve("second"), Duration.ZERO);
        List<JobEvent> heard = new ArrayList<>();

        JobEvent end;
        JobEvent afterwards;
        try (NodeProcesses nodes = nodes(List.of(behind, jumps))) {
            GroveClient grove =
                    new GroveClient(
                            () -> nodes.running().stream().map(NodeProcess::address).toList(),
                            PATIENCE_SECONDS,
                            Stopwatch.system());
            awaitBoth(grove);
            grove.submit(Submission.of(tiny.settings("long", "name=long", STEPS, SELDOM)));
            end =
                    grove.watch(
                            "long",
                            event -> {
                                heard.add(event);
                                if (event instanceof JobEvent.StepCommitted step) {
                                    jump(jumps, step.step());
                                }
                            });
            grove.submit(Submission.of(tiny.settings("short", "name=short")));
            afterwards = grove.watch("short", heard::add); // replicas are built once more
        }

        assertThat(end).isEqualTo(new JobEvent.Finished(900, hash(tiny, "alone", STEPS, SELDOM)));
        assertThat(afterwards).isEqualTo(new JobEvent.Finished(12, hash(tiny, "brief", "steps=12")));
        assertThat(heard)
                .noneMatch(JobEvent.WorkerLost.class::isInstance)
                .noneMatch(JobEvent.StateLoaded.class::isInstance);
        assertThat(heard)
                .filteredOn(JobEvent.EpochOpened.class::isInstance)
                .extracting(event -> ((JobEvent.EpochOpened) event).workers().size())
                .contains(2);
    }

    private static void awaitBoth(GroveClient grove) {
        while (grove.status().nodes().stream().filter(node -> node.status().equals("up")).count() < 2) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private static void jump(WallClock clock, long step) {
        try {
            if (step == 100) {
                clock.set(Duration.ofMinutes(5));
            } else if (step == 500) {
                clock.set(Duration.ofDays(-30));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private NodeProcesses nodes(List<WallClock> clocks) {
        Path logs = temp.resolve("nodes");
        Config config =
                JobConfig.nothing()
                        .whole()
                        .getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(logs.resolve("journal").toString()));
        NodeHosts here = NodeHosts.here(config.getString("host"));
        Iterator<WallClock> next = clocks.iterator();
        AtomicReference<String> hopeless = new AtomicReference<>();
        return NodeProcesses.start(
                clocks.stream().map(clock -> 1).toList(),
                List.of("node"),
                config,
                () -> {
                    NodeHosts.NodeHost host = here.next();
                    return new NodeHosts.NodeHost(host.address(), host.port(), next.next().command());
                },
                logs,
                Stopwatch.system(),
                hopeless::set);
    }

    private static String hash(TinyJob tiny, String run, String... sets) throws Exception {
        try (Pando pando = Pando.start(Submission.of(tiny.settings(run, sets)))) {
            JobResult result = pando.job().done().toCompletableFuture().get((long) PATIENCE_SECONDS, TimeUnit.SECONDS);
            return ((JobResult.Finished) result).hash();
        }
    }
}
