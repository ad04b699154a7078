package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.FaultSchedule.Fault;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.NodeHosts;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.processes.NodeProcesses;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Jobs on a grove of three to five real processes, each under a schedule of faults drawn from its seed: every final
/// hash must be that of the undisturbed run. Groves take turns at living on five hosts, on three, and on one.
///
/// `-Dpando.schedules=500` runs 500; without, as many of fifty as begin within half a minute, and at least one.
/// `-Dpando.schedules.seed=7` says with which seed to begin, `-Dpando.schedules.out=DIR` where all of it is kept, and
/// `-Dpando.schedules.copies=2` by how many workers each moment is held, in place of all of them.
@Timeout(value = 6, unit = TimeUnit.HOURS)
class FaultSchedulesTest {
    private static final int AT_MOST = Integer.getInteger("pando.schedules", 50);
    private static final double BUDGET_SECONDS =
            System.getProperty("pando.schedules") == null ? 30 : Double.POSITIVE_INFINITY;
    private static final long FIRST_SEED = Long.getLong("pando.schedules.seed", 1);
    private static final int COPIES = Integer.getInteger("pando.schedules.copies", 0);
    private static final long STEPS = 120;
    private static final double PATIENCE_SECONDS = 150;
    private static final int SCHEDULES_A_GROVE = 25;
    private static final List<Integer> HOSTS = List.of(5, 3, 1);
    private static final long A_MOMENT_MS = 100;

    private final Stopwatch stopwatch = Stopwatch.system();
    private final AtomicReference<String> hopeless = new AtomicReference<>();

    @TempDir private Path temp;

    private Path folder;
    private TinyJob tiny;
    private String undisturbed;

    @Test
    void shouldEndWithTheSameBitsUnderAnyScheduleOfFaults() throws Exception {
        folder = folder();
        tiny = new TinyJob(folder);
        undisturbed = undisturbed();
        long end = FIRST_SEED + AT_MOST;
        long begin = stopwatch.nanos();
        long seed = FIRST_SEED;
        while (seed < end && (seed == FIRST_SEED || stopwatch.secondsSince(begin) < BUDGET_SECONDS)) {
            long next = Math.min(end, (seed / SCHEDULES_A_GROVE + 1) * SCHEDULES_A_GROVE);
            Optional<NamespacedHosts> hosts = hosts(seed);
            try {
                seed = runUntil(next, seed, begin, hosts);
            } finally {
                hosts.ifPresent(NamespacedHosts::close);
            }
        }
        System.out.println(seed - FIRST_SEED + " schedules of faults, from seed " + FIRST_SEED + " on");
    }

    /// A grove's hosts, or none where all of it lives on this one.
    private static Optional<NamespacedHosts> hosts(long seed) {
        int hosts = HOSTS.get((int) (seed / SCHEDULES_A_GROVE % HOSTS.size()));
        if (hosts == 1) {
            return Optional.empty();
        }
        try {
            NamespacedHosts made = new NamespacedHosts(hosts, "delay 1ms loss 0.1%");
            System.out.println(
                    "a grove on "
                            + hosts
                            + " hosts"
                            + (made.isImpaired() ? " with bad cables" : ", with good cables, for there is no netem"));
            return Optional.of(made);
        } catch (IOException refused) {
            System.out.println("no node is cut off: no network namespaces can be made here: " + refused.getMessage());
            return Optional.empty();
        }
    }

