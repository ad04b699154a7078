package dev.pando.training.step;

import dev.pando.training.ops.AdamStep;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The optimizer state of a [ModelTrainer]: first and second moments of all weights, or of some spans of them.
interface Moments {
    /// Updates moments, and with them the weights that they belong to.
    ///
    /// @param decayed for what decays
    /// @param plain for the rest
    void update(MemorySegment gradient, AdamStep decayed, AdamStep plain);

    /// Has the host's views show what is.
    void toHost();

    /// What the host has written counts.
    void toDevice();

    /// Adds views of the first moments, then of the second.
    void addTo(List<TrainerState.Span> spans);

    /// Neighbouring tensors that the optimizer treats alike; padding between them is 0 and stays so.
    record Run(long offset, long elements, boolean decayed) {
        MemorySegment in(MemorySegment span) {
            return span.asSlice(offset * Float.BYTES, elements * Float.BYTES);
        }

        static List<Run> of(TensorTable table, boolean decayNorms) {
            List<Run> runs = new ArrayList<>();
            for (TensorTable.Entry entry : table.entries()) {
                boolean decayed = entry.shape().size() > 1 || decayNorms;
                long end = entry.offset() + entry.length();
                if (!runs.isEmpty() && runs.getLast().decayed == decayed) {
                    long start = runs.removeLast().offset;
                    runs.add(new Run(start, end - start, decayed));
                } else {
                    runs.add(new Run(entry.offset(), entry.length(), decayed));
                }
            }
            return List.copyOf(runs);
        }
    }
}
