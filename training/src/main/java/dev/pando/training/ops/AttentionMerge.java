package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// Joins what attention gave for different keys, and gradients of it. See [CutOps#attendMerge].
final class AttentionMerge {
    private static final int ROWS = 32;

    private final TileThreads threads;
    private final TileThreads.Work merging = this::mergeTile;
    private final TileThreads.Work adding = this::addTile;

    private AttentionShape shape;
    private long out;
    private long logSumExp;
    private long other;
    private long otherLogSumExp;
    private int firstSlot;
    private int slots;

    AttentionMerge(TileThreads threads) {
        this.threads = threads;
    }

    void merge(long out, long logSumExp, long other, long otherLogSumExp, AttentionShape shape) {
        this.out = out;
        this.logSumExp = logSumExp;
        this.other = other;
        this.otherLogSumExp = otherLogSumExp;
        this.shape = shape;
        threads.run(merging, Math.ceilDiv(shape.n(), ROWS));
    }

    private void mergeTile(int tile, int lane) {
        int d = shape.headSize();
        long end = Math.min(shape.n(), (tile + 1) * ROWS) * (long) shape.heads();
        for (long head = (long) tile * ROWS * shape.heads(); head < end; head++) {
            mergeHead(logSumExp + head * 4, otherLogSumExp + head * 4, out + head * d * 4, other + head * d * 4, d);
        }
    }

    private static void mergeHead(long lseAt, long otherLseAt, long o, long otherO, int d) {
        float lse = Native.get(lseAt);
        float otherLse = Native.get(otherLseAt);
        if (otherLse == Float.NEGATIVE_INFINITY) {
            return; // e^(-inf - -inf) is no number: a query that sees nothing there takes nothing from there
        }
        if (lse == Float.NEGATIVE_INFINITY) {
            Native.put(lseAt, otherLse);
            Native.copy(otherO, o, d * 4L);
            return;
        }
        float top = Math.max(lse, otherLse);
        float x = Floats.exp(lse - top);
        float y = Floats.exp(otherLse - top);
        float sum = x + y;
        combineLoop(o, otherO, x / sum, y / sum, d);
        Native.put(lseAt, (float) (StrictMath.log(sum) + top));
    }

    /// `target += source` in some slots of every group.
    void addSlots(long target, long source, int firstSlot, int slots, AttentionShape shape) {
        this.out = target;
        this.other = source;
        this.firstSlot = firstSlot;
        this.slots = slots;
        this.shape = shape;
        threads.run(adding, Math.ceilDiv(shape.n(), ROWS));
    }

    private void addTile(int tile, int lane) {
        long end = Math.min(shape.n(), (tile + 1) * ROWS) * (long) shape.kvHeads();
        for (long group = (long) tile * ROWS * shape.kvHeads(); group < end; group++) {
            long at = (group * shape.groupWidth() + (long) firstSlot * shape.headSize()) * 4;
            Sums.addLoop(out + at, other + at, (long) slots * shape.headSize());
        }
    }

    private static void combineLoop(long a, long b, float x, float y, int count) {
        int whole = (int) Floats.whole(count);
        FloatVector left = Floats.of(x);
        FloatVector right = Floats.of(y);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector sum = Floats.load(a + i * 4L).mul(left).add(Floats.load(b + i * 4L).mul(right));
            Floats.store(sum, a + i * 4L);
        }
        for (int i = whole; i < count; i++) {
            Native.put(a + i * 4L, Native.get(a + i * 4L) * x + Native.get(b + i * 4L) * y);
        }
    }
}
