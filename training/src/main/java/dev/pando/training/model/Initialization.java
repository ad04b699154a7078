package dev.pando.training.model;

import dev.pando.training.tensor.CounterRandom;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Gives a new model its weights as InternEvo does: normal numbers, smaller where a deep layer writes into the residual
/// stream.
///
/// Standard deviation 0.02 for matrices, 0.02 / sqrt(2 (l + 1)) for wo and w2 of layer l, counted from 0; norms are 1.
public final class Initialization {
    private static final double DEVIATION = 0.02;

    /// Numbers that are worth a thread of their own: a second's work or so.
    private static final long WORTH_A_THREAD = 1 << 22;

    private Initialization() {}

    /// Fills a span of the whole table. Each element is a function of the seed, its tensor's name and its place there,
    /// whichever thread computes it.
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
            long parts = Math.clamp(entry.length() / WORTH_A_THREAD, 1, Runtime.getRuntime().availableProcessors());
            List<Thread> others = new ArrayList<>();
            for (int part = 1; part < parts; part++) {
                long from = entry.length() * part / parts;
                long to = entry.length() * (part + 1) / parts;
                others.add(
                        Thread.ofPlatform()
                                .name("initial weights " + part)
                                .start(() -> fill(tensor, key, deviation, from, to)));
            }
            fill(tensor, key, deviation, 0, entry.length() / parts);
            others.forEach(Initialization::await);
        }
    }

    private static void fill(MemorySegment tensor, long key, double deviation, long from, long to) {
        for (long i = from; i < to; i++) {
            tensor.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (deviation * CounterRandom.normal(key, i)));
        }
    }

    /// Also when interrupted: a thread must not write into memory that is taken away. It ends by itself, since it waits
    /// for nothing.
    private static void await(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
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
