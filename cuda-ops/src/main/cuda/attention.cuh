// Causal attention with grouped queries inside documents on tensor cores, tile by tile (FlashAttention-2, Dao): nothing
// of size T x T exists, and every sum belongs to one warp, so no order is left to chance.
//
// The backward pass forms the scores twice, once for keys and values, once for queries: that is what it costs to add
// nothing atomically.
#pragma once
#include "platform.cuh"

constexpr float LOG2_E = 1.4426950408889634f;
constexpr float LN_2 = 0.6931471805599453f;

constexpr int TILE_ROWS = 64; // rows of a block: four warps of 16 each
constexpr int INNER_ROWS = 32; // rows of what the backward pass runs over

// Where things of a (row of the microbatch, head) lie, in elements.
struct HeadPlace {
    int t;
    int headSize;
    long qkvWidth;
    long outWidth;
    long query; // of position 0
    long key;
    long value;
    long out;
    long sums; // of logSumExp, whose lines are H wide

    __device__ HeadPlace(int row, int head, int t, int heads, int queries, int headSize) : t(t), headSize(headSize) {
        long group = head / queries;
        long groupWidth = static_cast<long>(queries + 2) * headSize;
        qkvWidth = heads / queries * groupWidth;
        outWidth = static_cast<long>(heads) * headSize;
        long line = static_cast<long>(row) * t * qkvWidth + group * groupWidth;
        query = line + head % queries * static_cast<long>(headSize);
        key = line + static_cast<long>(queries) * headSize;
        value = key + headSize;
        out = static_cast<long>(row) * t * outWidth + static_cast<long>(head) * headSize;
        sums = static_cast<long>(row) * t * heads + head;
    }
};

// D is the head size rounded up to whole tiles; lines are padded so that the eight rows that a warp reads lie in
// different banks, and stay aligned to 16 bytes.
template <int D>
struct Tile {
    static constexpr int LINE = D + 8;
    static constexpr int PARTS = D / 8;

    // The first rows of a head as bfloat16; zeros where there are no rows or lanes.
    static __device__ void load(Bf16* tile, int rows, const float* from, long width, int count, int headSize) {
        for (int at = threadIdx.x; at < rows * (D / 2); at += blockDim.x) {
            int row = at / (D / 2);
            int i = at % (D / 2) * 2;
            float2 pair = {0.0f, 0.0f};
            if (row < count && i < headSize) {
                pair = *reinterpret_cast<const float2*>(from + row * width + i);
            }
            *reinterpret_cast<unsigned*>(tile + row * LINE + i) = packBf16(pair.x, pair.y);
        }
    }

    // Operand a of multiplyAdd: 16 rows and 16 columns from `at` on.
    static __device__ void loadA(unsigned (&a)[4], const Bf16* at) {
        int g = threadIdx.x % WARP / 4;
        int t = threadIdx.x % 4;
        const Bf16* line = at + g * LINE + 2 * t;
        a[0] = pairAt(line);
        a[1] = pairAt(line + 8 * LINE);
        a[2] = pairAt(line + 8);
        a[3] = pairAt(line + 8 * LINE + 8);
    }

    // scores += (16 rows of a) (8 COLUMNS rows of b)^T over all lanes of the head.
    template <int COLUMNS>
    static __device__ void addScores(float (&scores)[COLUMNS][4], const Bf16* a, const Bf16* b) {
        int g = threadIdx.x % WARP / 4;
        int t = threadIdx.x % 4;
        for (int step = 0; step < D; step += 16) {
            unsigned fragment[4];
            loadA(fragment, a + step);
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                const Bf16* column = b + (j * 8 + g) * LINE + step + 2 * t;
                multiplyAdd(scores[j], fragment, pairAt(column), pairAt(column + 8));
            }
        }
    }

    // sums += p (8 COLUMNS rows of b); p is what addScores left, rounded to bfloat16: two of its tiles side by side are
    // an operand a.
    template <int COLUMNS>
    static __device__ void addProducts(float (&sums)[PARTS][4], const float (&p)[COLUMNS][4], const Bf16* b) {
        int line = threadIdx.x % 16;
#pragma unroll
        for (int j = 0; j < COLUMNS / 2; j++) {
            unsigned fragment[4] = {packBf16(p[2 * j][0], p[2 * j][1]), packBf16(p[2 * j][2], p[2 * j][3]),
                                    packBf16(p[2 * j + 1][0], p[2 * j + 1][1]),
                                    packBf16(p[2 * j + 1][2], p[2 * j + 1][3])};
#pragma unroll
            for (int part = 0; part < PARTS; part++) {
                unsigned b0;
                unsigned b1;
                loadRowsAsB(b0, b1, b + (j * 16 + line) * LINE + part * 8);
                multiplyAdd(sums[part], fragment, b0, b1);
            }
        }
    }

    // Writes a warp's 16 rows, those below count, each half of the rows times its factor.
    static __device__ void store(float* to, long width, int count, int headSize, const float (&sums)[PARTS][4],
                                 const float (&factors)[2]) {
        int g = threadIdx.x % WARP / 4;
        int t = threadIdx.x % 4;
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int row = g + half * 8;
                int i = part * 8 + 2 * t;
                if (row < count && i < headSize) {
                    float2 pair = {sums[part][2 * half] * factors[half], sums[part][2 * half + 1] * factors[half]};
                    *reinterpret_cast<float2*>(to + row * width + i) = pair;
                }
            }
        }
    }
};

