package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllReduceTest {
    private static final List<Group> groups = new ArrayList<>();

    @BeforeContainer
    static void start() {
        TransportSettings small = TransportSettings.defaults().withChunkBytes(64).withTermBytes(64 * 1024);
        groups.add(Group.of(6, 1, small.withSharing(false).withEagerBytes(200)));
        groups.add(Group.of(6, 2, small.withSharing(false).withChunkBytes(1024).withEagerBytes(0)));
        groups.add(Group.of(6, 3, TransportSettings.defaults()));
        groups.add(Group.of(6, 2, small.withSliceBytes(64).withEagerBytes(0)));
        groups.add(Group.of(6, 1, small.withSliceBytes(1024).withEagerBytes(1000)));
    }

    @AfterContainer
    static void stop() {
        groups.forEach(Group::close);
    }

    @Property(shrinking = ShrinkingMode.OFF)
    void shouldGiveTheBitsOfTheSequentialTreeForAnyArrangement(
            @ForAll @IntRange(max = 4) int kind,
            @ForAll @IntRange(min = 1, max = 6) int members,
            @ForAll @IntRange(min = 1, max = 17) int shards,
            @ForAll @IntRange(max = 5000) int elements,
            @ForAll long seed) {
        Arrangement arrangement = Arrangement.random(members, shards, new Random(seed));
        Group group = groups.get(kind);
        group.enterAll(members);

        List<float[]> results = group.allReduce(arrangement, elements, 0);
        List<float[]> again = group.allReduce(arrangement, elements, 1);

        float[] expected = Arrangement.sum(arrangement.tree().root(), elements);
        for (int at = 0; at < members; at++) {
            assertThat(firstDifference(results.get(at), expected)).isEqualTo(-1);
            assertThat(firstDifference(again.get(at), expected)).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSaySoWhenNobodyHoldsAShard(boolean sharing) {
        ShardTree tree = new ShardTree(4);
        Arrangement incomplete = new Arrangement(tree, List.of(List.of(new Node(0, 2)), List.of(new Node(3, 4))));

        try (Group group = Group.of(2, 1, TransportSettings.defaults().withSharing(sharing))) {
            group.enterAll(2);
            assertThatThrownBy(() -> group.allReduce(incomplete, 5000, 7))
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("all-reduce 7 of epoch 1: no member holds batch shard 2");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSaySoWhenTwoMembersHoldOneShard(boolean sharing) {
        ShardTree tree = new ShardTree(2);
        Arrangement twice = new Arrangement(tree, List.of(List.of(new Node(0, 2)), List.of(new Node(1, 2))));

        try (Group group = Group.of(2, 1, TransportSettings.defaults().withSharing(sharing))) {
            group.enterAll(2);
            assertThatThrownBy(() -> group.allReduce(twice, 5000, 7))
                    .hasRootCauseMessage("all-reduce 7 of epoch 1: worker-0 and worker-1 both hold batch shard 1");
        }
    }

    private static int firstDifference(float[] one, float[] other) {
        return Arrays.mismatch(bits(one), bits(other));
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int at = 0; at < values.length; at++) {
            bits[at] = Float.floatToRawIntBits(values[at]);
        }
        return bits;
    }
}
