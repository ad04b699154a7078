package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/// A member of a collective whose messages are lost, late, doubled or changed as a script says.
final class FaultyCollective extends ForwardingCollective {
    private static final Membership NONE = new Membership("", Long.MIN_VALUE, List.of());

    private volatile Membership membership = NONE;
    private volatile Membership before = NONE;
    private volatile boolean left;
    private Device device;

    FaultyCollective(Collective collective) {
        super(collective);
    }

    void isOn(Device owner) {
        device = owner;
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        List<Partial> offered = mine;
        for (Armory.Strike strike : device.at(device.step(), Moment.in(Phase.REDUCE), FaultyTrainer::nothing)) {
            switch (strike.effect()) {
                case Effect.Delay(var duration, _) -> device.patience().deaf(duration);
                case Effect.Drop(_, _) -> {
                    return lost(deadline);
                }
                case Effect.Reorder(_) -> offered = offered.reversed();
                default -> throw new IllegalStateException(strike.effect() + " does not strike in reduce");
            }
        }
        Outcome outcome = collective.allReduce(deadline, operation, tree, offered, result);
        for (Armory.Strike strike : device.at(device.step(), Moment.after(Phase.REDUCE), FaultyTrainer::nothing)) {
            switch (strike.effect()) {
                case Effect.BitFlip(_) -> Damage.flipBit(result, strike.dice());
                case Effect.CorruptFrame() -> Damage.corruptFrame(result, strike.dice());
                default -> throw new IllegalStateException(strike.effect() + " does not strike after reduce");
            }
        }
        return outcome;
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
        return rebuilding(() -> collective.send(deadline, operation, to, spans));
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        return rebuilding(() -> collective.receive(deadline, operation, from, spans));
    }

    private Outcome rebuilding(Supplier<Outcome> call) {
        long step = device.stepOfOthers();
        device.at(step, Moment.in(Phase.REBUILD), FaultyTrainer::nothing);
        Outcome outcome = call.get();
        device.at(step, Moment.after(Phase.REBUILD), FaultyTrainer::nothing);
        return outcome;
    }

    @Override
    public void enter(Membership next) {
        synchronized (this) {
            if (next.epoch() > membership.epoch()) {
                before = membership;
                membership = next;
            }
        }
        collective.enter(next);
    }

    /// The message of the current epoch comes a second time, and then, late, that of the epoch before.
    void enterAgain() {
        if (!membership.equals(NONE)) {
            collective.enter(membership);
        }
        if (!before.equals(NONE)) {
            collective.enter(before);
        }
    }

    /// What this member sent went nowhere, and what it waits for does not come.
    private Outcome lost(Deadline deadline) {
        Membership during = membership;
        device.patience().until(() -> left || membership.epoch() > during.epoch(), deadline.patienceNs());
        List<String> others =
                during.members().stream()
                        .filter(member -> !member.address().equals(collective.address()))
                        .map(Member::name)
                        .toList();
        boolean over = left || membership.epoch() > during.epoch() || others.isEmpty();
        return over ? new Outcome.EpochOver(membership.epoch()) : new Outcome.TimedOut(others);
    }

    @Override
    public void leave() {
        left = true;
        collective.leave();
    }

    @Override
    public void close() {
        leave();
        collective.close();
    }
}