// Whether all documents of these positions begin where they can.
__device__ inline void checkDocuments(const int* starts, int row, int from, int count, int t, Complaint* complaint) {
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        if (starts[i] < 0 || starts[i] > from + i) {
            complain(complaint, BAD_DOCUMENT, row * t + from + i, starts[i]);
        }
    }
}

// blockIdx: tile of 64 queries (the longest first), head, row of the microbatch.
template <int D>
__device__ void attend(const float* qkv, const int* documents, float* out, float* logSumExp, int t, int heads,
                       int queries, int headSize, float scale, Complaint* complaint) {
    DYNAMIC_SHARED(raw);
    __shared__ int starts[TILE_ROWS];
    Bf16* q = reinterpret_cast<Bf16*>(raw);
    Bf16* k = q + TILE_ROWS * Tile<D>::LINE;
    Bf16* v = k + TILE_ROWS * Tile<D>::LINE;
    HeadPlace place(blockIdx.z, blockIdx.y, t, heads, queries, headSize);
    int from = (gridDim.x - 1 - blockIdx.x) * TILE_ROWS;
    int count = min(t - from, TILE_ROWS);
    int warpRow = threadIdx.x / WARP * 16;
    int lane = threadIdx.x % WARP;
    for (int i = threadIdx.x; i < TILE_ROWS; i += blockDim.x) {
        starts[i] = documents[blockIdx.z * t + from + min(i, count - 1)];
    }
    Tile<D>::load(q, TILE_ROWS, qkv + place.query + from * place.qkvWidth, place.qkvWidth, count, headSize);
    __syncthreads();
    checkDocuments(starts, blockIdx.z, from, count, t, complaint);
    int first = from;
    for (int i = 0; i < count; i++) {
        first = max(0, min(first, starts[i]));
    }

    float sums[D / 8][4] = {};
    float tops[2] = {-CUDART_INF_F, -CUDART_INF_F}; // in units of log 2, as all exponents here
    float totals[2] = {0.0f, 0.0f};
    // tiles of keys lie on an absolute grid, wherever documents begin
    for (int key = first - first % TILE_ROWS; key < from + count; key += TILE_ROWS) {
        int keys = min(from + count - key, TILE_ROWS);
        __syncthreads(); // the tiles of the round before have been read
        Tile<D>::load(k, TILE_ROWS, qkv + place.key + key * place.qkvWidth, place.qkvWidth, keys, headSize);
        Tile<D>::load(v, TILE_ROWS, qkv + place.value + key * place.qkvWidth, place.qkvWidth, keys, headSize);
        __syncthreads();
        float p[TILE_ROWS / 8][4] = {};
        Tile<D>::addScores(p, q + warpRow * Tile<D>::LINE, k);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = warpRow + lane / 4 + half * 8;
            float top = tops[half];
#pragma unroll
            for (int j = 0; j < TILE_ROWS / 8; j++) {
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; e++) {
                    int position = key + j * 8 + 2 * (lane % 4) + e % 2;
                    bool visible = row < count && position <= from + row && position >= starts[row];
                    p[j][e] = visible ? p[j][e] * (scale * LOG2_E) : -CUDART_INF_F;
                    top = fmaxf(top, p[j][e]);
                }
            }
            top = fmaxf(top, swapLanes(top, 1));
            top = fmaxf(top, swapLanes(top, 2));
            float base = top == -CUDART_INF_F ? 0.0f : top; // nothing visible yet
            float shrink = exp2f(tops[half] - base);
            float total = 0.0f;
#pragma unroll
            for (int j = 0; j < TILE_ROWS / 8; j++) {
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; e++) {
                    p[j][e] = exp2f(p[j][e] - base);
                    total += p[j][e];
                }
            }
            totals[half] = totals[half] * shrink + total;
            tops[half] = top;
