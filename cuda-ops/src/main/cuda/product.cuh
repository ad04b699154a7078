// A matrix product of our own, for where no cuBLASLt is installed: float32 in memory, bfloat16 on the tensor cores,
// float32 sums, each element summed by one warp in one order.
#pragma once
#include "platform.cuh"

constexpr int PRODUCT_TILE = 64;  // rows and columns of a block
constexpr int PRODUCT_DEPTH = 32; // inner elements at a time
constexpr int PRODUCT_LINE = PRODUCT_DEPTH + 8; // padded: the eight rows that a warp reads lie in different banks

// Rows of the operand lie in memory in strides, so that both of its layouts are read along whichever index is dense.
__device__ inline void loadOperand(Bf16* tile, const float* from, long rowStride, long innerStride, int rows,
                                   int depth) {
    for (int at = threadIdx.x; at < PRODUCT_TILE * PRODUCT_DEPTH; at += blockDim.x) {
        int row = innerStride == 1 ? at / PRODUCT_DEPTH : at % PRODUCT_TILE;
        int inner = innerStride == 1 ? at % PRODUCT_DEPTH : at / PRODUCT_TILE;
        float value = row < rows && inner < depth ? from[row * rowStride + inner * innerStride] : 0.0f;
        tile[row * PRODUCT_LINE + inner] = toBf16(value);
    }
}

// c[i][j] = sum over l of a(i, l) b(l, j), or added to it; c is row-major. A block of 128 threads computes 64 x 64, each
// of its four warps 32 x 32.
KERNEL pando_product(const float* a, long aRow, long aInner, const float* b, long bInner, long bColumn, float* c, int m,
                     int n, int k, int add) {
    __shared__ __align__(16) Bf16 left[PRODUCT_TILE * PRODUCT_LINE];
    __shared__ __align__(16) Bf16 right[PRODUCT_TILE * PRODUCT_LINE];
    int row0 = blockIdx.y * PRODUCT_TILE;
    int column0 = blockIdx.x * PRODUCT_TILE;
    int warp = threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    int g = lane / 4;
    int t = lane % 4;
    int warpRow = warp / 2 * 32;
    int warpColumn = warp % 2 * 32;
    float sums[2][4][4] = {};
    for (int inner = 0; inner < k; inner += PRODUCT_DEPTH) {
        loadOperand(left, a + row0 * aRow + inner * aInner, aRow, aInner, m - row0, k - inner);
        loadOperand(right, b + column0 * bColumn + inner * bInner, bColumn, bInner, n - column0, k - inner);
        __syncthreads();
        for (int step = 0; step < PRODUCT_DEPTH; step += 16) {
            for (int i = 0; i < 2; i++) {
                const Bf16* line = left + (warpRow + i * 16 + g) * PRODUCT_LINE + step + 2 * t;
                unsigned fragment[4] = {pairAt(line), pairAt(line + 8 * PRODUCT_LINE), pairAt(line + 8),
                                        pairAt(line + 8 * PRODUCT_LINE + 8)};
                for (int j = 0; j < 4; j++) {
                    const Bf16* column = right + (warpColumn + j * 8 + g) * PRODUCT_LINE + step + 2 * t;
                    multiplyAdd(sums[i][j], fragment, pairAt(column), pairAt(column + 8));
                }
            }
        }
        __syncthreads();
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 4; j++) {
            for (int e = 0; e < 4; e++) {
                int row = row0 + warpRow + i * 16 + g + e / 2 * 8;
                int column = column0 + warpColumn + j * 8 + 2 * t + e % 2;
                if (row < m && column < n) {
                    long at = static_cast<long>(row) * n + column;
                    c[at] = add ? c[at] + sums[i][j][e] : sums[i][j][e];
                }
            }
        }
    }
}
