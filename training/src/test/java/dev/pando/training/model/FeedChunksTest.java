package dev.pando.training.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.objective.NextToken;
import dev.pando.training.objective.Objective;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.Sampler;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Microbatches of more rows than go through the feed-forward at a time.
class FeedChunksTest {
    private static final ModelConfig MODEL = new ModelConfig(17, 16, 3, 2, 1, 24, 1e4, 1e-5);
    private static final TensorTable TABLE = ModelTensors.table(MODEL);
    private static final int LENGTH = 100;
    private static final int ROWS = 44; // 4,400 positions: two chunks

    @ParameterizedTest
    @CsvSource({"1, 4096", "4096, 4096", "4097, 2304", "4400, 2304", "8192, 4096", "20000, 4096"})
    void shouldCutRowsIntoNearlyEqualChunks(int n, int largest) {
        List<Activations.Rows> chunks = Activations.Rows.chunks(n);

        int end = 0;
        for (Activations.Rows chunk : chunks) {
            assertThat(chunk.from()).isEqualTo(end);
            assertThat(chunk.count()).isPositive().isLessThanOrEqualTo(largest);
            end += chunk.count();
        }
        assertThat(end).isEqualTo(n);
    }

    /// Oracle: the same rows in microbatches that fit into a chunk each, added in float32: sums of 4,400 terms.
    @Test
    void shouldGiveTheGradientOfSmallerMicrobatches() {
        float[] whole = gradient(ROWS, 1, Keeping.ALL, 1);
        float[] parts = gradient(ROWS / 4, 4, Keeping.ALL, 1);

        double distance = 0;
        double size = 0;
        for (int i = 0; i < whole.length; i++) {
            distance += Math.pow(whole[i] - parts[i], 2);
            size += Math.pow(parts[i], 2);
        }
        assertThat(Math.sqrt(distance / size)).isLessThan(1e-5);
        assertThat(size).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"true, false, 1", "false, false, 3", "true, false, 2"})
    void shouldGiveTheSameBitsWithRecomputationAndForAnyNumberOfThreads(
            boolean recompute, boolean bfloat16, int threads) {
        assertThat(gradient(ROWS, 1, new Keeping(recompute, bfloat16), threads))
                .isEqualTo(gradient(ROWS, 1, Keeping.ALL, 1));
    }

    /// What waits in bfloat16 is rounded chunk by chunk: the same numbers as where there is one chunk.
    @Test
    void shouldKeepEveryChunkInBfloat16() {
        Keeping narrow = new Keeping(false, true);

        float[] whole = gradient(ROWS, 1, narrow, 1);
        float[] parts = gradient(ROWS / 4, 4, narrow, 1);

        for (int i = 0; i < whole.length; i++) {
            assertThat(whole[i]).isCloseTo(parts[i], org.assertj.core.data.Offset.offset(2e-3f * max(parts)));
        }
    }

    @Test
    void shouldHaveMemoryForOneChunkOfTheFeedForwardWhereItKeepsLayerInputs() {
        long one = bytesOf(ROWS * 2, "gate");
        long other = bytesOf(ROWS * 8, "gate");

        assertThat(other).isEqualTo(4096L * 24 * 4);
        assertThat(one).isLessThanOrEqualTo(4608L * 24 * 4);
    }

    private static long bytesOf(int rows, String name) {
        List<Long> taken = new ArrayList<>();
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("test", 1)) {
            Memory counted =
                    (span, bytes) -> {
                        taken.add(span.startsWith("activations: " + name + " ") ? bytes : 0);
                        return Memory.of(arena).allocate(span, bytes);
                    };
            assertThat(new InternLm2(MODEL, rows, LENGTH, new Keeping(true, false), ops, counted)).isNotNull();
        }
        return taken.stream().mapToLong(Long::longValue).sum();
    }

    private static float max(float[] numbers) {
        float max = 0;
        for (float number : numbers) {
            max = Math.max(max, Math.abs(number));
        }
        return max;
    }

    private static float[] gradient(int rows, int microbatches, Keeping keeping, int threads) {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("test", threads)) {
            Memory memory = Memory.of(arena);
            MemorySegment weights = memory.allocate("weights", TABLE.bytes());
            MemorySegment gradient = memory.allocate("gradient", TABLE.bytes());
            MemorySegment total = memory.allocate("total", 64);
            Initialization.fill(TABLE, 5, weights);
            InternLm2 model = new InternLm2(MODEL, rows, LENGTH, keeping, ops, memory);
            Objective objective = new NextToken(MODEL, model.hidden(), ops, memory);
            ModelTensors read = ModelTensors.of(TABLE, MODEL, weights);
            int n = ROWS * LENGTH;
            MemorySegment ids = memory.allocate("ids", n * 4L);
            MemorySegment labels = memory.allocate("labels", n * 4L);
            MemorySegment documents = memory.allocate("documents", n * 4L);
            new RandomTokens(1, MODEL.vocabulary(), 60)
                    .fetch(0, 0, new Sampler.Microbatch(ROWS, LENGTH, ids, labels, documents));
            for (int i = 0; i < microbatches; i++) {
                long bytes = (long) rows * LENGTH * 4;
                model.tokens().ids().copyFrom(ids.asSlice(i * bytes, bytes));
                model.tokens().labels().copyFrom(labels.asSlice(i * bytes, bytes));
                model.tokens().documents().copyFrom(documents.asSlice(i * bytes, bytes));
                ModelTensors into = ModelTensors.of(TABLE, MODEL, gradient);
                model.forward(read);
                objective.lossAndGradient(read, into, total);
                model.backward(read, into);
            }
            return gradient.toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
