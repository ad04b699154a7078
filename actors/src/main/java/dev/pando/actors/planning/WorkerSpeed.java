package dev.pando.actors.planning;

import java.util.Arrays;
import java.util.OptionalDouble;

/// How long one worker takes for a batch shard: the middle one of its latest steps, so that neither a garbage
/// collection nor a lucky step says anything.
final class WorkerSpeed {
    private static final int REMEMBERED = 9;
    private static final int ENOUGH = 3; // steps, before anything is believed

    private final double[] steps = new double[REMEMBERED];
    private int observed;
    private double seconds;
    private int shards;

    /// The worker has computed a batch shard of the step in flight.
    void computed(double inSeconds) {
        seconds += inSeconds;
        shards++;
    }

    /// @return whether the worker computed anything in the step
    boolean endStep() {
        boolean worked = shards > 0;
        if (worked) {
            steps[observed++ % REMEMBERED] = seconds / shards;
        }
        seconds = 0;
        shards = 0;
        return worked;
    }

    /// What was known is old: the next step alone counts.
    void forgetAllButTheNext() {
        observed = 0;
        Arrays.fill(steps, 0);
    }

    /// @param tried whether one step is enough
    OptionalDouble secondsPerShard(boolean tried) {
        if (observed < (tried ? 1 : ENOUGH)) {
            return OptionalDouble.empty();
        }
        double[] sorted = Arrays.copyOf(steps, Math.min(observed, REMEMBERED));
        Arrays.sort(sorted);
        return OptionalDouble.of(sorted[sorted.length / 2]);
    }
}