#pragma unroll
            for (int part = 0; part < D / 8; part++) {
                sums[part][2 * half] *= shrink;
                sums[part][2 * half + 1] *= shrink;
            }
        }
        Tile<D>::addProducts(sums, p, v);
    }
    float factors[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
        int row = warpRow + lane / 4 + half * 8;
        float total = totals[half];
        total += swapLanes(total, 1);
        total += swapLanes(total, 2);
        factors[half] = 1.0f / total;
        if (row < count && lane % 4 == 0) {
            logSumExp[place.sums + static_cast<long>(from + row) * heads] = (tops[half] + log2f(total)) * LN_2;
        }
    }
    Tile<D>::store(out + place.out + (from + warpRow) * place.outWidth, place.outWidth, count - warpRow, headSize, sums,
                   factors);
}

// One warp a (position, head): dots = dout . out.
KERNEL pando_attend_dots(const float* dout, const float* out, float* dots, long lines, int headSize) {
    long line = firstElement() / WARP;
    if (line >= lines) {
        return;
    }
    float dot = 0;
    for (int i = threadIdx.x % WARP; i < headSize; i += WARP) {
        dot = fmaf(dout[line * headSize + i], out[line * headSize + i], dot);
    }
    for (int mask = WARP / 2; mask > 0; mask /= 2) {
        dot += swapLanes(dot, mask);
    }
    if (threadIdx.x % WARP == 0) {
        dots[line] = dot;
    }
}

// p becomes probabilities, and slopes, which hold dout . v, the gradients of the unscaled scores.
__device__ inline void scoreGradient(float& p, float& slope, bool visible, float logSumExp, float dot, float scale) {
    p = visible ? exp2f(p * (scale * LOG2_E) - logSumExp * LOG2_E) : 0.0f;
    slope = p * (slope - dot) * scale;
}

// Gradients of keys and values. blockIdx: tile of 64 keys, group, row of the microbatch. A warp holds 16 keys and goes
// through all queries of the group that may see them.
template <int D>
__device__ void attendBackwardKeys(const float* dout, const float* qkv, const int* documents, const float* logSumExp,
                                   const float* dots, float* dqkv, int t, int heads, int queries, int headSize,
                                   float scale) {
    DYNAMIC_SHARED(raw);
    __shared__ int starts[INNER_ROWS];
    __shared__ float sumsOfQueries[INNER_ROWS];
    __shared__ float dotsOfQueries[INNER_ROWS];
    Bf16* k = reinterpret_cast<Bf16*>(raw);
    Bf16* v = k + TILE_ROWS * Tile<D>::LINE;
    Bf16* q = v + TILE_ROWS * Tile<D>::LINE;
    Bf16* dy = q + INNER_ROWS * Tile<D>::LINE;
    int key0 = blockIdx.x * TILE_ROWS;
    int keys = min(t - key0, TILE_ROWS);
    int warpRow = threadIdx.x / WARP * 16;
    int lane = threadIdx.x % WARP;
    HeadPlace group(blockIdx.z, blockIdx.y * queries, t, heads, queries, headSize);
    Tile<D>::load(k, TILE_ROWS, qkv + group.key + key0 * group.qkvWidth, group.qkvWidth, keys, headSize);
    Tile<D>::load(v, TILE_ROWS, qkv + group.value + key0 * group.qkvWidth, group.qkvWidth, keys, headSize);
    float dk[D / 8][4] = {};
    float dv[D / 8][4] = {};
    for (int slot = 0; slot < queries; slot++) {
        HeadPlace place(blockIdx.z, blockIdx.y * queries + slot, t, heads, queries, headSize);
        for (int from = key0; from < t; from += INNER_ROWS) {
            int count = min(t - from, INNER_ROWS);
            bool mine = static_cast<int>(threadIdx.x) < count;
            int start = mine ? documents[blockIdx.z * t + from + threadIdx.x] : 0;
            // also waits until the tiles of the round before have been read
            if (!__syncthreads_or(mine && start < key0 + keys)) {
                continue; // all these documents begin behind our keys
            }
            if (threadIdx.x < INNER_ROWS) {
                long line = place.sums + static_cast<long>(from + threadIdx.x) * heads;
                starts[threadIdx.x] = start;
                sumsOfQueries[threadIdx.x] = mine ? logSumExp[line] : 0.0f;
                dotsOfQueries[threadIdx.x] = mine ? dots[line] : 0.0f;
            }
            Tile<D>::load(q, INNER_ROWS, qkv + place.query + from * place.qkvWidth, place.qkvWidth, count, headSize);
            Tile<D>::load(dy, INNER_ROWS, dout + place.out + from * place.outWidth, place.outWidth, count, headSize);
            __syncthreads();
            float p[INNER_ROWS / 8][4] = {};
            float slopes[INNER_ROWS / 8][4] = {};
            Tile<D>::addScores(p, k + warpRow * Tile<D>::LINE, q);
            Tile<D>::addScores(slopes, v + warpRow * Tile<D>::LINE, dy);
#pragma unroll
            for (int j = 0; j < INNER_ROWS / 8; j++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    int key = key0 + warpRow + lane / 4 + e / 2 * 8;
                    int query = j * 8 + 2 * (lane % 4) + e % 2;
                    bool visible = query < count && key <= from + query && key >= starts[query];
                    scoreGradient(p[j][e], slopes[j][e], visible, sumsOfQueries[query], dotsOfQueries[query], scale);
                }
            }
            Tile<D>::addProducts(dv, p, dy);
            Tile<D>::addProducts(dk, slopes, q);
        }
    }
    const float whole[2] = {1.0f, 1.0f};
    long line = (key0 + warpRow) * group.qkvWidth;
    Tile<D>::store(dqkv + group.key + line, group.qkvWidth, keys - warpRow, headSize, dk, whole);
    Tile<D>::store(dqkv + group.value + line, group.qkvWidth, keys - warpRow, headSize, dv, whole);
}

