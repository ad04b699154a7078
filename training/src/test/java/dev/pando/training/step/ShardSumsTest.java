package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShardSumsTest {
    private static final int ELEMENTS = 37;
    private static final TensorTable TABLE = new TensorTable.Builder().add("x", ELEMENTS).build();

    @Property(tries = 200)
    void shouldHoldTheFewestSubtreesWithTheTreesOwnBits(
            @ForAll @IntRange(min = 1, max = 33) int shards, @ForAll long seed) {
        ShardTree tree = new ShardTree(shards);
        Random random = new Random(seed);
        List<Integer> order = new ArrayList<>();
        BitSet chosen = new BitSet();
        for (int shard = 0; shard < shards; shard++) {
            if (random.nextInt(4) > 0) {
                order.add(shard);
                chosen.set(shard);
            }
        }
        Collections.shuffle(order, random);
        try (Arena arena = Arena.ofConfined()) {
            ShardSums sums = new ShardSums(tree, TABLE.length(), Memory.of(arena));
            order.forEach(shard -> sums.compute(new FakeTrainer(), shard));

            List<Collective.Partial> partials = sums.partials();

            assertThat(sums.shards()).isEqualTo(chosen);
            assertThat(partials.stream().map(Collective.Partial::node)).isEqualTo(tree.cover(chosen));
            for (Collective.Partial partial : partials) {
                for (int i = 0; i < ELEMENTS; i++) {
                    assertThat(partial.span().getAtIndex(ValueLayout.JAVA_FLOAT, i)).isEqualTo(sum(partial.node(), i));
                }
            }
        }
    }

    @Test
    void shouldNeedFewSpansAndNoneOfThemTwice() {
        List<String> allocated = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            ShardSums sums =
                    new ShardSums(
                            new ShardTree(64),
                            TABLE.length(),
                            (name, bytes) -> {
                                allocated.add(name);
                                return arena.allocate(bytes);
                            });
            for (int step = 0; step < 3; step++) {
                for (int shard = 0; shard < 64; shard++) {
                    sums.compute(new FakeTrainer(), shard);
                }
                assertThat(sums.partials()).hasSize(1);
                sums.reset();
                assertThat(sums.partials()).isEmpty();
            }
        }

        assertThat(allocated).hasSize(7); // one for each height of the tree, and one to compute into
    }

    @Test
    void shouldStayAsItWasWhenAShardFails() {
        try (Arena arena = Arena.ofConfined()) {
            ShardSums sums = new ShardSums(new ShardTree(4), TABLE.length(), Memory.of(arena));
            sums.compute(new FakeTrainer(), 2);

            assertThatThrownBy(() -> sums.compute(new FakeTrainer(), 77)).hasMessage("no batch shard 77 among 4");
            assertThatThrownBy(() -> sums.compute(new FakeTrainer(), 2)).hasMessage("batch shard 2 is held already");
            assertThatThrownBy(() -> sums.compute(new FakeTrainer(true), 3)).hasMessage("broken");

            assertThat(sums.losses()).containsOnlyKeys(2);
            assertThat(sums.partials()).hasSize(1);
            sums.compute(new FakeTrainer(), 3);
            assertThat(sums.partials().getFirst().node()).isEqualTo(new ShardTree.Node(2, 4));
        }
    }

    @Test
    void shouldAddLossesAlongTheTree() {
        double[] losses = {1e17, 1, -1e17, 3, 0.1};

        ShardLoss total = ShardSums.treeSum(new ShardTree(5), shard -> new ShardLoss(losses[shard], shard));

        assertThat(total.lossSum()).isEqualTo(((1e17 + 1) + (-1e17 + 3)) + 0.1).isNotEqualTo(4.1);
        assertThat(total.tokens()).isEqualTo(10);
        assertThatThrownBy(() -> ShardSums.treeSum(new ShardTree(2), _ -> null)).hasMessage("no loss of batch shard 0");
    }

    /// What the tree says, spelled out.
    private static float sum(ShardTree.Node node, int element) {
        return node.isLeaf() ? element(node.first(), element) : sum(node.left(), element) + sum(node.right(), element);
    }

    private static float element(int shard, int element) {
        return (float) Math.sin(shard * 1000 + element) * (1 << shard % 20);
    }

    private record FakeTrainer(boolean broken) implements Trainer {
        FakeTrainer() {
            this(false);
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            for (int i = 0; i < ELEMENTS; i++) {
                gradient.setAtIndex(ValueLayout.JAVA_FLOAT, i, element(shard, i));
            }
            if (broken) {
                throw new IllegalStateException("broken");
            }
            return new ShardLoss(shard, 1);
        }

        @Override
        public long step() {
            return 0;
        }

        @Override
        public TensorTable table() {
            return TABLE;
        }

        @Override
        public Examined examine(MemorySegment gradientSum, ShardLoss total) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Committed apply(MemorySegment gradientSum, ShardLoss total) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Committed skip() {
            throw new UnsupportedOperationException();
        }

        @Override
        public TrainerState state() {
            return new TrainerState(0, LossHistory.EMPTY, List.of());
        }

        @Override
        public void restored(long step, LossHistory history) {}

        @Override
        public void close() {}
    }
}
