package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.When;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.Trainer;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;

/// A trainer whose data is bad in some steps: no batch shard of theirs gives a finite loss, on any worker and however
/// often.
public final class PoisonedTrainer extends ForwardingTrainer {
    private final LongPredicate isPoisoned;

    PoisonedTrainer(Trainer trainer, LongPredicate isPoisoned) {
        super(trainer);
        this.isPoisoned = isPoisoned;
    }

    /// @param bound with nothing left to chance, see [FaultScript#bind]; what is not of the data is passed over
    public static Trainer of(FaultScript bound, Trainer trainer) {
        Set<Long> steps =
                bound.faults().stream()
                        .filter(fault -> fault.effect() instanceof Effect.PoisonedBatch)
                        .filter(fault -> fault.when() instanceof When.AtStep)
                        .map(fault -> ((When.AtStep) fault.when()).step())
                        .collect(Collectors.toSet());
        return new PoisonedTrainer(trainer, steps::contains);
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        boolean poisoned = isPoisoned.test(trainer.step());
        ShardLoss loss = trainer.compute(shard, gradient);
        if (!poisoned) {
            return loss;
        }
        Damage.notANumber(gradient, shard);
        return new ShardLoss(Double.NaN, loss.tokens());
    }
}