// Gradients of queries. blockIdx as in attend.
template <int D>
__device__ void attendBackwardQueries(const float* dout, const float* qkv, const int* documents, const float* logSumExp,
                                      const float* dots, float* dqkv, int t, int heads, int queries, int headSize,
                                      float scale) {
    DYNAMIC_SHARED(raw);
    __shared__ int starts[TILE_ROWS];
    Bf16* q = reinterpret_cast<Bf16*>(raw);
    Bf16* dy = q + TILE_ROWS * Tile<D>::LINE;
    Bf16* k = dy + TILE_ROWS * Tile<D>::LINE;
    Bf16* v = k + INNER_ROWS * Tile<D>::LINE;
    HeadPlace place(blockIdx.z, blockIdx.y, t, heads, queries, headSize);
    int from = (gridDim.x - 1 - blockIdx.x) * TILE_ROWS;
    int count = min(t - from, TILE_ROWS);
    int warpRow = threadIdx.x / WARP * 16;
    int lane = threadIdx.x % WARP;
    for (int i = threadIdx.x; i < TILE_ROWS; i += blockDim.x) {
        starts[i] = documents[blockIdx.z * t + from + min(i, count - 1)];
    }
    Tile<D>::load(q, TILE_ROWS, qkv + place.query + from * place.qkvWidth, place.qkvWidth, count, headSize);
    Tile<D>::load(dy, TILE_ROWS, dout + place.out + from * place.outWidth, place.outWidth, count, headSize);
    __syncthreads();
    int first = from;
    for (int i = 0; i < count; i++) {
        first = max(0, min(first, starts[i]));
    }
    float sumOfRow[2];
    float dotOfRow[2];
    for (int half = 0; half < 2; half++) {
        int row = min(warpRow + lane / 4 + half * 8, count - 1);
        long line = place.sums + static_cast<long>(from + row) * heads;
        sumOfRow[half] = logSumExp[line];
        dotOfRow[half] = dots[line];
    }
    float dq[D / 8][4] = {};
    for (int key = first - first % INNER_ROWS; key < from + count; key += INNER_ROWS) {
        int keys = min(from + count - key, INNER_ROWS);
        __syncthreads(); // the tiles of the round before have been read
        Tile<D>::load(k, INNER_ROWS, qkv + place.key + key * place.qkvWidth, place.qkvWidth, keys, headSize);
        Tile<D>::load(v, INNER_ROWS, qkv + place.value + key * place.qkvWidth, place.qkvWidth, keys, headSize);
        __syncthreads();
        float p[INNER_ROWS / 8][4] = {};
        float slopes[INNER_ROWS / 8][4] = {};
        Tile<D>::addScores(p, q + warpRow * Tile<D>::LINE, k);
        Tile<D>::addScores(slopes, dy + warpRow * Tile<D>::LINE, v);
#pragma unroll
        for (int j = 0; j < INNER_ROWS / 8; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                int row = warpRow + lane / 4 + e / 2 * 8;
                int position = key + j * 8 + 2 * (lane % 4) + e % 2;
                bool visible = row < count && position <= from + row && position >= starts[row];
                scoreGradient(p[j][e], slopes[j][e], visible, sumOfRow[e / 2], dotOfRow[e / 2], scale);
            }
        }
        Tile<D>::addProducts(dq, slopes, k);
    }
    const float whole[2] = {1.0f, 1.0f};
    Tile<D>::store(dqkv + place.query + (from + warpRow) * place.qkvWidth, place.qkvWidth, count - warpRow, headSize, dq,
                   whole);
}

