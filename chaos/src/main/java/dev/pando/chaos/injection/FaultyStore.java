package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A checkpoint store on a disk that fails as a script says.
final class FaultyStore extends ForwardingCheckpointStore {
    private final Armory armory;
    private final Ruin ruin;
    private final Patience patience;
    private volatile long downUntilStep = Long.MIN_VALUE;

    FaultyStore(CheckpointStore store, Armory armory, Ruin ruin, Patience patience) {
        super(store);
        this.armory = armory;
        this.ruin = ruin;
        this.patience = patience;
    }

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        double slowness = 1;
        for (Armory.Strike strike : armory.strikesStore(state.step(), Moment.in(Phase.SAVE))) {
            switch (strike.effect()) {
                case Effect.DiskFull(_) ->
                        throw new CheckpointException(
                                "the checkpoint of step "
                                        + state.step()
                                        + " was not saved: no space is left (an injected fault)");
                case Effect.StoreDown(long steps) -> {
                    downUntilStep = state.step() + steps;
                    throw down();
                }
                case Effect.SlowDisk(double factor, _) -> slowness = factor;
                default -> throw new IllegalStateException(strike.effect() + " does not strike in save");
            }
        }
        long beganNs = patience.nanos();
        Saved saved = store.save(state, attributes);
        patience.deaf(Duration.ofNanos((long) ((patience.nanos() - beganNs) * (slowness - 1))));
        for (Armory.Strike strike : armory.strikesStore(state.step(), Moment.after(Phase.SAVE))) {
            switch (strike.effect()) {
                case Effect.TornWrite() -> ruin.tear(saved.id(), strike.dice());
                case Effect.BitFlip(_) -> ruin.flipBit(saved.id(), strike.dice());
                default -> throw new IllegalStateException(strike.effect() + " does not strike after save");
            }
        }
        return saved;
    }

    @Override
    public List<Saved> list() {
        requireUp();
        return store.list();
    }

    @Override
    public Newest newest() {
        requireUp();
        armory.strikesStore(armory.latestStep(), Moment.in(Phase.LOAD));
        return store.newest();
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        requireUp();
        store.load(saved, into);
    }

    private void requireUp() {
        if (armory.latestStep() < downUntilStep) {
            throw down();
        }
    }

    private static CheckpointException down() {
        return new CheckpointException("the checkpoint store does not answer (an injected fault)");
    }
}
