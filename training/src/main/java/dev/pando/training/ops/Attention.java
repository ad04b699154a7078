package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// Causal attention with grouped queries inside documents, a tile of scores at a time (FlashAttention, Dao et al.; the
/// online softmax is Milakov and Gimelshein's). See [Ops#attend].
///
/// Each lane owns two tiles of scores; nothing of size T x T exists. Tiles of keys lie on an absolute grid: each begins
/// at a multiple of 256 positions, whatever the documents are, so that a row may be cut there. Within its tile a
/// product covers the keys that some of its queries see: that follows from shapes and documents.
///
/// The backward pass goes from the diagonal of tiles outwards, a wave for each distance between queries and keys.
/// Within a wave no two tiles share queries or keys, so all may be computed at once; from wave to wave the gradients of
/// queries gather those of ever older keys, and the gradients of keys those of ever younger queries.
final class Attention implements AutoCloseable {
    private static final int QUERIES = 64;
    private static final int KEYS = 256;
    private static final int TILE_BYTES = QUERIES * KEYS * 4;

    /// Beside its tiles a lane keeps two numbers for each query: running maximum and running sum.
    private static final int LANE_BYTES = 2 * TILE_BYTES + 2 * QUERIES * 4;

    private final TileThreads threads;
    private final Scratch scratch = new Scratch();
    private final long scores;
    private final TileThreads.Work forward = this::forwardTile;
    private final TileThreads.Work backward = this::backwardTile;

    private AttentionShape shape;
    private long qkv;
    private long keys;
    private long values;
    private int keyWidth;
    private long keyGroup;
    private int queryOffset;
    private long documents;
    private long out;
    private long logSumExp;
    private long dout;
    private long dqkv;
    private int queryTiles;
    private int tilesOfKeys; // of a row
    private int wave;
    private float scale;

    Attention(TileThreads threads) {
        this.threads = threads;
        this.scores = scratch.atLeast((long) threads.threads() * LANE_BYTES);
    }

    void forward(long qkv, long documents, long out, long logSumExp, AttentionShape shape) {
        set(qkv, documents, out, logSumExp, shape);
        this.keys = qkv + (long) shape.queries() * shape.headSize() * 4L;
        this.values = keys + shape.headSize() * 4L;
        this.keyWidth = shape.qkvWidth();
        this.keyGroup = shape.groupWidth() * 4L;
        this.queryOffset = 0;
        threads.run(forward, shape.b() * shape.kvHeads() * queryTiles);
    }

    /// One row: queries at positions `from` and on, keys and values of all positions in a cache.
    void cached(long qkv, long cache, int from, long out, AttentionShape shape) {
        set(qkv, 0, out, 0, shape);
        this.keys = cache;
        this.values = cache + shape.headSize() * 4L;
        this.keyWidth = 2 * shape.kvHeads() * shape.headSize();
        this.keyGroup = 2L * shape.headSize() * 4;
        this.queryOffset = from;
        threads.run(forward, shape.kvHeads() * queryTiles);
    }

    private void forwardTile(int tile, int lane) {
        int rowAndGroup = tile / queryTiles;
        int row = rowAndGroup / shape.kvHeads();
        int group = rowAndGroup % shape.kvHeads();
        // the longest tiles first, so that the last to finish is a short one
        int from = (queryTiles - 1 - tile % queryTiles) * QUERIES;
        int count = Math.min(shape.t(), from + QUERIES) - from;
        for (int slot = 0; slot < shape.queries(); slot++) {
            forwardHead(row, group, slot, from, count, scores + lane * (long) LANE_BYTES);
        }
    }

    private void forwardHead(int row, int group, int slot, int from, int count, long mine) {
        int d = shape.headSize();
        int head = group * shape.queries() + slot;
        long first = (long) row * shape.t() + from;
        long q = query(qkv, first, group, slot);
        long o = out + (first * shape.width() + (long) head * d) * 4;
        long tops = mine + 2 * TILE_BYTES;
        long sums = tops + QUERIES * 4;
        for (int i = 0; i < count; i++) {
            Native.put(tops + i * 4L, Float.NEGATIVE_INFINITY);
            Native.put(sums + i * 4L, 0);
        }
        int end = queryOffset + from + count;
        int start = firstKey(first, count);
        int next;
        for (int key = start; key < end; key = next) {
            next = Math.min(end, (key & -KEYS) + KEYS);
            int width = next - key;
            long k = keys + ((long) row * shape.t() + key) * keyWidth * 4 + group * keyGroup;
            long v = values + ((long) row * shape.t() + key) * keyWidth * 4 + group * keyGroup;
            Blas.nt(count, width, d, scale, q, shape.qkvWidth(), k, keyWidth, 0f, mine, KEYS);
            for (int i = 0; i < count; i++) {
                int visible = visible(first + i);
                long line = mine + (long) i * KEYS * 4;
                float shrink =
                        ScoreLine.softmax(
                                line,
                                visible - key,
                                queryOffset + from + i + 1 - key,
                                width,
                                tops + i * 4L,
                                sums + i * 4L);
                if (key > start && shrink != 1f) {
                    CrossEntropy.scaleLoop(o + (long) i * shape.width() * 4, shrink, d);
                }
            }
            Blas.nn(count, d, width, 1f, mine, KEYS, v, keyWidth, key > start ? 1f : 0f, o, shape.width());
        }
        for (int i = 0; i < count; i++) {
            float sum = Native.get(sums + i * 4L);
            CrossEntropy.scaleLoop(o + (long) i * shape.width() * 4, 1f / sum, d);
            if (logSumExp != 0) {
                float lse = (float) (StrictMath.log(sum) + Native.get(tops + i * 4L));
                Native.put(logSumExp + ((first + i) * shape.heads() + head) * 4, lse);
            }
        }
    }

