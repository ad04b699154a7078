package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.JobEvent;
import dev.pando.actors.Stopwatch;
import dev.pando.runtime.FaultSchedule.Fault;
import dev.pando.runtime.grove.NodeProcess;
import dev.pando.runtime.grove.Nodes;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Written;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Jobs on a grove of three to five real processes, each under a schedule of faults drawn from its seed: every final
/// hash must be that of the undisturbed run.
///
/// `-Dpando.schedules=500` runs so many; without, as many of fifty as begin within half a minute, and at least one.
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

    private final Stopwatch stopwatch = Stopwatch.system();

    @TempDir private Path temp;

    @Test
    void shouldEndWithTheSameBitsUnderAnyScheduleOfFaults() throws Exception {
        Path folder = folder();
        TinyJob tiny = new TinyJob(folder);
        String undisturbed = undisturbed(tiny);
        Config config =
                Written.nothing()
                        .whole()
                        .getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(folder.resolve("journal").toString()));
        AtomicReference<String> hopeless = new AtomicReference<>();
        int run = 0;
        try (Nodes nodes =
                Nodes.start(
                        List.of(1, 1, 1), List.of("node"), config, folder.resolve("nodes"), stopwatch, hopeless::set)) {
            Grove grove =
                    new Grove(
                            () -> {
                                assertThat(hopeless).hasNullValue();
                                return nodes.running().stream().map(NodeProcess::address).toList();
                            },
                            PATIENCE_SECONDS,
                            stopwatch);
            Striker striker = new Striker(nodes, grove);
            long begin = stopwatch.nanos();
            for (long seed = FIRST_SEED; run < AT_MOST; seed++, run++) {
                if (run > 0 && stopwatch.secondsSince(begin) > BUDGET_SECONDS) {
                    break;
                }
                FaultSchedule schedule = FaultSchedule.of(seed, STEPS);
                assertThat(hash(grove, striker, tiny, schedule)).as(schedule.toString()).isEqualTo(undisturbed);
            }
            striker.thawAll();
        }
        System.out.println(run + " schedules of faults, from seed " + FIRST_SEED + " on");
    }

    private Path folder() {
        String out = System.getProperty("pando.schedules.out");
        return out == null ? temp : Path.of(out).toAbsolutePath();
    }

    private String undisturbed(TinyJob tiny) throws Exception {
        try (Pando alone = Pando.start(Submission.of(job(tiny, "undisturbed", 0)))) {
            return ((JobResult.Finished)
                            alone.job().done().toCompletableFuture().get((long) PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .hash();
        }
    }

    /// @param copies of each moment; 0: every worker holds all
    private static Settings job(TinyJob tiny, String name, int copies) {
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
    private String hash(Grove grove, Striker striker, TinyJob tiny, FaultSchedule schedule) {
        System.out.println(schedule);
        long begin = stopwatch.nanos();
        String name = "job-" + schedule.seed();
        grove.submit(Submission.of(job(tiny, name, COPIES)));
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
