package dev.pando.checkpoint.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.States;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.memory.ReplicaPlacement.Node;
import dev.pando.checkpoint.memory.Replicas.Held;
import dev.pando.checkpoint.memory.Replicas.Stamp;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// States of nodes in the memories of others: whichever nodes are lost, up to one less than there are copies.
class PeerMemoryTest {
    private static final Deadline DEADLINE = new Deadline("a copy", TimeUnit.SECONDS.toNanos(60));
    private static final int NODES = 5;

    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Peer> nodes = new TreeMap<>();

    private record Peer(Collective collective, MemoryReplicas replicas, PeerMemory memory) {}

    @AfterEach
    void close() {
        threads.shutdownNow();
        nodes.values().forEach(node -> node.replicas.close());
    }

    private void join(String name) {
        join(name, new MemoryReplicas());
    }

    private void join(String name, MemoryReplicas replicas) {
        Collective collective = meeting.join();
        nodes.put(name, new Peer(collective, replicas, new PeerMemory(collective, replicas, name)));
    }

    private void enter(long epoch) {
        List<Member> members = new ArrayList<>();
        nodes.forEach((name, node) -> members.add(new Member(name, node.collective.address())));
        nodes.values().forEach(node -> node.collective.enter(new Membership("memory", epoch, members)));
    }

    /// What a node owns after a step: another state for each.
    private static TrainerState owned(String name, long step) {
        return States.after(1000 * step + name.charAt(5));
    }

    private static List<TensorPart> parts(TrainerState state) {
        return Doors.parts(state.spans());
    }

    private Map<String, List<String>> placement(int copies) {
        return ReplicaPlacement.choose(nodes.keySet().stream().map(name -> new Node(name, name, "")).toList(), copies);
    }

    private void exchange(long epoch, long first, int copies, long step) throws Exception {
        Map<String, List<String>> holders = placement(copies);
        Map<String, List<TensorPart>> theirs = new HashMap<>();
        nodes.keySet().forEach(name -> theirs.put(name, parts(States.zeros(0))));
        List<Callable<Outcome>> calls = new ArrayList<>();
        nodes.forEach((name, node) ->
                calls.add(() ->
                        node.memory.exchange(
                                DEADLINE,
                                new Operation(epoch, first),
                                holders,
                                new Stamp(step, States.history(step)),
                                parts(owned(name, step)),
                                theirs)));
        for (Future<Outcome> call : threads.invokeAll(calls)) {
            assertThat(call.get()).isEqualTo(new Outcome.Done());
        }
    }

    private static List<Set<String>> losses(List<String> names, int count) {
        if (count == 0) {
            return List.of(Set.of());
        }
        List<Set<String>> all = new ArrayList<>();
        for (int at = 0; at < names.size(); at++) {
            for (Set<String> rest : losses(names.subList(at + 1, names.size()), count - 1)) {
                Set<String> lost = new HashSet<>(rest);
                lost.add(names.get(at));
                all.add(lost);
            }
        }
        return all;
    }

    private TrainerState recovered(long epoch, long number, String owner, String source, String successor)
            throws Exception {
        TrainerState into = States.zeros(0);
        Stamp[] stamp = new Stamp[1];
        Future<Outcome> giving =
                threads.submit(() ->
                        nodes.get(source).memory.restore(DEADLINE, new Operation(epoch, number), owner, successor));
        Future<Outcome> taking =
                threads.submit(() ->
                        nodes.get(successor)
                                .memory
                                .recover(
                                        DEADLINE,
                                        new Operation(epoch, number),
                                        source,
                                        parts(into),
                                        given -> stamp[0] = given));
        assertThat(taking.get()).isEqualTo(new Outcome.Done());
        assertThat(giving.get()).isEqualTo(new Outcome.Done());
        return new TrainerState(stamp[0].step(), stamp[0].history(), into.spans());
    }

