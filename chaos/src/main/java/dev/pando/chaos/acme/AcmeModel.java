package dev.pando.chaos.acme;

import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Kind;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Failures as a datacenter has them: what would strike a running job of this many GPUs, sped up to the length of a
/// test.
///
/// Failures come as a Poisson process whose rate is that of [FailureReason] for each GPU and hour, times GPUs, times
/// `speedup`; which reason it is follows from their counts, and whom it strikes is uniform over the workers.
///
/// @param gpus of the job that is imitated
/// @param speedup how many times faster than life failures come
/// @param secondsPerStep how long a step of the run takes that is disturbed
public record AcmeModel(int gpus, double speedup, double secondsPerStep) {
    private static final List<FailureReason> REASONS =
            Arrays.stream(FailureReason.values()).filter(FailureReason::strikesRunningJobs).toList();

    public AcmeModel {
        if (gpus < 1 || !(speedup > 0) || !(secondsPerStep > 0)) {
            throw new IllegalArgumentException(
                    "gpus, speedup and seconds per step must be above 0, not "
                            + gpus
                            + ", "
                            + speedup
                            + " and "
                            + secondsPerStep);
        }
    }

    /// Mean time between two failures of the imitated job, as in life.
    public double hoursBetweenFailures() {
        return 1 / (gpus * REASONS.stream().mapToDouble(FailureReason::ratePerGpuHour).sum());
    }

    /// The failures of the first steps of a run; the same for the same seed.
    public FaultScript sample(long seed, int workers, long steps) {
        double stepsBetween = hoursBetweenFailures() * 3600 / speedup / secondsPerStep;
        List<Fault> faults = new ArrayList<>();
        double at = 0;
        for (long i = 0; ; i++) {
            at -= stepsBetween * StrictMath.log(1 - Dice.uniform(seed, i, 0));
            if (at >= steps) {
                return new FaultScript(faults);
            }
            Effect effect = reason(Dice.uniform(seed, i, 1)).effect();
            Target target =
                    effect.aim() == Kind.Aim.STORE
                            ? new Target.Store()
                            : new Target.Worker(Dice.below(workers, seed, i, 2));
            faults.add(new Fault(effect, target, new When.AtStep((long) at)));
        }
    }

    /// The same for a run on processes, by seconds instead of steps: what ends a process in life ends one here.
    ///
    /// @param nodes that share the workers evenly
    /// @return faults whose [#second] tells when they strike
    public FaultScript onProcesses(long seed, int workers, int nodes, long seconds) {
        return new FaultScript(
                new AcmeModel(gpus, speedup, 1)
                        .sample(seed, workers, seconds).faults().stream()
                                .map(fault -> ofProcess(fault, workers / nodes))
                                .toList());
    }

    /// The second of a run in which a fault of [#onProcesses] strikes.
    public static double second(Fault fault) {
        return fault.when() instanceof When.AtStep(long second) ? second : 0;
    }

    private static Fault ofProcess(Fault fault, int devices) {
        return fault.effect() instanceof Effect.Kill && fault.target() instanceof Target.Worker(int number, _)
                ? fault.aimedAt(new Target.Node(1 + number / devices))
                : fault;
    }

    private static FailureReason reason(double uniform) {
        double left = uniform * REASONS.stream().mapToInt(FailureReason::count).sum();
        for (FailureReason reason : REASONS) {
            left -= reason.count();
            if (left < 0) {
                return reason;
            }
        }
        return REASONS.getLast();
    }
}