#define ATTENTION(D)                                                                                                  \
    extern "C" __global__ void __launch_bounds__(128) pando_attend_##D(                                               \
            const float* qkv, const int* documents, float* out, float* logSumExp, int t, int heads, int queries,      \
            int headSize, float scale, Complaint* complaint) {                                                        \
        attend<D>(qkv, documents, out, logSumExp, t, heads, queries, headSize, scale, complaint);                     \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(128) pando_attend_keys_##D(                                          \
            const float* dout, const float* qkv, const int* documents, const float* logSumExp, const float* dots,     \
            float* dqkv, int t, int heads, int queries, int headSize, float scale) {                                  \
        attendBackwardKeys<D>(dout, qkv, documents, logSumExp, dots, dqkv, t, heads, queries, headSize, scale);       \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(128) pando_attend_queries_##D(                                       \
            const float* dout, const float* qkv, const int* documents, const float* logSumExp, const float* dots,     \
            float* dqkv, int t, int heads, int queries, int headSize, float scale) {                                  \
        attendBackwardQueries<D>(dout, qkv, documents, logSumExp, dots, dqkv, t, heads, queries, headSize, scale);    \
    }

ATTENTION(16)
ATTENTION(32)
ATTENTION(64)
ATTENTION(128)

// Moves keys and values of new positions behind the older ones: a thread an element.
KERNEL pando_cache(const float* qkv, float* cache, int from, int n, int kvHeads, int queries, int headSize) {
    int width = 2 * headSize;
    long all = static_cast<long>(n) * kvHeads * width;
    for (long at = firstElement(); at < all; at += allThreads()) {
        int i = static_cast<int>(at % width);
        long group = at / width % kvHeads;
        long row = at / width / kvHeads;
        cache[((from + row) * kvHeads + group) * width + i] =
                qkv[(row * kvHeads + group) * (queries + 2) * headSize + static_cast<long>(queries) * headSize + i];
    }
}

constexpr int CACHED_KEYS = 128;

// One block of 128 threads a (new position, head), float32 throughout: each thread a key, then each a lane of the head.
KERNEL pando_attend_cached(const float* qkv, const float* cache, float* out, int from, int kvHeads, int queries,
                           int headSize, float scale) {
    __shared__ float weights[CACHED_KEYS];
    int row = blockIdx.x;
    int head = blockIdx.y;
    int group = head / queries;
    int visible = from + row + 1;
    long line = static_cast<long>(kvHeads) * 2 * headSize;
    const float* q = qkv + (static_cast<long>(row) * kvHeads + group) * (queries + 2) * headSize
            + static_cast<long>(head % queries) * headSize;
    const float* keys = cache + static_cast<long>(group) * 2 * headSize;
    float* y = out + (static_cast<long>(row) * kvHeads * queries + head) * headSize;
    float top = -CUDART_INF_F;
    float total = 0.0f;
    float sum = 0.0f; // of lane threadIdx.x of the head; heads have at most 128
    for (int key0 = 0; key0 < visible; key0 += CACHED_KEYS) {
        int key = key0 + threadIdx.x;
        float score = -CUDART_INF_F;
        if (key < visible) {
            score = 0.0f;
            for (int i = 0; i < headSize; i++) {
                score = fmaf(q[i], keys[key * line + i], score);
            }
            score *= scale;
        }
        float newTop = fmaxf(top, maxOfBlock(score));
        float weight = expf(score - newTop);
        float shrink = expf(top - newTop);
        weights[threadIdx.x] = weight;
        total = total * shrink + sumOfBlock(weight); // waits for all weights, too
        sum *= shrink;
        if (static_cast<int>(threadIdx.x) < headSize) {
            for (int other = 0; other < min(CACHED_KEYS, visible - key0); other++) {
                sum = fmaf(weights[other], keys[(key0 + other) * line + headSize + threadIdx.x], sum);
            }
        }
        top = newTop;
        __syncthreads();
    }
    if (static_cast<int>(threadIdx.x) < headSize) {
        y[threadIdx.x] = sum / total;
    }
}
