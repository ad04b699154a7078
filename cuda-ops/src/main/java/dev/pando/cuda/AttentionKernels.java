package dev.pando.cuda;

import dev.pando.cuda.Device.Grid;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.RotaryTable;
import java.lang.foreign.MemorySegment;

/// Attention and what turns its heads: how `attention.cuh` and `pando_rotate` want to be launched.
final class AttentionKernels {
    private static final int THREADS = 128;
    private static final int ROWS = 64;
    private static final int INNER_ROWS = 32;
    private static final int LARGEST_HEAD = 128;

    private final Kernels kernels;
    private final KernelErrors complaints;

    AttentionKernels(Kernels kernels, KernelErrors complaints) {
        this.kernels = kernels;
        this.complaints = complaints;
    }

    /// @param documents address of the documents' starts, or 0: row 0 is at position `first` of one document
    /// @param direction 1 or, for the transpose, -1
    void rotate(
            MemorySegment qkv, long documents, int first, float direction, RotaryTable table, AttentionShape shape) {
        if (table.half() * 2 != shape.headSize()) {
            throw new IllegalArgumentException(
                    "a rotary table for heads of " + table.half() * 2 + " does not fit heads of " + shape.headSize());
        }
        long pairs = (long) shape.n() * shape.kvHeads() * (shape.queries() + 1) * table.half();
        kernels.runOver(
                pairs,
                "pando_rotate",
                kernels.out(qkv, shape.n(), shape.qkvWidth()),
                documents,
                kernels.in(table.cos(), table.positions(), table.half()),
                kernels.in(table.sin(), table.positions(), table.half()),
                first,
                table.positions(),
                direction,
                shape.n(),
                shape.t(),
                shape.kvHeads(),
                shape.queries(),
                shape.headSize(),
                complaints.ofRotaryTable(table.positions()));
    }

    void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        int lanes = lanes(shape);
        kernels.run(
                "pando_attend_" + lanes,
                new Grid(Math.ceilDiv(shape.t(), ROWS), shape.heads(), shape.b()),
                THREADS,
                tiles(3 * ROWS, lanes),
                kernels.in(qkv, shape.n(), shape.qkvWidth()),
                kernels.ints(documents, shape.n()),
                kernels.out(out, shape.n(), shape.width()),
                kernels.out(logSumExp, shape.n(), shape.heads()),
                shape.t(),
                shape.heads(),
                shape.queries(),
                shape.headSize(),
                scale(shape),
                complaints.ofRows(shape.t()));
    }

    /// Scores are formed twice, once for keys and values, once for queries.
    void attendBackward(
            MemorySegment dout,
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment dqkv,
            AttentionShape shape) {
        int lanes = lanes(shape);
        long lines = (long) shape.n() * shape.heads();
        long dots = kernels.scratch(lines * Float.BYTES);
        long grad = kernels.in(dout, shape.n(), shape.width());
        int linesOfBlock = THREADS / 32;
        kernels.run(
                "pando_attend_dots",
                Grid.of(Math.toIntExact(Math.ceilDiv(lines, linesOfBlock))),
                THREADS,
                0,
                grad,
                kernels.in(out, shape.n(), shape.width()),
                dots,
                lines,
                shape.headSize());
        for (boolean ofKeys : new boolean[] {true, false}) {
            kernels.run(
                    (ofKeys ? "pando_attend_keys_" : "pando_attend_queries_") + lanes,
                    new Grid(Math.ceilDiv(shape.t(), ROWS), ofKeys ? shape.kvHeads() : shape.heads(), shape.b()),
                    THREADS,
                    tiles(2 * ROWS + 2 * INNER_ROWS, lanes),
                    grad,
                    kernels.in(qkv, shape.n(), shape.qkvWidth()),
                    kernels.ints(documents, shape.n()),
                    kernels.in(logSumExp, shape.n(), shape.heads()),
                    dots,
                    kernels.out(dqkv, shape.n(), shape.qkvWidth()),
                    shape.t(),
                    shape.heads(),
                    shape.queries(),
                    shape.headSize(),
                    scale(shape));
        }
    }

    void attendCached(MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape) {
        if (shape.b() != 1 || from < 0) {
            throw new IllegalArgumentException(
                    "a cache belongs to one sequence, from position 0 on; not to " + shape.b() + ", from " + from);
        }
        lanes(shape);
        long width = 2L * shape.kvHeads() * shape.headSize();
        long fresh = kernels.in(qkv, shape.n(), shape.qkvWidth());
        long kept = kernels.out(cache, from + shape.n(), width);
        kernels.runOver(
                shape.n() * width,
                "pando_cache",
                fresh,
                kept,
                from,
                shape.n(),
                shape.kvHeads(),
                shape.queries(),
                shape.headSize());
        kernels.run(
                "pando_attend_cached",
                new Grid(shape.n(), shape.heads(), 1),
                THREADS,
                0,
                fresh,
                kept,
                kernels.out(out, shape.n(), shape.width()),
                from,
                shape.kvHeads(),
                shape.queries(),
                shape.headSize(),
                scale(shape));
    }

    /// The head size rounded up to one that there are kernels for.
    private static int lanes(AttentionShape shape) {
        if (shape.headSize() > LARGEST_HEAD) {
            throw new IllegalArgumentException(
                    "attention on a GPU knows heads of up to " + LARGEST_HEAD + ", not of " + shape.headSize());
        }
        return Math.max(16, Integer.highestOneBit(shape.headSize() - 1) * 2);
    }

    /// Bytes of a number of rows, as `Tile` in attention.cuh pads them.
    private static int tiles(int rows, int lanes) {
        return rows * (lanes + 8) * Short.BYTES;
    }

    private static float scale(AttentionShape shape) {
        return (float) (1 / Math.sqrt(shape.headSize()));
    }
}
