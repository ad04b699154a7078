package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Dice;
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
import java.util.function.IntConsumer;

/// A model of small exact integers that keeps books: its sums show each batch shard that was lost, counted twice, or
/// computed of another step or other weights, and its weights show each step that was applied twice or not at all. A
/// few of its numbers are no integers: their sum shows the order in which it was formed.
final class LedgerTrainer implements Trainer {
    private static final int COUNTS = 16;
    private static final int ROUNDED = 2;
    private static final int MARK = 1 << 10;
    private static final float WRAP = 1 << 20;

    private final TensorTable table =
            new TensorTable.Builder()
                    .part(0, 0)
                    .add("counts", COUNTS)
                    .part(1, 0)
                    .add("marks", COUNTS)
                    .part(2, 0)
                    .add("rounded", ROUNDED)
                    .build();
    private final int length = (int) table.length();
    private final int marks = (int) table.get("marks").offset();
    private final int rounded = (int) table.get("rounded").offset();
    private final MemorySegment weights;
    private final MemorySegment first; // this and the next where all are held here
    private final MemorySegment second;
    private final Optional<HostMoments> moments; // where some are
    private final IntConsumer working;
    private LossHistory history = LossHistory.EMPTY;
    private long step;

    /// @param sharded whether moments are held in spans
    /// @param working is called in the middle of a batch shard, to take the time that it takes
    LedgerTrainer(Arena arena, boolean sharded, IntConsumer working) {
        this.working = working;
        this.weights = arena.allocate(table.bytes(), Float.BYTES);
        this.first = arena.allocate(table.bytes(), Float.BYTES);
        this.second = arena.allocate(table.bytes(), Float.BYTES);
        Memory memory = (name, bytes) -> arena.allocate(bytes, Float.BYTES);
        this.moments = sharded ? Optional.of(new HostMoments(SpanCut.of(table), weights, memory)) : Optional.empty();
        for (int i = 0; i < COUNTS; i++) {
            put(weights, i, Dice.below(MARK, 1, i));
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
        gradient.fill((byte) 0);
        working.accept(shard);
        long seen = weightsDigest();
        put(gradient, shard % COUNTS, 1);
        put(gradient, marks + shard % COUNTS, 1 + Dice.below(MARK, seen, step, shard));
        for (int i = 0; i < ROUNDED; i++) {
            put(gradient, rounded + i, (float) (Dice.uniform(seen, step, shard, i) - 0.5));
        }
        return new ShardLoss(Dice.uniform(seen, step, shard, COUNTS), 100 + shard);
    }

    private long weightsDigest() {
        long digest = 0;
        for (int i = 0; i < length; i++) {
            digest = digest * 1_000_003 + Float.floatToRawIntBits(get(weights, i));
        }
        return digest;
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        long digest = 0;
        double squares = 0;
        for (TensorTable.Range part : table.parts()) {
            double ofPart = 0;
            for (int i = (int) part.offset(); i < part.offset() + part.length(); i++) {
                float value = get(gradientSum, i);
                digest = digest * 1_000_003 + Float.floatToRawIntBits(value);
                ofPart += (double) value * value;
            }
            squares += ofPart;
        }
        return new Examined(Math.sqrt(squares), digest);
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        Examined examined = examine(gradientSum, total);
        moments.ifPresentOrElse(
                held ->
                        held.slots()
                                .forEach((span, slot) -> {
                                    int from = (int) held.cut().offset(span);
                                    int to = from + (int) held.cut().length(span);
                                    update(gradientSum, from, to, slot.first(), slot.second());
                                }),
                () -> update(gradientSum, 0, length, first, second));
        history = history.then(step, total.loss(), examined.gradientNorm());
        return new Committed(step++, total.loss(), examined.gradientNorm(), 0.01, total.tokens());
    }

    @Override
    public Committed skip() {
        history = history.skipping(step);
        return Committed.skipped(step++, 0.01);
    }

    /// @param m first moments from element `from` on, as are the second ones
    private void update(MemorySegment gradientSum, int from, int to, MemorySegment m, MemorySegment v) {
        for (int i = from; i < Math.min(to, rounded); i++) {
            float gradient = get(gradientSum, i);
            put(m, i - from, (get(m, i - from) * 3 + gradient) % WRAP);
            put(v, i - from, (get(v, i - from) * 5 + gradient) % WRAP);
            put(weights, i, (get(weights, i) + get(m, i - from) + get(v, i - from)) % WRAP);
        }
        for (int i = Math.max(from, rounded); i < Math.min(to, rounded + ROUNDED); i++) {
            put(m, i - from, 0.5f * get(m, i - from) + get(gradientSum, i));
            put(v, i - from, 0.25f * get(v, i - from) + get(gradientSum, i));
            put(weights, i, get(weights, i) + get(m, i - from) + get(v, i - from));
        }
    }

    @Override
    public Optional<ShardedMoments> shardedMoments() {
        return moments.map(held -> held);
    }

    @Override
    public TrainerState state() {
        List<TrainerState.Span> spans = new ArrayList<>();
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span(entry.name(), entry.shape(), entry.in(weights)));
        }
        if (moments.isPresent()) {
            return new TrainerState(step, history, spans);
        }
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span("exp_avg/" + entry.name(), entry.shape(), entry.in(first)));
        }
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span("exp_avg_sq/" + entry.name(), entry.shape(), entry.in(second)));
        }
        return new TrainerState(step, history, spans);
    }

    @Override
    public void restored(long restoredStep, LossHistory restoredHistory) {
        step = restoredStep;
        history = restoredHistory;
    }

    @Override
    public void close() {}

    private static float get(MemorySegment span, int i) {
        return span.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static void put(MemorySegment span, int i, float value) {
        span.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
}
