package dev.pando.training.step;

import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.Ops;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The moments of the spans of weights that a worker holds, where others hold the rest.
///
/// Elements are updated one by one, so it makes no difference to a bit where spans begin and end.
final class SpanMoments implements Moments {
    /// What is treated alike of one span.
    private record Piece(
            Run run, MemorySegment weights, MemorySegment first, MemorySegment second, MemorySegment gradient) {}

    private final List<Run> runs;
    private final MemorySegment weights;
    private final Ops ops;
    private final HostMoments held;
    private List<Piece> pieces = List.of();
    private MemorySegment gradient = MemorySegment.NULL; // that the pieces are of
    private long arrangement = -1; // of the moments, likewise

    /// @param weights of the whole model
    SpanMoments(List<Run> runs, MemorySegment weights, HostMoments held, Ops ops) {
        this.runs = runs;
        this.weights = weights;
        this.held = held;
        this.ops = ops;
    }

    @Override
    public void update(MemorySegment sum, AdamStep decayed, AdamStep plain) {
        if (!sum.equals(gradient) || !sum.scope().equals(gradient.scope()) || held.arrangement() != arrangement) {
            gradient = sum;
            arrangement = held.arrangement();
            pieces = pieces();
        }
        for (Piece piece : pieces) {
            ops.adamw(
                    piece.weights,
                    piece.gradient,
                    piece.first,
                    piece.second,
                    piece.run.elements(),
                    piece.run.decayed() ? decayed : plain);
        }
    }

    private List<Piece> pieces() {
        List<Piece> cut = new ArrayList<>();
        held.slots()
                .forEach((span, slot) -> {
                    long from = held.cut().offset(span);
                    long to = from + held.cut().length(span);
                    for (Run run : runs) {
                        long begin = Math.max(from, run.offset());
                        long end = Math.min(to, run.offset() + run.elements());
                        if (begin < end) {
                            Run piece = new Run(begin, end - begin, run.decayed());
                            Run within = new Run(begin - from, end - begin, run.decayed());
                            cut.add(
                                    new Piece(
                                            piece,
                                            piece.in(weights),
                                            within.in(slot.first()),
                                            within.in(slot.second()),
                                            piece.in(gradient)));
                        }
                    }
                });
        return List.copyOf(cut);
    }

    @Override
    public void toHost() {
        // host and device share them
    }

    @Override
    public void toDevice() {
        // host and device share them
    }

    /// Moments of spans, not of tensors: what is not held has no place here.
    @Override
    public void addTo(List<TrainerState.Span> views) {
        held.slots()
                .forEach(
                        (span, slot) -> views.add(new TrainerState.Span("exp_avg/" + span, shape(span), slot.first())));
        held.slots()
                .forEach((span, slot) ->
                        views.add(new TrainerState.Span("exp_avg_sq/" + span, shape(span), slot.second())));
    }

    private List<Long> shape(int span) {
        return List.of(held.cut().length(span));
    }
}
