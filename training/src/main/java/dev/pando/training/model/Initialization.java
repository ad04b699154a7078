package dev.pando.training.model;

import dev.pando.training.tensor.CounterRandom;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Gives a new model its weights as InternEvo does: normal numbers, smaller where a deep layer writes into the residual
/// stream.
///
/// Standard deviation 0.02 for matrices, 0.02 / sqrt(2 (l + 1)) for wo and w2 of layer l, counted from 0; norms are 1.
public final class Initialization {
    private static final double DEVIATION = 0.02;

    private Initialization() {}

    /// Fills a span of the whole table. Each element is a function of the seed, its tensor's name and its place there.
    public static void fill(TensorTable table, long seed, MemorySegment weights) {
        for (TensorTable.Entry entry : table.entries()) {
            MemorySegment tensor = entry.in(weights);
            if (entry.shape().size() == 1) {
                for (long i = 0; i < entry.length(); i++) {
                    tensor.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1f);
                }
                continue;
            }
            long key = CounterRandom.key(seed, entry.name());
            double deviation = deviation(entry.name());
            for (long i = 0; i < entry.length(); i++) {
                tensor.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (deviation * CounterRandom.normal(key, i)));
            }
        }
    }

    static double deviation(String name) {
        if (!name.endsWith(".wo.weight") && !name.endsWith(".w2.weight")) {
            return DEVIATION;
        }
        int layer = Integer.parseInt(name.split("\\.")[2]);
        return DEVIATION / Math.sqrt(2.0 * (layer + 1));
    }
}
