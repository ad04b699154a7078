package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// Rotary position embedding (Su et al.), "rotate half". See [Ops#rotate].
final class Rotary {
    private static final int ROWS = 32;

    private final TileThreads threads;
    private final TileThreads.Work work = this::tile;

    private long qkv;
    private long documents;
    private long cos;
    private long sin;
    private int firstPosition;
    private int positions;
    private float direction;
    private AttentionShape shape;

    Rotary(TileThreads threads) {
        this.threads = threads;
    }

    /// @param documents 0: one document, whose position of row 0 is `first`
    void forward(long qkv, long documents, int first, RotaryTable table, AttentionShape shape) {
        turn(qkv, documents, first, table, shape, 1f);
    }

    void backward(long dqkv, long documents, RotaryTable table, AttentionShape shape) {
        turn(dqkv, documents, 0, table, shape, -1f);
    }

    private void turn(long qkv, long documents, int first, RotaryTable table, AttentionShape shape, float direction) {
        this.qkv = qkv;
        this.documents = documents;
        this.firstPosition = first;
        this.cos = table.cos().address();
        this.sin = table.sin().address();
        this.positions = table.positions();
        this.shape = shape;
        this.direction = direction;
        threads.run(work, Math.ceilDiv(shape.n(), ROWS));
    }

    private void tile(int tile, int lane) {
        int half = shape.headSize() / 2;
        int end = Math.min(shape.n(), (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            long at = (long) position(row) * half * 4;
            for (int group = 0; group < shape.kvHeads(); group++) {
                long head = qkv + ((long) row * shape.qkvWidth() + (long) group * shape.groupWidth()) * 4;
                for (int slot = 0; slot <= shape.queries(); slot++) { // its queries, then its key
                    turnLoop(head, cos + at, sin + at, half, direction);
                    head += shape.headSize() * 4L;
                }
            }
        }
    }

    private int position(int row) {
        int t = row % shape.t();
        int position = documents == 0 ? firstPosition + t : t - Native.getInt(documents + row * 4L);
        if (position < 0 || position >= positions) {
            throw new IllegalArgumentException(
                    "rotary position " + position + " at position " + row + " is outside a table of " + positions);
        }
        return position;
    }

    private static void turnLoop(long head, long cos, long sin, int half, float direction) {
        long other = head + half * 4L;
        int whole = (int) Floats.whole(half);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(head + i * 4L);
            FloatVector b = Floats.load(other + i * 4L);
            FloatVector c = Floats.load(cos + i * 4L);
            FloatVector s = Floats.load(sin + i * 4L).mul(direction);
            Floats.store(a.mul(c).sub(b.mul(s)), head + i * 4L);
            Floats.store(b.mul(c).add(a.mul(s)), other + i * 4L);
        }
        for (int i = whole; i < half; i++) {
            float a = Native.get(head + i * 4L);
            float b = Native.get(other + i * 4L);
            float c = Native.get(cos + i * 4L);
            float s = Native.get(sin + i * 4L) * direction;
            Native.put(head + i * 4L, a * c - b * s);
            Native.put(other + i * 4L, b * c + a * s);
        }
    }
}
