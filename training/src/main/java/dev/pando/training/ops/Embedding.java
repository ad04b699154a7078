package dev.pando.training.ops;

/// Rows of a table, and the sum of their gradients. See [Ops#embed].
final class Embedding {
    private static final int ROWS = 64;
    private static final int COLUMNS = 64;

    private final TileThreads threads;
    private final TileThreads.Work forward = this::forwardTile;
    private final TileThreads.Work backward = this::backwardTile;

    private long table;
    private long ids;
    private long x;
    private int n;
    private int v;
    private int c;

    Embedding(TileThreads threads) {
        this.threads = threads;
    }

    void forward(long table, long ids, long x, int n, int v, int c) {
        set(table, ids, x, n, v, c);
        threads.run(forward, Math.ceilDiv(n, ROWS));
    }

    private void forwardTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            Native.copy(table + token(row) * c * 4, x + (long) row * c * 4, (long) c * 4);
        }
    }

    void backward(long dx, long ids, long dtable, int n, int v, int c) {
        set(dtable, ids, dx, n, v, c);
        threads.run(backward, Math.ceilDiv(c, COLUMNS));
    }

    // columns are shared out, not rows: every element is then summed by one thread, in the order of rows
    private void backwardTile(int tile, int lane) {
        int from = tile * COLUMNS;
        int count = Math.min(c, from + COLUMNS) - from;
        for (int row = 0; row < n; row++) {
            Sums.addLoop(table + (token(row) * c + from) * 4, x + ((long) row * c + from) * 4, count);
        }
    }

    private long token(int row) {
        int id = Native.getInt(ids + row * 4L);
        if (id < 0 || id >= v) {
            throw new IllegalArgumentException(
                    "token " + id + " at position " + row + " is not in a vocabulary of " + v);
        }
        return id;
    }

    private void set(long table, long ids, long x, int n, int v, int c) {
        this.table = table;
        this.ids = ids;
        this.x = x;
        this.n = n;
        this.v = v;
        this.c = c;
    }
}
