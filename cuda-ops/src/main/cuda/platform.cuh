// What the kernels ask of the hardware beyond plain CUDA C++, each in one place: the emulator of the tests offers the
// same under the same names, so that every kernel also runs on a machine without a GPU.
#pragma once

#ifdef PANDO_EMULATOR
#include "emulator.h"
#else
#include <math_constants.h>

// Shared memory whose size the launch decides.
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]

// The value that the lane with that mask of bits flipped holds.
__device__ inline float swapLanes(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
__device__ inline double swapLanes(double value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
__device__ inline unsigned long long swapLanes(unsigned long long value, int mask) {
    return __shfl_xor_sync(0xffffffffu, value, mask);
}

// Two float32 rounded to the nearest bfloat16, the first in the low half.
__device__ inline unsigned packBf16(float low, float high) {
    unsigned packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

// d += a b on a tensor core: 16 x 16 times 16 x 8, bfloat16 in, float32 out.
//
// With g = lane / 4 and t = lane % 4 (PTX ISA, "Matrix Fragments for mma.m16n8k16"):
//   a[0], a[1]: row g and g + 8, columns 2 t and 2 t + 1;  a[2], a[3]: the same rows, 8 columns further
//   b0, b1:     column g, rows 2 t and 2 t + 1, and 8 rows further
//   d[0], d[1]: row g, columns 2 t and 2 t + 1;            d[2], d[3]: row g + 8
__device__ inline void multiplyAdd(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The operand b of multiplyAdd from a row-major tile of 16 rows and 8 columns in shared memory.
//
// Lane i passes the address of row i % 16, aligned to 16 bytes (PTX ISA, ldmatrix .x2.trans).
__device__ inline void loadRowsAsB(unsigned& b0, unsigned& b1, const unsigned short* row) {
    unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(b0), "=r"(b1)
                 : "r"(address)
                 : "memory");
}
#endif

#define KERNEL extern "C" __global__ void

using Bf16 = unsigned short;

constexpr int WARP = 32;

__device__ inline Bf16 toBf16(float value) { return static_cast<Bf16>(packBf16(value, 0.0f)); }

__device__ inline float fromBf16(Bf16 value) { return __uint_as_float(static_cast<unsigned>(value) << 16); }

// Two neighbours that lie at an even place.
__device__ inline unsigned pairAt(const Bf16* at) { return *reinterpret_cast<const unsigned*>(at); }

// The sum over a block's threads, at most 1,024 and whole warps, along one fixed tree; every thread receives it.
template <class T>
__device__ T sumOfBlock(T value) {
    __shared__ T ofWarps[WARP];
    for (int mask = WARP / 2; mask > 0; mask /= 2) {
        value += swapLanes(value, mask);
    }
    if (threadIdx.x % WARP == 0) {
        ofWarps[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    T sum = threadIdx.x % WARP < blockDim.x / WARP ? ofWarps[threadIdx.x % WARP] : T(0);
    for (int mask = WARP / 2; mask > 0; mask /= 2) {
        sum += swapLanes(sum, mask);
    }
    __syncthreads(); // so that the next sum may overwrite the warps'
    return sum;
}

__device__ inline float maxOfBlock(float value) {
    __shared__ float ofWarps[WARP];
    for (int mask = WARP / 2; mask > 0; mask /= 2) {
        value = fmaxf(value, swapLanes(value, mask));
    }
    if (threadIdx.x % WARP == 0) {
        ofWarps[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    float top = threadIdx.x % WARP < blockDim.x / WARP ? ofWarps[threadIdx.x % WARP] : -CUDART_INF_F;
    for (int mask = WARP / 2; mask > 0; mask /= 2) {
        top = fmaxf(top, swapLanes(top, mask));
    }
    __syncthreads();
    return top;
}

// What was wrong with the input, for the host to read when it next waits: the complaint about the lowest position wins,
// whichever thread comes first.
using Complaint = unsigned long long;

constexpr int BAD_TOKEN = 0;
constexpr int BAD_LABEL = 1;
constexpr int BAD_POSITION = 2;
constexpr int BAD_DOCUMENT = 3;

__device__ inline void complain(Complaint* complaint, int kind, int position, int value) {
    Complaint mine = (static_cast<Complaint>(position) << 34) | (static_cast<Complaint>(kind) << 32)
            | static_cast<unsigned>(value);
    atomicMin(complaint, mine);
}

__device__ inline long firstElement() { return static_cast<long>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ inline long allThreads() { return static_cast<long>(gridDim.x) * blockDim.x; }
