package dev.pando.actors.checkpoint;

import java.util.ArrayDeque;
import java.util.Deque;

/// Chooses how many steps lie between two durable checkpoints: as many as the job says, or by what one costs here and
/// how often workers are lost.
///
/// Lost work and checkpoints together cost least at an interval of sqrt(2 C M) seconds (Young 1974; Daly 2006), C being
/// what a checkpoint costs training and M the time between failures. Two bounds of CheckFreq (FAST'21, section 4.2) are
/// below it: a checkpoint is durable before the next one is due, and all of them cost a few percent at most.
public final class CheckpointInterval {
    /// Steps before the first one, which is there to be measured.
    private static final long FIRST = 10;

    /// Share of training time that checkpoints may cost.
    private static final double SHARE = 0.035;

    /// Smallest cost that can be measured.
    private static final double LEAST_COST_S = 1e-3;

    private static final int REMEMBERED = 5;

    private final long everySteps;
    private final double expectedBetweenFailuresS;
    private final Deque<Double> costs = new ArrayDeque<>();
    private final Deque<Double> quietSteps = new ArrayDeque<>();
    private double trainedS;
    private long failures;
    private double extraS;
    private double durableS;

    /// @param everySteps 0: by measure
    /// @param expectedBetweenFailuresS seconds, as long as nothing has failed
    public CheckpointInterval(long everySteps, double expectedBetweenFailuresS) {
        this.everySteps = everySteps;
        this.expectedBetweenFailuresS = expectedBetweenFailuresS;
    }

    /// Whether one is due after this many steps.
    ///
    /// @param last steps after which the last one was taken, or tried
    boolean isDue(long position, long last) {
        return everySteps > 0 ? position / everySteps > last / everySteps : position - last >= steps();
    }

    /// Steps between two.
    long steps() {
        if (everySteps > 0) {
            return everySteps;
        }
        if (costs.isEmpty() || quietSteps.isEmpty()) {
            return FIRST;
        }
        double cost = Math.max(LEAST_COST_S, median(costs));
        double betweenFailures = (expectedBetweenFailuresS + trainedS) / (1 + failures);
        double best = Math.sqrt(2 * cost * betweenFailures);
        double seconds = Math.max(best, Math.max(durableS, cost / SHARE));
        return Math.max(1, Math.round(seconds / Math.max(1e-6, median(quietSteps))));
    }

    /// @param beside whether a checkpoint was being taken or written meanwhile
    void stepped(double seconds, boolean beside) {
        trainedS += seconds;
        if (!beside) {
            remember(quietSteps, seconds);
        } else if (!quietSteps.isEmpty()) {
            extraS += Math.max(0, seconds - median(quietSteps));
        }
    }

    /// A checkpoint is durable.
    ///
    /// @param stallSeconds for which training stood still
    /// @param seconds from the copy until it was durable
    void measured(double stallSeconds, double seconds) {
        remember(costs, stallSeconds + extraS);
        durableS = seconds;
        extraS = 0;
    }

    /// A worker was lost: with all others it would have taken the last copy of the state along.
    void failed() {
        failures++;
    }

    private static void remember(Deque<Double> values, double value) {
        values.addLast(value);
        if (values.size() > REMEMBERED) {
            values.removeFirst();
        }
    }

    private static double median(Deque<Double> values) {
        return values.stream().sorted().skip((values.size() - 1) / 2).findFirst().orElseThrow();
    }
}
