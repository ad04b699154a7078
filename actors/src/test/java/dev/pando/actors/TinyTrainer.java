package dev.pando.actors;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.zip.CRC32C;

/// A model of 37 numbers in which every lost or doubled batch shard, and every other order of summation, shows.
class TinyTrainer implements Trainer {
    private static final int N = 37;

    private final TensorTable table = new TensorTable.Builder().add("w", N).build();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
    private LossHistory history = LossHistory.EMPTY;
    private long step;

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
        for (int i = 0; i < N; i++) {
            float noise = (float) StrictMath.sin(1 + step * 131.0 + shard * 17.0 + i);
            set(gradient, i, get(weights, i) * 0.25f + noise * (1 << shard % 11));
        }
        return new ShardLoss(get(weights, 0) * get(weights, 0) + 1.0 / (1 + step + shard), 3 + shard);
    }

    @Override
    public Examined examine(MemorySegment sum, ShardLoss total) {
        double squares = 0;
        for (int i = 0; i < N; i++) {
            squares += (double) get(sum, i) * get(sum, i);
        }
        CRC32C crc = new CRC32C();
        crc.update(sum.asSlice(0, N * Float.BYTES).asByteBuffer());
        return new Examined(StrictMath.sqrt(squares) / total.tokens(), crc.getValue());
    }

    @Override
    public Committed apply(MemorySegment sum, ShardLoss total) {
        Examined examined = examine(sum, total);
        for (int i = 0; i < N; i++) {
            set(weights, i, get(weights, i) - 0.1f * get(sum, i) / total.tokens());
        }
        history = history.then(step, total.loss(), examined.gradientNorm());
        return new Committed(step++, total.loss(), examined.gradientNorm(), 0.1, total.tokens());
    }

    @Override
    public Committed skip() {
        history = history.skipping(step);
        return Committed.skipped(step++, 0.1);
    }

    @Override
    public TrainerState state() {
        return new TrainerState(
                step, history, List.of(new TrainerState.Span("w", List.of((long) N), table.get("w").in(weights))));
    }

    @Override
    public void restored(long step, LossHistory history) {
        this.step = step;
        this.history = history;
    }

    @Override
    public void close() {
        arena.close();
    }

    private static float get(MemorySegment span, int i) {
        return span.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static void set(MemorySegment span, int i, float value) {
        span.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
}
