package dev.pando.checkpoint.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.States;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.memory.ReplicaPlacement.Node;
import dev.pando.checkpoint.memory.Replicas.Held;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// States in other nodes' memory.
class ReplicasTest {
    private final MemoryReplicas replicas = new MemoryReplicas();

    private void hold(long step) {
        replicas.hold("node-1", step, States.history(step), Doors.parts(States.after(step).spans()));
    }

    @Test
    void shouldGiveBackTheNewestState() {
        hold(3);
        hold(4);
        hold(5);

        Held held = replicas.newest("node-1").orElseThrow();
        TrainerState into = States.zeros(5);
        replicas.load(held, Doors.parts(into.spans()));

        assertThat(held.step()).isEqualTo(5);
        assertThat(held.history()).isEqualTo(States.history(5));
        States.assertSame(into, States.after(5));
        assertThat(replicas.newest("node-2")).isEmpty();
    }

    @Test
    void shouldGiveBackPartsThatAreCutDifferently() {
        List<Long> shape = List.of(4L, 6L);
        TensorPart left = part(shape, Slice.along(shape, 1, 0, 4));
        TensorPart right = part(shape, Slice.along(shape, 1, 4, 6));
        for (TensorPart part : List.of(left, right)) {
            part.slice()
                    .walk(
                            0,
                            24,
                            (at, inPart, length) -> {
                                for (long i = 0; i < length; i++) {
                                    part.data().setAtIndex(ValueLayout.JAVA_FLOAT, inPart + i, (float) (at + i));
                                }
                            });
        }
        replicas.hold("node-1", 1, States.history(1), List.of(left, right));
        TensorPart rows = part(shape, Slice.along(shape, 0, 1, 3));

        replicas.load(replicas.newest("node-1").orElseThrow(), List.of(rows));

        assertThat(rows.data().toArray(ValueLayout.JAVA_FLOAT))
                .containsExactly(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    }

    private static TensorPart part(List<Long> shape, Slice slice) {
        return new TensorPart("t", shape, slice, Arena.ofAuto().allocate(slice.elements() * Float.BYTES, 64));
    }

    @Test
    void shouldKeepTheStateBeforeWhenTheNextIsRefused() {
        hold(3);

        assertThatThrownBy(() -> hold(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("node-1 offers step 2 where step 3 is held: drop that first");
        assertThatThrownBy(() -> replicas.hold("node-1", 4, States.history(4), List.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("node-1 has other parts than before: drop what is held of it first");

        assertThat(replicas.newest("node-1").orElseThrow().step()).isEqualTo(3);
    }

    @Test
    void shouldNameWhatIsNotHeld() {
        hold(3);
        Held held = replicas.newest("node-1").orElseThrow();
        TensorPart other = part(List.of(4L), Slice.range(0, 4));

        assertThatThrownBy(() -> replicas.load(held, List.of(other)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("of tensor t 0 of 4 elements are held of node-1");
        hold(4);
        assertThatThrownBy(() -> replicas.load(held, List.of()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("step 3 of node-1 is held no longer");
        replicas.drop("node-1");
        assertThatThrownBy(() -> replicas.load(held, List.of()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("nothing is held of node-1");
    }

    @Test
    void shouldPutCopiesOnOtherRacksAndHostsWhereThereAreAny() {
        Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            int hosts = 3 + random.nextInt(6);
            List<Node> nodes = new ArrayList<>();
            for (int host = 0; host < hosts; host++) {
                for (int n = 0; n < 2; n++) {
                    nodes.add(new Node("n" + host + "-" + n, "host-" + host, "rack-" + host % 3));
                }
            }

            Map<String, List<String>> holders = ReplicaPlacement.choose(nodes, 2);

            Map<String, Node> byName = new HashMap<>();
            nodes.forEach(node -> byName.put(node.name(), node));
            holders.forEach((owner, peers) -> {
                List<Node> all = new ArrayList<>(List.of(byName.get(owner)));
                peers.forEach(peer -> all.add(byName.get(peer)));
                assertThat(all).extracting(Node::rack).doesNotHaveDuplicates();
            });
            assertThat(load(holders).values()).allMatch(count -> count <= 5);
        }
    }

    @Test
    void shouldShareTheBurdenWherePlacesAreUnknown() {
        List<Node> nodes = IntStream.range(0, 7).mapToObj(n -> new Node("n" + n, "", "")).toList();

        Map<String, List<String>> holders = ReplicaPlacement.choose(nodes, 2);

        assertThat(load(holders).values()).containsOnly(2);
        assertThat(holders).allSatisfy((owner, peers) -> assertThat(peers).hasSize(2).doesNotContain(owner));
        assertThat(ReplicaPlacement.choose(nodes.reversed(), 2)).isEqualTo(holders);
        assertThat(ReplicaPlacement.choose(nodes.subList(0, 1), 2)).isEqualTo(Map.of("n0", List.of()));
    }

    private static Map<String, Integer> load(Map<String, List<String>> holders) {
        Map<String, Integer> load = new HashMap<>();
        holders.values().forEach(peers -> peers.forEach(peer -> load.merge(peer, 1, Integer::sum)));
        return load;
    }
}
