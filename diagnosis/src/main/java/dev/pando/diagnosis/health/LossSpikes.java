package dev.pando.diagnosis.health;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Finds a loss that rises and does not come back, while gradient norms stay within bounds: the spikes for which Acme
/// goes back to an earlier checkpoint and skips data (Hu et al., NSDI'24, section 6.1).
///
/// A pure function of the losses that a job committed, so that every run and every worker of the job decides alike. A
/// step is suspicious where the log of its loss is above the median of the last 32 by more than log 1.2 and by more
/// than 6 deviations; the deviation is that of the noise from step to step, whatever the trend: the median absolute
/// difference of neighbours among the last 256, over 0.6745 and the root of 2. Eight suspicious steps in a row are a
/// spike. A suspicious step moves neither the median nor the deviation. A loss that is no number is a spike at once. A
/// lone bad step does not count: a job skips it before it is applied.
public final class LossSpikes {
    private static final int NEAR = 32;
    private static final int USUAL = 256;
    private static final int ENOUGH = 64;
    private static final int SUSTAINED = 8;
    private static final int CALM = 32;
    private static final double DEVIATIONS = 6;
    private static final double NORMAL = 0.6745; // median absolute deviation of a normal distribution with deviation 1
    private static final double LEAST = StrictMath.log(1.2);

    private final double[] logs = new double[USUAL];
    private int count;
    private int suspicious;
    private int calm;
    private long healthy = -1;

    /// A spike.
    ///
    /// @param began the first suspicious step
    /// @param sure the step at which it was one
    /// @param healthy the newest step before it that ended 32 steps without suspicion: a checkpoint from then or
    ///   earlier is sound; -1 without one
    public record Spike(long began, long sure, long healthy) {
        /// The last step whose data are skipped: as many more as it took to be sure.
        public long skippedThrough() {
            return sure + SUSTAINED;
        }
    }

    private LossSpikes() {}

    /// The first spike of a history, whose number of a step is its index.
    ///
    /// @param phases steps at which the job's config changes the data's length or kind, in ascending order: what is
    ///   usual is learned again from there
    public static Optional<Spike> first(double[] losses, List<Long> phases) {
        LossSpikes spikes = new LossSpikes();
        for (int step = 0; step < losses.length; step++) {
            if (phases.contains((long) step)) {
                spikes.forget();
            }
            Optional<Spike> spike = spikes.next(step, losses[step]);
            if (spike.isPresent()) {
                return spike;
            }
        }
        return Optional.empty();
    }

    private void forget() {
        count = 0;
        suspicious = 0;
    }

    private Optional<Spike> next(long step, double loss) {
        if (!Double.isFinite(loss) || loss <= 0) {
            return Optional.of(new Spike(step - suspicious, step, healthy));
        }
        double log = StrictMath.log(loss);
        if (count >= ENOUGH && log - near() > Math.max(LEAST, DEVIATIONS * deviation())) {
            calm = 0;
            return ++suspicious < SUSTAINED
                    ? Optional.empty()
                    : Optional.of(new Spike(step - SUSTAINED + 1, step, healthy));
        }
        suspicious = 0;
        logs[count++ % USUAL] = log;
        if (++calm >= CALM) {
            healthy = step;
        }
        return Optional.empty();
    }

    private double near() {
        double[] last = new double[NEAR];
        for (int i = 0; i < NEAR; i++) {
            last[i] = logs[(count - 1 - i) % USUAL];
        }
        return median(last);
    }

    private double deviation() {
        double[] differences = new double[Math.min(count, USUAL) - 1];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = Math.abs(logs[(count - 1 - i) % USUAL] - logs[(count - 2 - i) % USUAL]);
        }
        return median(differences) / NORMAL / StrictMath.sqrt(2);
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