    void backward(long dout, long qkv, long documents, long out, long logSumExp, long dqkv, AttentionShape shape) {
        set(qkv, documents, out, logSumExp, shape);
        this.keyWidth = shape.qkvWidth();
        this.queryOffset = 0;
        this.dout = dout;
        this.dqkv = dqkv;
        int waves = 1 + longestReach();
        for (wave = 0; wave < waves; wave++) {
            threads.run(backward, shape.b() * shape.kvHeads() * (tilesOfKeys - wave));
        }
    }

    /// Tiles between a query and the oldest key that it sees, at most.
    private int longestReach() {
        int reach = 0;
        for (int row = 0; row < shape.n(); row++) {
            reach = Math.max(reach, row % shape.t() / KEYS - visible(row) / KEYS);
        }
        return reach;
    }

    // a tile has the queries and keys of a group in KEYS positions of a row each
    private void backwardTile(int tile, int lane) {
        int tilesOfRow = tilesOfKeys - wave;
        int rowAndGroup = tile / tilesOfRow;
        int row = rowAndGroup / shape.kvHeads();
        int group = rowAndGroup % shape.kvHeads();
        int key = tile % tilesOfRow * KEYS;
        int query = key + wave * KEYS;
        int end = Math.min(shape.t(), query + KEYS);
        if (wave == 0) {
            long first = (long) row * shape.t();
            for (int t = key; t < end; t++) {
                Native.zero(query(dqkv, first + t, group, shape.queries()), 2L * shape.headSize() * 4);
            }
        }
        for (int from = query; from < end; from += QUERIES) {
            int count = Math.min(end, from + QUERIES) - from;
            int start = Math.max(key, firstKey((long) row * shape.t() + from, count));
            int width = Math.min(key + KEYS, from + count) - start;
            for (int slot = 0; slot < shape.queries() && width > 0; slot++) {
                backwardHead(row, group, slot, from, count, start, width, scores + lane * (long) LANE_BYTES);
            }
        }
    }

    private void backwardHead(int row, int group, int slot, int from, int count, int key, int width, long mine) {
        int d = shape.headSize();
        int head = group * shape.queries() + slot;
        long start = (long) row * shape.t();
        long first = start + from;
        long q = query(qkv, first, group, slot);
        long dq = query(dqkv, first, group, slot);
        long o = out + (first * shape.width() + (long) head * d) * 4;
        long grad = dout + (first * shape.width() + (long) head * d) * 4;
        long k = query(qkv, start + key, group, shape.queries());
        long dk = query(dqkv, start + key, group, shape.queries());
        long slopes = mine + TILE_BYTES;
        Blas.nt(count, width, d, scale, q, keyWidth, k, keyWidth, 0f, mine, KEYS);
        Blas.nt(count, width, d, 1f, grad, shape.width(), k + d * 4L, keyWidth, 0f, slopes, KEYS);
        for (int i = 0; i < count; i++) {
            float lse = Native.get(logSumExp + ((first + i) * shape.heads() + head) * 4);
            long at = (long) i * shape.width() * 4;
            float delta = dotLoop(grad + at, o + at, d);
            long line = (long) i * KEYS * 4;
            ScoreLine.backward(
                    mine + line, slopes + line, visible(first + i) - key, from + i + 1 - key, width, lse, delta, scale);
        }
        Blas.tn(width, d, count, 1f, mine, KEYS, grad, shape.width(), 1f, dk + d * 4L, keyWidth);
        Blas.tn(width, d, count, 1f, slopes, KEYS, q, keyWidth, 1f, dk, keyWidth);
        Blas.nn(count, d, width, 1f, slopes, KEYS, k, keyWidth, wave > 0 ? 1f : 0f, dq, keyWidth);
    }

    private static float dotLoop(long a, long b, int count) {
        int whole = (int) Floats.whole(count);
        FloatVector sums = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            sums = Floats.load(a + i * 4L).fma(Floats.load(b + i * 4L), sums);
        }
        float sum = Floats.sum(sums);
        for (int i = whole; i < count; i++) {
            sum += Native.get(a + i * 4L) * Native.get(b + i * 4L);
        }
        return sum;
    }

    private long query(long base, long row, int group, int slot) {
        return base + (row * shape.qkvWidth() + (long) group * shape.groupWidth() + (long) slot * shape.headSize()) * 4;
    }

    /// The first key that a position sees.
    private int visible(long row) {
        return documents == 0 ? 0 : Native.getInt(documents + row * 4);
    }

    private int firstKey(long row, int count) {
        int first = Integer.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            first = Math.min(first, visible(row + i));
        }
        return first;
    }

    private void set(long qkv, long documents, long out, long logSumExp, AttentionShape shape) {
        this.shape = shape;
        this.qkv = qkv;
        this.documents = documents;
        this.out = out;
        this.logSumExp = logSumExp;
        this.queryTiles = Math.ceilDiv(shape.t(), QUERIES);
        this.tilesOfKeys = Math.ceilDiv(shape.t(), KEYS);
        this.scale = (float) (1 / Math.sqrt(shape.headSize()));
    }

    @Override
    public void close() {
        scratch.close();
    }
}
