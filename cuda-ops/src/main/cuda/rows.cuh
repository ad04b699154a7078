// Operators that work row by row or element by element: embedding, RMSNorm, rotary embedding, SwiGLU.
#pragma once
#include "platform.cuh"

// One block a row: x[row] = table[ids[row]].
KERNEL pando_embed(const float* table, const int* ids, float* x, int c, int v, Complaint* complaint) {
    int row = blockIdx.x;
    int id = ids[row];
    if (id < 0 || id >= v) {
        if (threadIdx.x == 0) {
            complain(complaint, BAD_TOKEN, row, id);
        }
        return;
    }
    for (int i = threadIdx.x; i < c; i += blockDim.x) {
        x[static_cast<long>(row) * c + i] = table[static_cast<long>(id) * c + i];
    }
}

// One block a row, of 256 threads: the first row with a token adds the gradients of all rows with it, in their order.
KERNEL pando_embed_backward(const float* dx, const int* ids, float* dtable, int n, int c, int v) {
    __shared__ unsigned hits[WARP];
    int row = blockIdx.x;
    int id = ids[row];
    if (id < 0 || id >= v) {
        return; // the forward operator has complained
    }
    int earlier = 0;
    for (int m = threadIdx.x; m < row; m += blockDim.x) {
        earlier |= ids[m] == id;
    }
    if (__syncthreads_or(earlier)) {
        return;
    }
    float* sum = dtable + static_cast<long>(id) * c;
    for (int from = row; from < n; from += blockDim.x) {
        int m = from + threadIdx.x;
        unsigned mine = __ballot_sync(0xffffffffu, m < n && ids[m] == id);
        if (threadIdx.x % WARP == 0) {
            hits[threadIdx.x / WARP] = mine;
        }
        __syncthreads();
        for (int warp = 0; warp < static_cast<int>(blockDim.x) / WARP; warp++) {
            for (unsigned bits = hits[warp]; bits != 0; bits &= bits - 1) {
                const float* add = dx + static_cast<long>(from + warp * WARP + __ffs(bits) - 1) * c;
                for (int i = threadIdx.x; i < c; i += blockDim.x) {
                    sum[i] += add[i];
                }
            }
        }
        __syncthreads();
    }
}

// One block a row. Without a delta the sum is x itself.
KERNEL pando_norm(const float* x, const float* delta, float* sum, const float* weight, float* y, float* scale, int c,
                  double epsilon) {
    long at = static_cast<long>(blockIdx.x) * c;
    float squares = 0;
    for (int i = threadIdx.x; i < c; i += blockDim.x) {
        float a = x[at + i];
        if (delta != nullptr) {
            a += delta[at + i];
            sum[at + i] = a;
        }
        squares = fmaf(a, a, squares);
    }
    squares = sumOfBlock(squares);
    float s = static_cast<float>(1.0 / sqrt(static_cast<double>(squares) / c + epsilon));
    if (threadIdx.x == 0) {
        scale[blockIdx.x] = s;
    }
    const float* in = delta != nullptr ? sum : x;
    for (int i = threadIdx.x; i < c; i += blockDim.x) {
        y[at + i] = in[at + i] * s * weight[i];
    }
}

// One block a row: dx += s (weight dy - x s^2 mean(dy weight x)), and y again.
KERNEL pando_norm_backward(const float* dy, const float* x, const float* weight, const float* scale, float* dx,
                           float* y, int c) {
    long at = static_cast<long>(blockIdx.x) * c;
    float dot = 0;
    for (int i = threadIdx.x; i < c; i += blockDim.x) {
        dot = fmaf(dy[at + i] * weight[i], x[at + i], dot);
    }
    dot = sumOfBlock(dot);
    float s = scale[blockIdx.x];
    float pull = static_cast<float>(static_cast<double>(dot) / c * s * s);
    for (int i = threadIdx.x; i < c; i += blockDim.x) {
        float a = x[at + i];
        dx[at + i] = fmaf(dy[at + i] * weight[i] - a * pull, s, dx[at + i]);
        y[at + i] = a * s * weight[i];
    }
}

