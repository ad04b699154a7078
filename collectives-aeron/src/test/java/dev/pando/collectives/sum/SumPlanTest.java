package dev.pando.collectives.sum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.collectives.Arrangement;
import dev.pando.collectives.memory.Format;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SumPlanTest {
    @Property(tries = 300)
    void shouldAddInTheOrderOfTheTreeWhateverIsAtHandAlready(
            @ForAll @IntRange(min = 1, max = 40) int shards,
            @ForAll @IntRange(max = 300) int elements,
            @ForAll @IntRange(min = 1, max = 70) int block,
            @ForAll long seed) {
        Arrangement arrangement = Arrangement.random(1, shards, new Random(seed));
        List<Node> sources = arrangement.nodes().getFirst();

        float[] sum = new float[elements];
        try (Arena arena = Arena.ofConfined()) {
            long[] addresses =
                    sources.stream()
                            .mapToLong(node ->
                                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, Arrangement.sum(node, elements))
                                            .address())
                            .toArray();
            MemorySegment result = arena.allocate((long) elements * Float.BYTES);
            SumPlan plan = SumPlan.of(arrangement.tree().root(), sources);
            MemorySegment scratch = arena.allocate(plan.scratchBytes(block, Format.FLOAT32), 64);
            plan.run(addresses, Format.FLOAT32, 0, elements, result.address(), scratch.address(), block);
            MemorySegment.copy(result, ValueLayout.JAVA_FLOAT, 0, sum, 0, elements);
        }

        assertThat(Arrays.mismatch(sum, Arrangement.sum(arrangement.tree().root(), elements))).isEqualTo(-1);
    }
}
