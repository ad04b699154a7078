package dev.pando.training.step;

import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The moments of all weights, as every replica holds them by default.
final class WholeMoments implements Moments {
    private static final int CUTS_KEPT = 32;

    /// A gradient span that has been here before, cut into runs.
    private record Cut(MemorySegment span, List<MemorySegment> runs) {}

    private final TensorTable table;
    private final Ops ops;
    private final HostDeviceBuffer first;
    private final HostDeviceBuffer second;
    private final List<Run> runs;
    private final List<MemorySegment> weightRuns;
    private final List<MemorySegment> firstRuns;
    private final List<MemorySegment> secondRuns;
    private final List<Cut> cuts = new ArrayList<>();

    WholeMoments(TensorTable table, List<Run> runs, MemorySegment weights, Ops ops, Memory memory) {
        this.table = table;
        this.ops = ops;
        this.first = new HostDeviceBuffer("moments: first", table.bytes(), ops, memory);
        this.second = new HostDeviceBuffer("moments: second", table.bytes(), ops, memory);
        this.runs = runs;
        this.weightRuns = runs.stream().map(run -> run.in(weights)).toList();
        this.firstRuns = runs.stream().map(run -> run.in(first.device())).toList();
        this.secondRuns = runs.stream().map(run -> run.in(second.device())).toList();
    }

    @Override
    public void update(MemorySegment gradient, AdamStep decayed, AdamStep plain) {
        List<MemorySegment> gradientRuns = cut(gradient).runs;
        for (int i = 0; i < runs.size(); i++) {
            ops.adamw(
                    weightRuns.get(i),
                    gradientRuns.get(i),
                    firstRuns.get(i),
                    secondRuns.get(i),
                    runs.get(i).elements(),
                    runs.get(i).decayed() ? decayed : plain);
        }
    }

    private Cut cut(MemorySegment span) {
        for (Cut cut : cuts) {
            if (cut.span.equals(span) && cut.span.scope().equals(span.scope())) {
                return cut;
            }
        }
        if (cuts.size() == CUTS_KEPT) {
            cuts.clear(); // a caller with fresh spans at every step pays for it
        }
        Cut cut = new Cut(span, runs.stream().map(run -> run.in(span)).toList());
        cuts.add(cut);
        return cut;
    }

    @Override
    public void toHost() {
        first.toHost();
        second.toHost();
    }

    @Override
    public void toDevice() {
        first.toDevice();
        second.toDevice();
    }

    @Override
    public void addTo(List<TrainerState.Span> spans) {
        WholeState.addSpans(spans, table, "exp_avg/", first.host());
        WholeState.addSpans(spans, table, "exp_avg_sq/", second.host());
    }
}