    /// One grove's schedules.
    ///
    /// @return the seed to go on with
    private long runUntil(long end, long first, long begin, Optional<NamespacedHosts> hosts) throws Exception {
        Path logs = folder.resolve("nodes-" + first);
        Config config =
                JobConfig.nothing()
                        .whole()
                        .getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(logs.resolve("journal").toString()));
        NodeHosts here = NodeHosts.here(config.getString("host"));
        try (NodeProcesses nodes =
                NodeProcesses.start(
                        List.of(1, 1, 1),
                        List.of("node"),
                        config,
                        hosts.<NodeHosts>map(made -> made).orElse(here),
                        logs,
                        stopwatch,
                        hopeless::set)) {
            GroveClient grove =
                    new GroveClient(
                            () -> {
                                assertThat(hopeless).hasNullValue();
                                return nodes.running().stream().map(NodeProcess::address).toList();
                            },
                            PATIENCE_SECONDS,
                            stopwatch);
            Striker striker = new Striker(nodes, grove, hosts);
            long seed = first;
            do {
                FaultSchedule schedule = FaultSchedule.of(seed, STEPS, hosts.isPresent());
                assertThat(hash(grove, striker, schedule)).as(schedule.toString()).isEqualTo(undisturbed);
                seed++;
            } while (seed < end && stopwatch.secondsSince(begin) < BUDGET_SECONDS);
            striker.awaitPassing();
            awaitUnity(nodes);
            return seed;
        }
    }

    /// Waits until every process is a member of one and the same grove, and knows it.
    private void awaitUnity(NodeProcesses nodes) throws InterruptedException {
        long begin = stopwatch.nanos();
        while (!isOne(nodes.running())) {
            assertThat(stopwatch.secondsSince(begin)).as("seconds until all are one").isLessThan(PATIENCE_SECONDS);
            TimeUnit.MILLISECONDS.sleep(A_MOMENT_MS);
        }
    }

    private static boolean isOne(List<NodeProcess> running) {
        Set<String> names = running.stream().map(NodeProcess::name).collect(Collectors.toSet());
        return running.stream().allMatch(node -> namesOfMembers(node).equals(names));
    }

    /// In the eyes of that node; none where it is no member itself.
    private static Set<String> namesOfMembers(NodeProcess node) {
        try {
            return GroveClient.alreadyAt(List.of(node.address())).status().nodes().stream()
                    .filter(line -> line.status().equals("up"))
                    .map(line -> line.name().replaceAll("@.*", "")) // which it is after it has joined again
                    .collect(Collectors.toSet());
        } catch (UserError silent) {
            return Set.of();
        }
    }

    private Path folder() {
        String out = System.getProperty("pando.schedules.out");
        return out == null ? temp : Path.of(out).toAbsolutePath();
    }

    private String undisturbed() throws Exception {
        try (Pando alone = Pando.start(Submission.of(job("undisturbed", 0)))) {
            return ((JobResult.Finished)
                            alone.job().done().toCompletableFuture().get((long) PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .hash();
        }
    }

    /// @param copies of each moment; 0: every worker holds all
    private Settings job(String name, int copies) {
        return tiny.settings(
                name,
                "name=" + name,
                "steps=" + STEPS,
                "workers=3",
                "checkpoint.every-steps=25",
                "checkpoint.keep=3",
                "optimizer-state=" + (copies == 0 ? "replicated" : "sharded"),
                "optimizer-copies=" + Math.max(1, copies));
    }

    /// The hash with which the schedule's job ends.
    private String hash(GroveClient grove, Striker striker, FaultSchedule schedule) {
        System.out.println(schedule);
        long begin = stopwatch.nanos();
        String name = "job-" + schedule.seed();
        grove.submit(Submission.of(job(name, COPIES)));
        List<Fault> open = new ArrayList<>(schedule.faults());
        JobEvent end =
                grove.watch(
                        name,
                        event -> {
                            if (event instanceof JobEvent.StepCommitted committed) {
                                while (!open.isEmpty() && open.getFirst().step() <= committed.step()) {
                                    System.out.println("  " + striker.strike(open.removeFirst(), name));
                                }
                            }
                        });
        System.out.printf(Locale.ROOT, "  after %.1f s: %s%n", stopwatch.secondsSince(begin), end);
        assertThat(end).as("the end of " + schedule).isInstanceOf(JobEvent.Finished.class);
        return ((JobEvent.Finished) end).hash();
    }
}
