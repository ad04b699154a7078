package dev.pando.training.ops;

/// Sets spans to 0; a gradient span is large enough for all threads. See [Ops#zero].
final class Zero {
    private static final int TILE = 1 << 20;

    private final TileThreads threads;
    private final TileThreads.Work work = this::tile;

    private long span;
    private long bytes;

    Zero(TileThreads threads) {
        this.threads = threads;
    }

    void fill(long span, long bytes) {
        this.span = span;
        this.bytes = bytes;
        threads.run(work, Math.toIntExact(Math.ceilDiv(bytes, TILE)));
    }

    private void tile(int tile, int lane) {
        long from = (long) tile * TILE;
        Native.zero(span + from, Math.min(TILE, bytes - from));
    }
}
