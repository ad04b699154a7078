package dev.pando.checkpoint;

import dev.pando.checkpoint.Replicas.Held;
import dev.pando.checkpoint.Replicas.Stamp;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
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
public final class PeerMemory {
    /// The step, then the loss history's hash in hexadecimal.
    private static final int STAMP_BYTES = 8 + 64;

    private static final ValueLayout.OfLong STEP = ValueLayout.JAVA_LONG_UNALIGNED;

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
    /// @param operation of the round; the numbers from it on, one for each transfer, belong to the round
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
        long number = operation.number();
        for (Transfer transfer : transfers(holders)) {
            Operation now = new Operation(operation.epoch(), number++);
            Outcome one =
                    transfer.owner.equals(self)
                            ? give(deadline, now, transfer.holder, stamp, mine)
                            : transfer.holder.equals(self)
                                    ? take(deadline, now, transfer.owner, theirs.get(transfer.owner))
                                    : new Outcome.Done();
            if (!(one instanceof Outcome.Done)) {
                return one; // it has ended the epoch for this member
            }
        }
        return new Outcome.Done();
    }

    /// How many operations a round takes.
    public static int transfersOf(Map<String, List<String>> holders) {
        return transfers(holders).size();
    }

    private static List<Transfer> transfers(Map<String, List<String>> holders) {
        List<Transfer> transfers = new ArrayList<>();
        new TreeMap<>(holders)
                .forEach((owner, those) -> those.forEach(holder -> transfers.add(new Transfer(owner, holder))));
        return transfers;
    }

    private Outcome give(Deadline deadline, Operation operation, String to, Stamp stamp, List<TensorPart> parts) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment head = arena.allocate(STAMP_BYTES, Safetensors.ALIGNMENT);
            head.set(STEP, 0, stamp.step());
            head.asSlice(8)
                    .copyFrom(MemorySegment.ofArray(stamp.history().sha256().getBytes(StandardCharsets.US_ASCII)));
            return collective.send(deadline, operation, to, spans(head, parts));
        }
    }

    private Outcome take(Deadline deadline, Operation operation, String owner, List<TensorPart> like) {
        Outcome[] outcome = new Outcome[1];
        replicas.receive(
                owner,
                like,
                room -> {
                    try (Arena arena = Arena.ofShared()) {
                        MemorySegment head = arena.allocate(STAMP_BYTES, Safetensors.ALIGNMENT);
                        outcome[0] = collective.receive(deadline, operation, owner, spans(head, room));
                        return outcome[0] instanceof Outcome.Done ? Optional.of(stamp(head)) : Optional.empty();
                    }
                });
        return outcome[0];
    }

    private static Stamp stamp(MemorySegment head) {
        byte[] hash = head.asSlice(8, 64).toArray(ValueLayout.JAVA_BYTE);
        return new Stamp(head.get(STEP, 0), new LossHistory(new String(hash, StandardCharsets.US_ASCII)));
    }

    private static List<MemorySegment> spans(MemorySegment head, List<TensorPart> parts) {
        List<MemorySegment> spans = new ArrayList<>(List.of(head));
        parts.stream().map(TensorPart::data).filter(data -> data.byteSize() > 0).forEach(spans::add);
        return spans;
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
    /// @throws dev.pando.training.step.CheckpointStore.CheckpointException if it is held no longer as it was
    public Outcome restore(Deadline deadline, Operation operation, String owner, String to) {
        Outcome[] outcome = new Outcome[1];
        replicas.read(
                owner,
                (held, parts) ->
                        outcome[0] = give(deadline, operation, to, new Stamp(held.step(), held.history()), parts));
        return outcome[0];
    }

    /// Takes the place of a lost node: fills parts from another's memory.
    ///
    /// @param into the lost node's parts
    /// @param restored told which state it is, when all of it is there
    public Outcome recover(
            Deadline deadline, Operation operation, String from, List<TensorPart> into, Consumer<Stamp> restored) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment head = arena.allocate(STAMP_BYTES, Safetensors.ALIGNMENT);
            Outcome outcome = collective.receive(deadline, operation, from, spans(head, into));
            if (outcome instanceof Outcome.Done) {
                restored.accept(stamp(head));
            }
            return outcome;
        }
    }
}
