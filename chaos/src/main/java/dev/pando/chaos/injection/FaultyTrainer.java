package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/// A trainer on a device that fails as a script says.
final class FaultyTrainer extends ForwardingTrainer {
    private final FaultyCollective collective;
    private final Device device;

    FaultyTrainer(Trainer trainer, FaultyCollective collective, Device device) {
        super(trainer);
        this.collective = collective;
        this.device = device;
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        long beganNs = device.patience().nanos();
        long step = device.step();
        for (Armory.Strike strike : device.at(step, Moment.in(Phase.COMPUTE), () -> Damage.halfWritten(gradient))) {
            switch (strike.effect()) {
                case Effect.BitFlip(Effect.Place place) -> flipBitOfState(place, strike.dice());
                case Effect.Duplicate(_) -> {
                    trainer.compute(shard, gradient);
                    collective.enterAgain();
                }
                default -> throw new IllegalStateException(strike.effect() + " does not strike in compute");
            }
        }
        ShardLoss loss = trainer.compute(shard, gradient);
        for (Armory.Strike strike : device.at(step, Moment.after(Phase.COMPUTE), FaultyTrainer::nothing)) {
            switch (strike.effect()) {
                case Effect.BitFlip(_) -> Damage.flipBit(gradient, strike.dice());
                case Effect.NanLoss() -> {
                    Damage.notANumber(gradient, strike.dice());
                    loss = Dice.below(2, strike.dice()) == 0 ? loss : new ShardLoss(Double.NaN, loss.tokens());
                }
                case Effect.LossSpike(double factor) -> {
                    Damage.scale(gradient, factor);
                    loss = new ShardLoss(factor * loss.lossSum(), loss.tokens());
                }
                default -> throw new IllegalStateException(strike.effect() + " does not strike after compute");
            }
        }
        device.dawdle(step, beganNs);
        return loss;
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        return during(Phase.VOTE, () -> trainer.examine(gradientSum, total));
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        return during(Phase.APPLY, () -> trainer.apply(gradientSum, total));
    }

    @Override
    public Committed skip() {
        return during(Phase.APPLY, trainer::skip);
    }

    private <T> T during(Phase phase, Supplier<T> call) {
        long beganNs = device.patience().nanos();
        long step = device.step();
        device.at(step, Moment.in(phase), FaultyTrainer::nothing);
        T answer = call.get();
        device.at(step, Moment.after(phase), FaultyTrainer::nothing);
        device.dawdle(step, beganNs);
        return answer;
    }

    /// What a call leaves behind that is struck before or after its work.
    static void nothing() {}

    /// One replica's state differs from the others' from here on, without a report.
    private void flipBitOfState(Effect.Place place, long dice) {
        List<TrainerState.Span> spans =
                trainer.state().spans().stream()
                        .filter(span -> span.name().startsWith("exp_avg") == (place == Effect.Place.MOMENT))
                        .toList();
        Damage.flipBit(spans.get((int) Long.remainderUnsigned(dice, spans.size())).data(), dice);
    }
}
