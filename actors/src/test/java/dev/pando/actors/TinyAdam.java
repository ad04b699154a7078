package dev.pando.actors;

import dev.pando.training.step.HostMoments;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.ShardedMoments;
import dev.pando.training.step.SpanCut;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/// A model of 150 numbers with moments, of eleven spans, in which every update that is missing, doubled or stale shows.
/// The data of one step gives no number.
final class TinyAdam implements Trainer {
    private static final int POISONED = 12;

    private final TensorTable table = new TensorTable.Builder().add("w", 100).add("v", 50).build();
    private final SpanCut cut = SpanCut.of(table);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
    private final MemorySegment first =
            Memory.of(arena).allocate("moments: first", table.bytes()); // where all are held
    private final MemorySegment second = Memory.of(arena).allocate("moments: second", table.bytes());
    private final HostMoments moments = new HostMoments(cut, weights, Memory.of(arena));
    private final boolean sharded;
    private LossHistory history = LossHistory.EMPTY;
    private long step;
    private volatile SortedSet<Integer> lastHeld = new TreeSet<>();

    private TinyAdam(boolean sharded) {
        this.sharded = sharded;
    }

    static TinyAdam whole() {
        return new TinyAdam(false);
    }

    static TinyAdam sharded() {
        return new TinyAdam(true);
    }

    /// Spans whose moments were held when a step was applied last.
    SortedSet<Integer> lastHeld() {
        return lastHeld;
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
        gradient.fill((byte) 0);
        for (TensorTable.Entry entry : table.entries()) {
            for (int i = (int) entry.offset(); i < entry.offset() + entry.length(); i++) {
                float noise = (float) StrictMath.sin(1 + step * 131.0 + shard * 17.0 + i);
                set(gradient, i, get(weights, i) * 0.25f + noise * (1 << shard % 11));
            }
        }
        if (step == POISONED && shard == 1) {
            return new ShardLoss(Double.NaN, 3 + shard);
        }
        return new ShardLoss(get(weights, 7) * get(weights, 149) + 1.0 / (1 + step + shard), 3 + shard);
    }

    @Override
    public Examined examine(MemorySegment sum, ShardLoss total) {
        double squares = 0;
        for (int i = 0; i < table.length(); i++) {
            squares += (double) get(sum, i) * get(sum, i);
        }
        CRC32C crc = new CRC32C();
        crc.update(sum.asByteBuffer());
        return new Examined(StrictMath.sqrt(squares) / total.tokens(), crc.getValue());
    }

    @Override
    public Committed apply(MemorySegment sum, ShardLoss total) {
        Examined examined = examine(sum, total);
        if (sharded) {
            lastHeld = moments.held();
            moments.slots()
                    .forEach((span, slot) ->
                            update(
                                    cut.in(weights, span),
                                    cut.in(sum, span),
                                    slot.first(),
                                    slot.second(),
                                    total.tokens()));
        } else {
            update(weights, sum, first, second, total.tokens());
        }
        history = history.then(step, total.loss(), examined.gradientNorm());
        return new Committed(step++, total.loss(), examined.gradientNorm(), 0.1, total.tokens());
    }

    @Override
    public Committed skip() {
        history = history.skipping(step);
        return Committed.skipped(step++, 0.1);
    }

    private static void update(MemorySegment w, MemorySegment g, MemorySegment m, MemorySegment v, long tokens) {
        for (int i = 0; i < w.byteSize() / Float.BYTES; i++) {
            float gradient = get(g, i) / tokens;
            set(m, i, 0.9f * get(m, i) + 0.1f * gradient);
            set(v, i, 0.5f * get(v, i) + 0.5f * gradient * gradient);
            set(w, i, get(w, i) - 0.1f * get(m, i) / (1 + get(v, i)));
        }
    }

    @Override
    public LossHistory history() {
        return history;
    }

    @Override
    public Optional<ShardedMoments> shardedMoments() {
        return sharded ? Optional.of(moments) : Optional.empty();
    }

    @Override
    public TrainerState state() {
        List<TrainerState.Span> spans = new ArrayList<>();
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span(entry.name(), entry.shape(), entry.in(weights)));
        }
        if (!sharded) {
            for (TensorTable.Entry entry : table.entries()) {
                spans.add(new TrainerState.Span("exp_avg/" + entry.name(), entry.shape(), entry.in(first)));
            }
            for (TensorTable.Entry entry : table.entries()) {
                spans.add(new TrainerState.Span("exp_avg_sq/" + entry.name(), entry.shape(), entry.in(second)));
            }
        }
        return new TrainerState(step, history, spans);
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
