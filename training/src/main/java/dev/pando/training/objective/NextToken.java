package dev.pando.training.objective;

import dev.pando.training.model.InternLm2.Hidden;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Predicts each position's label: cross-entropy of the head's logits, for pre-training and, with labels that count in
/// answers only, for supervised fine-tuning (InternLM2 report, sections 3.2 and 4.1).
///
/// Logits exist for a few rows at a time.
public final class NextToken implements Objective {
    /// Rows of logits that exist at a time: V may be 92,544.
    private static final int ROWS = 512;

    /// A run of rows on its way through the head.
    private record Chunk(int rows, MemorySegment h, MemorySegment labels, MemorySegment dh) {}

    private final Ops ops;
    private final int c;
    private final int v;
    private final MemorySegment logits; // ROWS V
    private final List<Chunk> chunks = new ArrayList<>();

    public NextToken(ModelConfig model, Hidden hidden, Ops ops, Memory memory) {
        this.ops = ops;
        this.c = model.hidden();
        this.v = model.vocabulary();
        int n = hidden.positions();
        this.logits = memory.allocate("logits", (long) Float.BYTES * Math.min(n, ROWS) * v);
        for (int from = 0; from < n; from += ROWS) {
            int count = Math.min(n, from + ROWS) - from;
            chunks.add(
                    new Chunk(
                            count,
                            rows(hidden.h(), from, count, c),
                            rows(hidden.labels(), from, count, 1),
                            rows(hidden.dh(), from, count, c)));
        }
    }

    @Override
    public void lossAndGradient(ModelTensors weights, ModelTensors gradient, MemorySegment total) {
        for (Chunk chunk : chunks) {
            ops.linear(chunk.h, weights.head(), logits, chunk.rows, c, v);
            ops.crossEntropy(logits, chunk.labels, total, chunk.rows, v);
            ops.linearBackward(logits, weights.head(), chunk.dh, chunk.rows, c, v, false);
            ops.linearGradient(logits, chunk.h, gradient.head(), chunk.rows, c, v);
        }
    }

    private static MemorySegment rows(MemorySegment span, long from, long count, long width) {
        return span.asSlice(from * width * Float.BYTES, count * width * Float.BYTES);
    }
}
