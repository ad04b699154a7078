package dev.pando.training.ops;

/// Matrix products, cut into tiles by a rule that depends on the shape alone. See [Ops#linear].
///
/// A library's product of a part need not have the bits of that part of the whole product; so the cut belongs to the
/// arithmetic, and threads only share the parts out.
final class Linear {
    private static final int TILE_ROWS = 256;
    private static final int TILE_COLUMNS = 768;
    private static final int LEAST_ROWS = 64;

    /// Multiplications of a tile below which another thread would not pay.
    private static final long LEAST_WORK = 1 << 24;

    private static final int SHARES = 4;
    private static final int GRAIN = 16;

    private final TileThreads threads;
    private final TileThreads.Work forward = this::forwardTile;
    private final TileThreads.Work backward = this::backwardTile;
    private final TileThreads.Work gradient = this::gradientTile;

    private long a;
    private long b;
    private long c;
    private int m;
    private int columns;
    private int inner;
    private float beta;
    private int tileRows;
    private int tileColumns;
    private int tilesAcross;

    Linear(TileThreads threads) {
        this.threads = threads;
    }

    void forward(long x, long weight, long y, int n, int in, int out) {
        threads.run(forward, cut(x, weight, y, n, out, in, 0f));
    }

    private void forwardTile(int tile, int lane) {
        int row = row(tile);
        int column = column(tile);
        Blas.nt(
                rows(row),
                columns(column),
                inner,
                1f,
                a + (long) row * inner * 4,
                inner,
                b + (long) column * inner * 4,
                inner,
                beta,
                at(row, column),
                columns);
    }

    void backward(long dy, long weight, long dx, int n, int in, int out, boolean add) {
        threads.run(backward, cut(dy, weight, dx, n, in, out, add ? 1f : 0f));
    }

    private void backwardTile(int tile, int lane) {
        int row = row(tile);
        int column = column(tile);
        Blas.nn(
                rows(row),
                columns(column),
                inner,
                1f,
                a + (long) row * inner * 4,
                inner,
                b + column * 4L,
                columns,
                beta,
                at(row, column),
                columns);
    }

    void gradient(long dy, long x, long dweight, int n, int in, int out) {
        threads.run(gradient, cut(dy, x, dweight, out, in, n, 1f));
    }

    private void gradientTile(int tile, int lane) {
        int row = row(tile);
        int column = column(tile);
        Blas.tn(
                rows(row),
                columns(column),
                inner,
                1f,
                a + row * 4L,
                m,
                b + column * 4L,
                columns,
                beta,
                at(row, column),
                columns);
    }

    /// Cuts a product of m x columns into nearly equal tiles: not too large for the caches, and where that makes too
    /// few to share, more of them as long as each has enough rows to be worth a call.
    ///
    /// @return number of tiles
    private int cut(long a, long b, long c, int m, int columns, int inner, float beta) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.m = m;
        this.columns = columns;
        this.inner = inner;
        this.beta = beta;
        tileColumns = part(columns, Math.ceilDiv(columns, TILE_COLUMNS));
        tilesAcross = Math.ceilDiv(columns, tileColumns);
        long worthwhile = Math.min(m / LEAST_ROWS, (long) m * tileColumns * inner / LEAST_WORK);
        int shares = Math.clamp(worthwhile, 1, Math.ceilDiv(SHARES, tilesAcross));
        tileRows = part(m, Math.max(Math.ceilDiv(m, TILE_ROWS), shares));
        return tilesAcross * Math.ceilDiv(m, tileRows);
    }

    private static int part(int size, int parts) {
        return Math.ceilDiv(Math.ceilDiv(size, parts), GRAIN) * GRAIN;
    }

    private int row(int tile) {
        return tile / tilesAcross * tileRows;
    }

    private int column(int tile) {
        return tile % tilesAcross * tileColumns;
    }

    private int rows(int row) {
        return Math.min(tileRows, m - row);
    }

    private int columns(int column) {
        return Math.min(tileColumns, columns - column);
    }

    private long at(int row, int column) {
        return c + ((long) row * columns + column) * 4;
    }
}