constexpr int NORM_ROWS = 32;

// A thread a column, blockIdx.y a run of 32 rows: partial[run] = sum of dy x s over them.
KERNEL pando_norm_gradient(const float* dy, const float* x, const float* scale, float* partial, int n, int c) {
    int column = static_cast<int>(firstElement());
    if (column >= c) {
        return;
    }
    int end = min(n, static_cast<int>(blockIdx.y + 1) * NORM_ROWS);
    float sum = 0;
    for (int row = blockIdx.y * NORM_ROWS; row < end; row++) {
        long at = static_cast<long>(row) * c + column;
        sum = fmaf(dy[at], x[at] * scale[row], sum);
    }
    partial[static_cast<long>(blockIdx.y) * c + column] = sum;
}

// A thread a column: dweight += the partial sums, in their order.
KERNEL pando_add_rows(const float* partial, float* dweight, int runs, int c) {
    int column = static_cast<int>(firstElement());
    if (column >= c) {
        return;
    }
    float sum = dweight[column];
    for (int run = 0; run < runs; run++) {
        sum += partial[static_cast<long>(run) * c + column];
    }
    dweight[column] = sum;
}

// A thread a pair of lanes of a query or key head. Without documents, row 0 is at position `first` of one document.
KERNEL pando_rotate(float* qkv, const int* documents, const float* cosines, const float* sines, int first,
                    int positions, float direction, int n, int t, int kvHeads, int queries, int headSize,
                    Complaint* complaint) {
    int half = headSize / 2;
    int slots = kvHeads * (queries + 1);
    long all = static_cast<long>(n) * slots * half;
    for (long at = firstElement(); at < all; at += allThreads()) {
        int i = static_cast<int>(at % half);
        int slot = static_cast<int>(at / half % slots);
        int row = static_cast<int>(at / half / slots);
        int position = documents == nullptr ? first + row % t : row % t - documents[row];
        if (position < 0 || position >= positions) {
            complain(complaint, BAD_POSITION, row, position);
            continue;
        }
        int group = slot / (queries + 1);
        long width = static_cast<long>(kvHeads) * (queries + 2) * headSize;
        float* head = qkv + row * width
                + (static_cast<long>(group) * (queries + 2) + slot % (queries + 1)) * headSize;
        float c = cosines[static_cast<long>(position) * half + i];
        float s = sines[static_cast<long>(position) * half + i] * direction;
        float a = head[i];
        float b = head[i + half];
        head[i] = a * c - b * s;
        head[i + half] = b * c + a * s;
    }
}

__device__ inline float sigmoid(float g) { return 1.0f / (1.0f + expf(-g)); }

KERNEL pando_swiglu(const float* gate, const float* up, float* y, long elements) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        float g = gate[i];
        y[i] = g * sigmoid(g) * up[i];
    }
}

// In place: gate becomes dgate, up becomes dup, dy becomes y.
KERNEL pando_swiglu_backward(float* gate, float* up, float* dy, long elements) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        float g = gate[i];
        float u = up[i];
        float d = dy[i];
        float s = sigmoid(g);
        gate[i] = d * u * (s * fmaf(g, 1.0f - s, 1.0f));
        up[i] = d * (g * s);
        dy[i] = g * s * u;
    }
}

// Matrix operands on their way to the tensor cores.
KERNEL pando_to_bf16(const float* from, Bf16* to, long elements) {
    for (long i = 2 * firstElement(); i < elements; i += 2 * allThreads()) {
        if (i + 1 < elements) {
            *reinterpret_cast<unsigned*>(to + i) = packBf16(from[i], from[i + 1]);
        } else {
            to[i] = toBf16(from[i]);
        }
    }
}

// Rounds in place, and keeps the upper halves.
KERNEL pando_narrow(float* x, Bf16* narrow, long elements) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        Bf16 rounded = toBf16(x[i]);
        narrow[i] = rounded;
        x[i] = fromBf16(rounded);
    }
}

KERNEL pando_widen(const Bf16* narrow, float* x, long elements) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        x[i] = fromBf16(narrow[i]);
    }
}