    /// With r nodes that have a state, its owner among them, any r - 1 may go.
    @Test
    void shouldGiveBackEveryStateWhicheverNodesAreLost() throws Exception {
        int have = 3;
        for (int n = 0; n < NODES; n++) {
            join("node-" + n);
        }
        enter(1);
        exchange(1, 0, have - 1, 1);
        exchange(1, 1000, have - 1, 2);
        join("node-9"); // the newcomer, who takes the place of any
        enter(2);
        long number = 0;
        List<String> names = List.copyOf(nodes.keySet()).subList(0, NODES);

        for (Set<String> lost : losses(names, have - 1)) {
            for (String owner : lost) {
                Map<String, Held> held = new HashMap<>();
                nodes.forEach((name, node) -> {
                    if (!lost.contains(name)) {
                        node.replicas.newest(owner).ifPresent(one -> held.put(name, one));
                    }
                });
                String source = PeerMemory.source(held).orElseThrow();
                TrainerState state = recovered(2, number, owner, source, "node-9");
                number += PeerMemory.OPERATIONS_OF_A_RESTORE;

                assertThat(state.step()).isEqualTo(2);
                assertThat(state.history()).isEqualTo(States.history(2));
                States.assertSame(state, owned(owner, 2));
            }
        }
        assertThat(number / PeerMemory.OPERATIONS_OF_A_RESTORE).isEqualTo(20); // pairs of five, and both of each
    }

    @Test
    void shouldKeepWhatIsHeldWhenTheNextStateDoesNotCome() throws Exception {
        join("node-0");
        join("node-1");
        enter(1);
        exchange(1, 0, 1, 1);
        Deadline brief = new Deadline("a copy that nobody sends", 1_000_000);

        Outcome outcome =
                nodes.get("node-1")
                        .memory
                        .exchange(
                                brief,
                                new Operation(1, 10),
                                Map.of("node-0", List.of("node-1")),
                                new Stamp(2, States.history(2)),
                                List.of(),
                                Map.of("node-0", parts(States.zeros(0))));

        assertThat(outcome).isInstanceOf(Outcome.TimedOut.class);
        MemoryReplicas replicas = nodes.get("node-1").replicas;
        Held held = replicas.newest("node-0").orElseThrow();
        TrainerState into = States.zeros(0);
        replicas.load(held, parts(into));
        assertThat(held.step()).isEqualTo(1);
        States.assertSame(into, owned("node-0", 1));
    }

    /// The one who takes its place is told why, and does not wait for what will not come.
    @Test
    void shouldTellBothSidesWhenWhatIsHeldHasChanged() throws Exception {
        List<MemorySegment> rooms = new ArrayList<>();
        Memory memory = Memory.of(Arena.ofAuto());
        join("node-0");
        join(
                "node-1",
                new MemoryReplicas((name, bytes) -> {
                    rooms.add(memory.allocate(name, bytes));
                    return rooms.getLast();
                }));
        join("node-9");
        enter(1);
        exchange(1, 0, 1, 1);
        rooms.forEach(room -> room.set(ValueLayout.JAVA_BYTE, 5, (byte) (room.get(ValueLayout.JAVA_BYTE, 5) ^ 1)));

        assertThatThrownBy(() -> recovered(1, 100, "node-0", "node-1", "node-9"))
                .hasRootCauseMessage(
                        "tensor model.layers.0.feed_forward.w1.weight of node-0 after step 1 is not as it was when it"
                                + " was taken into memory");
        assertThatThrownBy(() -> recovered(1, 200, "node-7", "node-1", "node-9"))
                .hasRootCauseMessage("nothing is held of node-7");
    }

    @Test
    void shouldTakeTheNewestThatIsLeft() {
        Held old = new Held("node-0", 4, States.history(4), 1);
        Held newer = new Held("node-0", 5, States.history(5), 1);

        assertThat(PeerMemory.source(Map.of("b", newer, "a", newer, "c", old))).contains("a");
        assertThat(PeerMemory.source(Map.of())).isEqualTo(Optional.empty());
    }
}
