package dev.pando.chaos.toy;

import dev.pando.chaos.faults.Dice;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/// The smallest trainer that cannot be fooled: its gradients depend on step, shard and weights, and their sum on its
/// order.
public final class ToyTrainer implements Trainer {
    /// No step.
    private static final long A_MOMENT_NS = 1_000_000; // so that a run does not end before a worker is back

    private final Arena arena = Arena.ofShared();
    private final TensorTable table = new TensorTable.Builder().add("weight", 5, 7).add("norm.weight", 2).build();
    private final long[] elements =
            table.entries().stream()
                    .flatMapToLong(entry -> LongStream.range(entry.offset(), entry.offset() + entry.length()))
                    .toArray(); // padding stays zero
    private final MemorySegment weights = arena.allocate(table.bytes(), 64);
    private final MemorySegment first = arena.allocate(table.bytes(), 64);
    private final MemorySegment second = arena.allocate(table.bytes(), 64);
    private LossHistory history = LossHistory.EMPTY;
    private long step;

    public ToyTrainer() {
        for (long i : elements) {
            put(weights, i, noise(1, i));
        }
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public TensorTable table() {
        return table;
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        LockSupport.parkNanos(A_MOMENT_NS);
        double loss = 0;
        gradient.fill((byte) 0);
        for (long i : elements) {
            float value = noise(2, step, shard, i) * (1 + Math.abs(get(weights, i)));
            put(gradient, i, value);
            loss += Math.abs(value);
        }
        return new ShardLoss(loss, 10 + shard);
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        long digest = 0;
        double squares = 0;
        for (long i : elements) {
            float value = get(gradientSum, i);
            digest = Dice.bits(digest, Float.floatToRawIntBits(value));
            squares += (double) value * value;
        }
        return new Examined(Math.sqrt(squares), digest);
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        Examined examined = examine(gradientSum, total);
        for (long i : elements) {
            float gradient = get(gradientSum, i);
            put(first, i, 0.9f * get(first, i) + 0.1f * gradient);
            put(second, i, 0.99f * get(second, i) + 0.01f * gradient * gradient);
            put(weights, i, get(weights, i) - 0.01f * get(first, i));
        }
        history = history.then(step, total.loss(), examined.gradientNorm());
        return new Committed(step++, total.loss(), examined.gradientNorm(), 0.01, total.tokens());
    }

    @Override
    public Committed skip() {
        history = history.skipping(step);
        return Committed.skipped(step++, 0.01);
    }

    @Override
    public TrainerState state() {
        List<TrainerState.Span> spans = new ArrayList<>();
        add(spans, "", weights);
        add(spans, "exp_avg/", first);
        add(spans, "exp_avg_sq/", second);
        return new TrainerState(step, history, spans);
    }

    private void add(List<TrainerState.Span> spans, String prefix, MemorySegment span) {
        table.entries()
                .forEach(entry ->
                        spans.add(new TrainerState.Span(prefix + entry.name(), entry.shape(), entry.in(span))));
    }

    @Override
    public void restored(long restoredStep, LossHistory restoredHistory) {
        step = restoredStep;
        history = restoredHistory;
    }

    @Override
    public void close() {
        arena.close();
    }

    private static float noise(long seed, long... address) {
        return (float) (Dice.uniform(seed, address) - 0.5);
    }

    private static float get(MemorySegment span, long i) {
        return span.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static void put(MemorySegment span, long i, float value) {
        span.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
}
