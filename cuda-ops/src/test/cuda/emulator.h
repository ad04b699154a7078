// Runs CUDA kernels on a processor: the threads of a block are fibers of one thread, which change places at barriers and
// warp operations. Each warp in turn, in an order that changes, runs as far ahead of the others as the block's barriers
// let it, so that a barrier that is missing shows. Blocks run one after the other. Tensor core operations follow the
// layouts that the PTX manual states.
//
// It knows what our kernels use and no more. It stops the process where threads wait for each other for ever.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <sys/mman.h>
#include <type_traits>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __launch_bounds__(threads)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __shared__ static // one block at a time, so one copy is enough
#define CUDART_INF_F __builtin_inff()
#define DYNAMIC_SHARED(name) unsigned char* name = emulator::dynamicShared

struct float2 {
    float x, y;
};

namespace emulator {
struct Place {
    unsigned x, y, z;
};

constexpr int MOST_THREADS = 1024;
constexpr size_t STACK = 128 * 1024;
constexpr size_t SHARED = 228 * 1024;

struct Warp {
    int alive = 0;
    int arrived = 0;
    unsigned round = 0;
    // what lanes hand each other, in two copies that take turns: a lane may leave a round while others still read
    alignas(16) unsigned char words[2][32][32];
    float products[2][16][8];
};

inline Place threadIdx, blockIdx, blockDim, gridDim;
inline unsigned char* dynamicShared;
inline Warp warps[MOST_THREADS / 32];
inline int alive, arrived;
inline unsigned blockRound;
inline int votes[2];
inline bool progress;               // something was done since this was last looked at
inline unsigned heldBy[MOST_THREADS]; // the block's barrier, by its number from 1 on, that a thread waits at; 0: none

void yield();

[[noreturn]] inline void die(const char* why) {
    fprintf(stderr, "emulator: %s in block %u %u %u\n", why, blockIdx.x, blockIdx.y, blockIdx.z);
    abort();
}

inline Warp& warp() { return warps[threadIdx.x / 32]; }

// @param last is done by the lane that comes last, before any goes on
template <class Last>
inline void waitForWarp(Last last) {
    Warp& mine = warp();
    unsigned round = mine.round;
    if (++mine.arrived == mine.alive) {
        last();
        mine.arrived = 0;
        mine.round++;
        progress = true;
    }
    while (mine.round == round) {
        yield();
    }
}

// Hands something to the lanes of the warp; returns what all of them have handed over.
template <class T, class Last>
inline const unsigned char (*exchange(const T& mine, Last last))[32] {
    static_assert(sizeof(T) <= 32);
    Warp& w = warp();
    auto copy = w.words[w.round % 2];
    memcpy(copy[threadIdx.x % 32], &mine, sizeof(T));
    waitForWarp([&] { last(copy); });
    return copy;
}

template <class T>
inline const unsigned char (*exchange(const T& mine))[32] {
    return exchange(mine, [](const unsigned char (*)[32]) {});
}

template <class T>
inline T ofLane(const unsigned char (*words)[32], int lane) {
    T value;
    memcpy(&value, words[lane], sizeof(T));
    return value;
}

inline float asFloat(unsigned bf16) {
    unsigned bits = bf16 << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

inline unsigned roundToBf16(float value) {
    unsigned bits;
    memcpy(&bits, &value, 4);
    if (value != value) {
        return 0x7fff;
    }
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
} // namespace emulator

using emulator::blockDim;
using emulator::blockIdx;
using emulator::gridDim;
using emulator::threadIdx;

inline int __syncthreads_or(int vote) {
    using namespace emulator;
    unsigned round = blockRound;
    int& voted = votes[round % 2];
    voted |= vote;
    if (++arrived == alive) {
        arrived = 0;
        votes[(round + 1) % 2] = 0;
        blockRound++;
    }
    progress = true;
    heldBy[threadIdx.x] = round + 1;
    while (blockRound == round) {
        yield();
    }
    heldBy[threadIdx.x] = 0;
    return voted;
}

inline void __syncthreads() { __syncthreads_or(0); }

inline unsigned __ballot_sync(unsigned, int vote) {
    auto votes = emulator::exchange(vote);
    unsigned bits = 0;
    for (int lane = 0; lane < 32; lane++) {
        bits |= (emulator::ofLane<int>(votes, lane) != 0 ? 1u : 0u) << lane;
    }
    return bits;
}

template <class T>
inline T swapLanes(T value, int mask) {
    return emulator::ofLane<T>(emulator::exchange(value), threadIdx.x % 32 ^ mask);
}

inline unsigned packBf16(float low, float high) {
    return emulator::roundToBf16(low) | emulator::roundToBf16(high) << 16;
}

inline void multiplyAdd(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    using namespace emulator;
    struct Fragments {
        unsigned a[4], b[2];
    };
    Warp& w = warp();
    auto& product = w.products[w.round % 2];
    // the lane that comes last multiplies for all
    auto fragments = exchange(Fragments{{a[0], a[1], a[2], a[3]}, {b0, b1}}, [&product](const unsigned char (*words)[32]) {
        float left[16][16];
        float right[16][8];
        for (int lane = 0; lane < 32; lane++) {
            Fragments f = ofLane<Fragments>(words, lane);
            int g = lane / 4;
            int t = lane % 4;
            for (int half = 0; half < 2; half++) {
                for (int i = 0; i < 4; i++) {
                    left[g + i % 2 * 8][2 * t + i / 2 * 8 + half] = asFloat(f.a[i] >> half * 16 & 0xffff);
                }
                for (int i = 0; i < 2; i++) {
                    right[2 * t + i * 8 + half][g] = asFloat(f.b[i] >> half * 16 & 0xffff);
                }
            }
        }
        for (int row = 0; row < 16; row++) {
            for (int column = 0; column < 8; column++) {
                product[row][column] = 0;
            }
            for (int k = 0; k < 16; k++) {
                for (int column = 0; column < 8; column++) {
                    product[row][column] += left[row][k] * right[k][column];
                }
            }
        }
    });
    (void)fragments;
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    for (int i = 0; i < 4; i++) {
        d[i] += product[g + i / 2 * 8][2 * t + i % 2];
    }
}

inline void loadRowsAsB(unsigned& b0, unsigned& b1, const unsigned short* row) {
    if (reinterpret_cast<uintptr_t>(row) % 16 != 0) {
        emulator::die("a row of a matrix is not aligned to 16 bytes");
    }
    auto rows = emulator::exchange(row);
    int column = threadIdx.x % 32 / 4;
    int first = 2 * (threadIdx.x % 4);
    auto element = [&](int r) -> unsigned { return emulator::ofLane<const unsigned short*>(rows, r)[column]; };
    b0 = element(first) | element(first + 1) << 16;
    b1 = element(first + 8) | element(first + 9) << 16;
    emulator::waitForWarp([] {}); // no thread changes the rows before all have read them
}

inline float __uint_as_float(unsigned bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

inline int __ffs(unsigned bits) { return __builtin_ffs(static_cast<int>(bits)); }

inline void atomicMin(unsigned long long* at, unsigned long long value) {
    if (value < *at) {
        *at = value;
    }
}

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
