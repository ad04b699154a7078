package dev.pando.training.data;

import dev.pando.training.step.Sampler;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Packs documents into rows without losing a token, each row computable by itself.
///
/// A pass over the corpus shuffles all documents, lays them in a row, and cuts that every T positions (as InternEvo
/// packs): what is left of a document opens the next row, and the label at the cut is the true next token. Rows are
/// then visited in a shuffled order. No position attends beyond its piece of a document. The last row of a pass is
/// filled up with positions that do not count.
public final class PackedSampler implements Sampler {
    private static final long DOCUMENTS = 1;
    private static final long ROWS = 2;

    /// A step touches two passes at a time, and a replica that lags may still be in the one before.
    private static final int CACHED = 4;

    private final TokenShards shards;
    private final int padding;
    private final long seed;
    private final long microbatches;
    private final int rows;
    private final int length;
    private final long rowsOfPass;
    private final String digest;
    private final AtomicReferenceArray<Pass> passes = new AtomicReferenceArray<>(CACHED);

    /// @param data stays open as long as the sampler is used
    /// @param microbatchesOfStep number of microbatches of a step, over all batch shards
    /// @param rows B, rows of a microbatch
    /// @param length T, positions of a row, at least 2
    public PackedSampler(PreparedData data, long seed, long microbatchesOfStep, int rows, int length) {
        require(microbatchesOfStep >= 1, "microbatches must be at least 1, not " + microbatchesOfStep);
        require(rows >= 1, "rows must be at least 1, not " + rows);
        require(length >= 2, "length must be at least 2, not " + length + ": a row holds a token and the one after it");
        shards = data.shards();
        padding = data.tokenizer().eos();
        this.seed = seed;
        this.microbatches = microbatchesOfStep;
        this.rows = rows;
        this.length = length;
        // an end of text alone in its row would predict nothing, so the last one opens none
        rowsOfPass = Math.ceilDiv(shards.tokens() - 1, length);
        digest =
                new Digest("packed sampler 1")
                        .add(data.digest())
                        .add(seed)
                        .add(microbatchesOfStep)
                        .add(rows)
                        .add(length)
                        .hex();
    }

    /// Rows of one pass over the corpus.
    public long rowsOfPass() {
        return rowsOfPass;
    }

    /// The pass that a step begins in, from 0.
    public long passOf(long step) {
        return step * microbatches * rows / rowsOfPass;
    }

    @Override
    public String digest() {
        return digest;
    }

    @Override
    public void fetch(long step, long microbatch, Microbatch into) {
        if (step < 0 || microbatch < 0 || microbatch >= microbatches) {
            throw new IllegalArgumentException(
                    "no microbatch " + microbatch + " of step " + step + ": a step has " + microbatches);
        }
        if (into.rows() != rows || into.length() != length) {
            throw new IllegalArgumentException(
                    "a microbatch of "
                            + into.rows()
                            + " x "
                            + into.length()
                            + " where the data is packed into "
                            + rows
                            + " x "
                            + length);
        }
        long first = (step * microbatches + microbatch) * rows;
        for (int row = 0; row < rows; row++) {
            Pass pass = pass((first + row) / rowsOfPass);
            fill(pass, pass.rowOrder.at((first + row) % rowsOfPass), into, (long) row * length);
        }
    }

    /// Fills one row.
    ///
    /// @param row number within the pass, before shuffling
    /// @param at index of its first position in the buffers
    private void fill(Pass pass, long row, Microbatch into, long at) {
        long from = row * length;
        int place = pass.placeOf(from);
        int t = 0;
        for (long next = from; t < length && place < shards.documents(); place++, next = from + t) {
            int document = (int) pass.documentOrder.at(place);
            long end = pass.starts[place + 1];
            int count = (int) Math.min(end - next, length - t);
            long token = shards.start(document) + (next - pass.starts[place]);
            boolean ends = next + count == end;
            shards.copy(token, count, into.ids(), at + t);
            shards.copy(token + 1, ends ? count - 1 : count, into.labels(), at + t);
            if (ends) {
                set(into.labels(), at + t + count - 1, Microbatch.IGNORE);
            }
            for (int i = 0; i < count; i++) {
                set(into.documents(), at + t + i, t);
            }
            t += count;
        }
        for (; t < length; t++) {
            set(into.ids(), at + t, padding);
            set(into.labels(), at + t, Microbatch.IGNORE);
            set(into.documents(), at + t, t);
        }
    }

    private static void set(MemorySegment segment, long index, int value) {
        segment.setAtIndex(ValueLayout.JAVA_INT, index, value);
    }

    private Pass pass(long number) {
        int slot = (int) (number % CACHED);
        Pass pass = passes.get(slot);
        return pass != null && pass.number == number ? pass : lay(number, slot);
    }

    /// Lays a pass out. Several threads may want it at once; one does the work.
    private synchronized Pass lay(long number, int slot) {
        Pass pass = passes.get(slot);
        if (pass == null || pass.number != number) {
            pass = new Pass(number);
            passes.set(slot, pass);
        }
        return pass;
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }

    /// One pass over the corpus: which document comes where.
    private final class Pass {
        private final long number;
        private final Permutation documentOrder;
        private final Permutation rowOrder;

        /// Where the document of each place starts, and at the end where the last one ends.
        private final long[] starts;

        Pass(long number) {
            this.number = number;
            documentOrder = new Permutation(seed, number, DOCUMENTS, shards.documents());
            rowOrder = new Permutation(seed, number, ROWS, rowsOfPass);
            starts = new long[shards.documents() + 1];
            for (int place = 0; place < shards.documents(); place++) {
                starts[place + 1] = starts[place] + shards.length((int) documentOrder.at(place));
            }
        }

        /// The place of the document that a position of the pass lies in.
        int placeOf(long position) {
            int found = Arrays.binarySearch(starts, position);
            return found >= 0 ? found : -found - 2;
        }
    }
}
