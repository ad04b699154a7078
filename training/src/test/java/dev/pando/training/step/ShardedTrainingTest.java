package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.Keeping;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.foreign.ValueLayout.OfFloat;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Trainers that hold spans of the moments, and pass updated weights on by hand.
class ShardedTrainingTest {
    private static final long STEPS = 3;
    private static final ShardTree TREE = new ShardTree(Jobs.PLAN.shards());
    private static final OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final String UNDISTURBED = Jobs.plainHash(1, false, STEPS);

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 2", "4, 4"})
    void shouldGiveTheBitsOfATrainerThatHoldsAllMoments(int workers, int copies) {
        try (Arena arena = Arena.ofShared()) {
            List<Trainer> trainers = IntStream.range(0, workers).mapToObj(_ -> trainer(arena)).toList();
            SpanCut cut = SpanCut.of(trainers.getFirst().table());
            for (int worker = 0; worker < workers; worker++) {
                moments(trainers.get(worker)).hold(heldBy(worker, workers, copies, cut));
            }

            Gradients gradients = gradients(trainers, arena);
            for (int step = 0; step < STEPS; step++) {
                step(trainers, cut, gradients);
            }

            for (Trainer trainer : trainers) {
                assertThat(StateHash.of(whole(trainer, trainers, cut))).isEqualTo(UNDISTURBED);
            }
        }
    }

    /// As a worker does that falls silent, comes back, and is sent the very spans that it held.
    @Test
    void shouldUpdateSpansThatItGaveAwayAndHoldsAgain() {
        try (Arena arena = Arena.ofShared()) {
            List<Trainer> trainers = List.of(trainer(arena));
            ShardedMoments moments = moments(trainers.getFirst());
            SpanCut cut = moments.cut();
            Gradients gradients = gradients(trainers, arena);
            moments.hold(cut.all());

            for (int step = 0; step < STEPS; step++) {
                step(trainers, cut, gradients);
                List<float[]> held = moments.moments(cut.all()).stream().map(span -> span.toArray(FLOAT)).toList();
                moments.hold(new TreeSet<>());
                moments.hold(cut.all());
                for (int i = 0; i < held.size(); i++) {
                    moments.moments(cut.all()).get(i).copyFrom(MemorySegment.ofArray(held.get(i)));
                }
            }

            assertThat(StateHash.of(whole(trainers.getFirst(), trainers, cut))).isEqualTo(UNDISTURBED);
        }
    }

    @Test
    void shouldHaveMemoryForTheMomentsOfTheSpansThatItHoldsAlone() {
        List<Long> taken = new ArrayList<>();
        try (Arena arena = Arena.ofShared()) {
            Memory counted =
                    (name, bytes) -> {
                        taken.add(name.startsWith("moments") ? bytes : 0);
                        return Memory.of(arena).allocate(name, bytes);
                    };
            ShardedMoments moments = moments(trainer(counted));
            SpanCut cut = moments.cut();
            SortedSet<Integer> third = cut.all().headSet(cut.spans() / 3);

            moments.hold(third);
            moments.hold(cut.all().tailSet(cut.spans() - third.size())); // in the memory of those before

            long all = 2 * cut.elements() * Float.BYTES;
            assertThat(taken.stream().mapToLong(Long::longValue).sum()).isBetween(all * 32 / 100, all * 34 / 100);
        }
    }

    @Test
    void shouldBeginAnewWithASpanThatItHasGivenAway() {
        try (Arena arena = Arena.ofShared()) {
            ShardedMoments moments = moments(trainer(arena));
            SortedSet<Integer> one = new TreeSet<>(List.of(1));
            moments.hold(one);
            moments.moments(one).forEach(span -> span.fill((byte) 1));

            moments.hold(new TreeSet<>());
            moments.hold(one);

            assertThat(moments.moments(one))
                    .allSatisfy(span -> assertThat(span.mismatch(arena.allocate(span.byteSize()))).isEqualTo(-1));
        }
    }

    /// @param sum of a step's gradients, in the same memory at every step, as a collective's is
    private record Gradients(ShardSums sums, MemorySegment sum) {}

    private static Gradients gradients(List<Trainer> trainers, Arena arena) {
        TensorTable table = trainers.getFirst().table();
        return new Gradients(
                new ShardSums(TREE, table.length(), Memory.of(arena)), Memory.of(arena).allocate("sum", table.bytes()));
    }

    private static void step(List<Trainer> trainers, SpanCut cut, Gradients gradients) {
        ShardSums sums = gradients.sums;
        sums.reset();
        for (int shard = 0; shard < TREE.shards(); shard++) {
            sums.compute(trainers.get(shard % trainers.size()), shard);
        }
        MemorySegment sum = gradients.sum.copyFrom(sums.partials().getFirst().span());
        ShardLoss total = ShardSums.treeSum(TREE, sums.losses()::get);
        trainers.forEach(trainer -> trainer.apply(sum, total));
        for (int span : cut.all()) {
            SortedSet<Integer> one = new TreeSet<>(List.of(span));
            MemorySegment updated = moments(holder(span, trainers)).weights(one).getFirst();
            for (Trainer trainer : trainers) {
                if (!moments(trainer).held().contains(span)) {
                    moments(trainer).weights(one).getFirst().copyFrom(updated);
                    moments(trainer).weightsWritten(one);
                }
            }
        }
    }

    private static TrainerState whole(Trainer of, List<Trainer> trainers, SpanCut cut) {
        WholeState whole = new WholeState(of.table(), cut);
        for (int span : cut.all()) {
            SortedSet<Integer> one = new TreeSet<>(List.of(span));
            whole.weights(one).getFirst().copyFrom(moments(of).weights(one).getFirst());
            List<MemorySegment> from = moments(holder(span, trainers)).moments(one);
            List<MemorySegment> to = whole.moments(one);
            for (int i = 0; i < from.size(); i++) {
                to.get(i).copyFrom(from.get(i));
            }
        }
        return whole.state(of.step(), of.history());
    }

    private static Trainer holder(int span, List<Trainer> trainers) {
        return trainers.stream().filter(one -> moments(one).held().contains(span)).findFirst().orElseThrow();
    }

    private static SortedSet<Integer> heldBy(int worker, int workers, int copies, SpanCut cut) {
        SortedSet<Integer> held = new TreeSet<>();
        for (int copy = 0; copy < copies; copy++) {
            for (int span : cut.all()) {
                if ((span + copy) % workers == worker) {
                    held.add(span);
                }
            }
        }
        return held;
    }

    private static ShardedMoments moments(Trainer trainer) {
        return trainer.shardedMoments().orElseThrow();
    }

    private static Trainer trainer(Arena arena) {
        return trainer(Memory.of(arena));
    }

    private static Trainer trainer(Memory memory) {
        return ModelTrainer.sharded(
                Jobs.MODEL,
                new Keeping(false, false),
                Jobs.RECIPE,
                Jobs.PLAN,
                Jobs.TOKENS,
                11,
                new CpuOps("test", 1),
                memory);
    }
}
