package dev.pando.runtime.report;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Writes the folder of a run that never was, with faults where they are wanted: what pages and lists are tried on.
final class StagedRun {
    private final RunFolder folder;
    private final long steps;
    private final Random dice;
    private final List<String> workers = new ArrayList<>(List.of("worker-0", "worker-1", "worker-2"));
    private Instant now = Instant.parse("2026-01-05T09:30:00Z");
    private long epoch;
    private long entry; // 0: there is no journal

    private StagedRun(RunFolder folder, long steps, long seed) {
        this.folder = folder;
        this.steps = steps;
        this.dice = new Random(seed);
    }

    /// A run with two workers lost, one of them for a while, a kill of the process and a resume.
    static Path eventful(Path out, long steps, long seed) {
        var settings =
                JobConfig.nothing()
                        .with("--out", "out", out.toString())
                        .with("--steps", "steps", steps)
                        .set("workers=3")
                        .settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
            StagedRun run = new StagedRun(folder, steps, seed);
            run.happen(0, new JobEvent.Started(0, false));
            run.openEpoch(0, "the workers have changed");
            run.train(0, steps / 6);
            run.lose("worker-2", steps / 6, "its thread threw IllegalStateException: injected by the fault script");
            run.train(steps / 6, steps / 6 + 8);
            run.join("worker-2#2", steps / 6 + 8);
            run.train(steps / 6 + 8, steps / 2);
            run.lose("worker-0", steps / 2, "no answer for 12 x the pace of a step");
            run.train(steps / 2, steps / 2 + steps / 10);
            run.join("worker-0#2", steps / 2 + steps / 10);
            run.train(steps / 2 + steps / 10, steps * 2 / 3 + 7);
            run.now = run.now.plus(Duration.ofHours(3));
            run.happen(0, new JobEvent.Started(steps * 2 / 3, true));
            run.workers.clear();
            run.workers.addAll(List.of("worker-0", "worker-1", "worker-2", "worker-3"));
            run.openEpoch(steps * 2 / 3, "the workers have changed");
            run.train(steps * 2 / 3, steps);
            run.happen(40, new JobEvent.Finished(steps, "sha256:" + "5ca1ab1e".repeat(8)));
            folder.record(
                    List.of(
                            new SampleLine(
                                    "/// Why the type exists",
                                    ": one vote per training step, all apply or all drop.\n"
                                            + "public final class Tally {\n"
                                            + "    private final Map<String, Long> votes = new HashMap<>();"),
                            new SampleLine(
                                    "The loss curve ",
                                    "is a function of the job's config alone, and <b>every</b> worker may die at any"
                                            + " time.")));
        }
        return out;
    }

    /// A grove's run of forty steps: its leader is lost once without a worker, for a minute; then with the last copy of
    /// the state, so that it goes back to a checkpoint.
    static Path ledByThree(Path out) {
        var settings =
                JobConfig.nothing().with("--out", "out", out.toString()).set("steps=40").set("workers=3").settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
            StagedRun run = new StagedRun(folder, 40, 1);
            run.entry = 1;
            run.happen(0, new JobEvent.Started(0, false));
            run.openEpoch(0, "the workers have changed");
            run.train(0, 10);
            run.happen(60_000, new JobEvent.Started(10, true));
            run.openEpoch(10, "another supervisor");
            run.train(10, 25);
            run.happen(3_000, new JobEvent.Started(25, true));
            run.happen(1, new JobEvent.WorkerLost("worker-0", 25, "its process has ended"));
            run.happen(1, new JobEvent.RungTried(JobEvent.Rung.LOAD_CHECKPOINT, 25, "nobody holds the state"));
            run.happen(1, new JobEvent.StateLoaded(18, "step-18", List.of()));
            run.openEpoch(18, "another supervisor");
            run.train(18, 40);
            run.happen(40, new JobEvent.Finished(40, "sha256:" + "5ca1ab1e".repeat(8)));
        }
        return out;
    }

    private void train(long from, long to) {
        for (long step = from; step < to; step++) {
            double progress = (double) step / steps;
            double loss = 2.6 + 5.7 * Math.exp(-7 * progress) + 0.09 * dice.nextGaussian();
            double norm = 0.5 + 2.5 * Math.exp(-9 * progress) + 0.08 * Math.abs(dice.nextGaussian());
            double rate =
                    3e-4 * Math.min(1, (step + 1) / (0.05 * steps)) * (0.55 + 0.45 * Math.cos(Math.PI * progress));
            double seconds = 1.55 / workers.size() * (1 + 0.05 * Math.abs(dice.nextGaussian()));
            happen(
                    seconds * 1000,
                    new JobEvent.StepCommitted(step, epoch, loss, norm, rate, 2048, seconds, workers.size()));
            if (step % 50 == 49) {
                happen(1, new JobEvent.SnapshotTaken(step + 1, 0.004));
                happen(90, new JobEvent.CheckpointDurable(step + 1, "step-" + (step + 1), 77_400_000, 0.31));
            }
        }
    }

    private void lose(String worker, long step, String evidence) {
        happen(120, new JobEvent.WorkerLost(worker, step, evidence));
        workers.remove(worker);
        openEpoch(step, worker + " was lost");
        happen(1, new JobEvent.RungTried(JobEvent.Rung.REASSIGN_WITHIN_STEP, step, "its batch shards"));
        happen(1, new JobEvent.ShardsMoved(step, epoch, List.of(2, 5), workers.getFirst()));
        happen(0, new JobEvent.ShardsMoved(step, epoch, List.of(7), workers.getLast()));
    }

    private void join(String worker, long step) {
        workers.add(worker);
        workers.sort(String::compareTo);
        openEpoch(step, "welcoming " + worker);
        happen(2, new JobEvent.RungTried(JobEvent.Rung.REBUILD_FROM_PEER, step, worker + " from worker-1"));
        happen(35, new JobEvent.WorkerJoined(worker, step));
    }

    private void openEpoch(long step, String reason) {
        happen(3, new JobEvent.EpochOpened(++epoch, step, reason, List.copyOf(workers)));
    }

    private void happen(double afterMillis, JobEvent event) {
        now = now.plusNanos((long) (afterMillis * 1e6));
        folder.record(event, now, entry == 0 ? 0 : entry++);
    }
}
