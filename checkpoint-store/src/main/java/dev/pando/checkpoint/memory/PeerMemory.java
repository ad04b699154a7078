package dev.pando.checkpoint.memory;

import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.memory.Replicas.Held;
import dev.pando.checkpoint.memory.Replicas.Stamp;
import dev.pando.checkpoint.memory.Replicas.Verification;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Moves states between the memories of nodes, by the data plane: what a node owns to those who hold it for it, and
/// back to the one who takes its place.
///
/// One thread a node calls this. All nodes of an epoch go through the same transfers in the same order, so that no two
/// wait for each other. A transfer that does not come about leaves what was held before.
///
/// Where both sides are on one host, and the side that gives has its parts in the collective's memory, they are copied
/// once, by the side that takes.
public final class PeerMemory {
    /// Numbers of operations, from the one that is given on, that belong to a state's way back.
    public static final int OPERATIONS_OF_A_RESTORE = 3;

    private static final int OPERATIONS_OF_A_TRANSFER = 2;

    private final Collective collective;
    private final Replicas replicas;
    private final String self;

    /// @param collective this node's member, of which nobody else makes use
    /// @param replicas this node's memory of others
    /// @param self this node's name, as the placement has it
    public PeerMemory(Collective collective, Replicas replicas, String self) {
        this.collective = collective;
        this.replicas = replicas;
        this.self = self;
    }

    /// One transfer of a round.
    private record Transfer(String owner, String holder) {}

    /// Gives this node's state to its holders and takes in those that it holds.
    ///
    /// @param operation of the round; the numbers from it on, as many as [#operationsOf], belong to the round
    /// @param holders of each node's state, the same at every node: see [ReplicaPlacement#choose]
    /// @param mine this node's parts, unchanged until this returns
    /// @param theirs what each node has, by names, shapes and slices
    /// @return how it ended, for this node: the first transfer that was not done, or done
    public Outcome exchange(
            Deadline deadline,
            Operation operation,
            Map<String, List<String>> holders,
            Stamp stamp,
            List<TensorPart> mine,
            Map<String, List<TensorPart>> theirs) {
        Operation now = operation;
        for (Transfer transfer : transfers(holders)) {
            Outcome one =
                    transfer.owner.equals(self)
                            ? give(deadline, now, transfer.holder, stamp, mine)
                            : transfer.holder.equals(self)
                                    ? take(deadline, now, transfer.owner, theirs.get(transfer.owner))
                                    : new Outcome.Done();
            if (!(one instanceof Outcome.Done)) {
                return one; // it has ended the epoch for this member
            }
            now = after(now, OPERATIONS_OF_A_TRANSFER);
        }
        return new Outcome.Done();
    }

    /// How many operations a round takes.
    public static int operationsOf(Map<String, List<String>> holders) {
        return OPERATIONS_OF_A_TRANSFER * transfers(holders).size();
    }

    private static List<Transfer> transfers(Map<String, List<String>> holders) {
        List<Transfer> transfers = new ArrayList<>();
        new TreeMap<>(holders)
                .forEach((owner, those) -> those.forEach(holder -> transfers.add(new Transfer(owner, holder))));
        return transfers;
    }

    private static Operation after(Operation operation, int further) {
        return new Operation(operation.epoch(), operation.number() + further);
    }

    private Outcome give(Deadline deadline, Operation operation, String to, Stamp stamp, List<TensorPart> parts) {
        Outcome told = tell(deadline, operation, to, Letter.of(stamp));
        return told instanceof Outcome.Done ? collective.send(deadline, after(operation, 1), to, spans(parts)) : told;
    }

    private Outcome take(Deadline deadline, Operation operation, String owner, List<TensorPart> like) {
        Outcome[] outcome = new Outcome[1];
        replicas.receive(
                owner,
                like,
                room -> {
                    Letter letter = new Letter();
                    outcome[0] = hear(deadline, operation, owner, letter);
                    if (outcome[0] instanceof Outcome.Done) {
                        outcome[0] = collective.receive(deadline, after(operation, 1), owner, spans(room));
                    }
                    return outcome[0] instanceof Outcome.Done ? Optional.of(letter.stamp()) : Optional.empty();
                });
        return outcome[0];
    }

    private Outcome tell(Deadline deadline, Operation operation, String to, Letter letter) {
        return collective.send(deadline, operation, to, List.of(letter.bytes()));
    }

    private Outcome hear(Deadline deadline, Operation operation, String from, Letter letter) {
        return collective.receive(deadline, operation, from, List.of(letter.bytes()));
    }

    private static List<MemorySegment> spans(List<TensorPart> parts) {
        return parts.stream().map(TensorPart::data).filter(data -> data.byteSize() > 0).toList();
    }

    /// Which node's memory a lost node's state comes from: the one that has the newest, the first of equals.
    ///
    /// @param held what each of the nodes that are left holds of it, as they say
    /// @return empty if none holds any: then a durable checkpoint is next
    public static Optional<String> source(Map<String, Held> held) {
        return new TreeMap<>(held)
                .entrySet().stream()
                        .max((left, right) -> {
                            int byStep = Long.compare(left.getValue().step(), right.getValue().step());
                            return byStep != 0 ? byStep : right.getKey().compareTo(left.getKey());
                        })
                        .map(Map.Entry::getKey);
    }

    /// Hands what is held of a lost node to the one who takes its place.
    ///
    /// @param operation see [#OPERATIONS_OF_A_RESTORE]
    /// @throws CheckpointException if it is not held, or no longer as it was, which the successor is told too
    public Outcome restore(Deadline deadline, Operation operation, String owner, String to) {
        Outcome[] outcome = {null};
        try {
            replicas.read(
                    owner,
                    (held, parts, verification) -> {
                        Stamp stamp = new Stamp(held.step(), held.history());
                        outcome[0] = give(deadline, operation, to, stamp, parts);
                        if (outcome[0] instanceof Outcome.Done) {
                            Operation last = after(operation, OPERATIONS_OF_A_TRANSFER);
                            outcome[0] = tell(deadline, last, to, verdict(stamp, verification));
                        }
                    });
        } catch (CheckpointException refused) {
            if (outcome[0] == null) { // there was nothing to give
                tell(deadline, operation, to, Letter.of(refused));
            }
            throw refused;
        }
        return outcome[0];
    }

    private static Letter verdict(Stamp stamp, Verification verification) {
        try {
            verification.await();
            return Letter.of(stamp);
        } catch (CheckpointException changed) {
            return Letter.of(changed);
        }
    }

    /// Takes the place of a lost node: fills parts from another's memory.
    ///
    /// @param operation see [#OPERATIONS_OF_A_RESTORE]
    /// @param into the lost node's parts; if it comes to nothing, anything may be in them
    /// @param restored told which state it is, when all of it is there
    /// @throws CheckpointException if the other does not hold it, or no longer as it was: another may
    public Outcome recover(
            Deadline deadline, Operation operation, String from, List<TensorPart> into, Consumer<Stamp> restored) {
        Letter letter = new Letter();
        Outcome outcome = hear(deadline, operation, from, letter);
        if (outcome instanceof Outcome.Done) {
            letter.stamp();
            outcome = collective.receive(deadline, after(operation, 1), from, spans(into));
        }
        if (outcome instanceof Outcome.Done) {
            outcome = hear(deadline, after(operation, OPERATIONS_OF_A_TRANSFER), from, letter);
        }
        if (outcome instanceof Outcome.Done) {
            restored.accept(letter.stamp());
        }
        return outcome;
    }
}
