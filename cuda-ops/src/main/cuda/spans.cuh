// What happens to whole spans of weights and gradients, and the loss. Sums run along fixed trees; no float is ever added
// atomically.
#pragma once
#include "platform.cuh"

constexpr int IGNORED = -100;

// One block a row of logits, which becomes the gradient of the row's loss; the loss goes to losses[row].
KERNEL pando_cross_entropy(float* logits, const int* labels, double* losses, int v, Complaint* complaint) {
    int label = labels[blockIdx.x];
    float* x = logits + static_cast<long>(blockIdx.x) * v;
    bool known = label >= 0 && label < v;
    if (!known) {
        if (label != IGNORED && threadIdx.x == 0) {
            complain(complaint, BAD_LABEL, blockIdx.x, label);
        }
        for (int i = threadIdx.x; i < v; i += blockDim.x) {
            x[i] = 0;
        }
        if (threadIdx.x == 0) {
            losses[blockIdx.x] = 0;
        }
        return;
    }
    float top = -CUDART_INF_F;
    for (int i = threadIdx.x; i < v; i += blockDim.x) {
        top = fmaxf(top, x[i]);
    }
    top = maxOfBlock(top);
    float part = 0;
    for (int i = threadIdx.x; i < v; i += blockDim.x) {
        part += expf(x[i] - top);
    }
    double sum = sumOfBlock(static_cast<double>(part));
    if (threadIdx.x == 0) {
        losses[blockIdx.x] = log(sum) + top - x[label];
    }
    __syncthreads(); // before the label's logit is overwritten
    float factor = static_cast<float>(1 / sum);
    for (int i = threadIdx.x; i < v; i += blockDim.x) {
        x[i] = expf(x[i] - top) * factor - (i == label ? 1.0f : 0.0f);
    }
}

// One block: adds the rows' losses to total[0], and the number of rows that count to the integer behind it.
KERNEL pando_add_losses(const double* losses, const int* labels, double* total, int n) {
    double sum = 0;
    unsigned long long count = 0;
    for (int row = threadIdx.x; row < n; row += blockDim.x) {
        sum += losses[row];
        count += labels[row] == IGNORED ? 0 : 1;
    }
    sum = sumOfBlock(sum);
    count = sumOfBlock(count);
    if (threadIdx.x == 0) {
        total[0] += sum;
        reinterpret_cast<unsigned long long*>(total)[1] += count;
    }
}

constexpr long TILE = 1 << 16;

// One block a tile of 65,536 elements.
KERNEL pando_squares(const float* span, double* partial, long elements) {
    long from = blockIdx.x * TILE;
    long end = from + TILE < elements ? from + TILE : elements;
    double sum = 0;
    for (long i = from + threadIdx.x; i < end; i += blockDim.x) {
        double a = span[i];
        sum = fma(a, a, sum);
    }
    sum = sumOfBlock(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

// One block.
KERNEL pando_sum_squares(const double* partial, double* sum, int tiles) {
    double mine = 0;
    for (int tile = threadIdx.x; tile < tiles; tile += blockDim.x) {
        mine += partial[tile];
    }
    mine = sumOfBlock(mine);
    if (threadIdx.x == 0) {
        *sum = mine;
    }
}

// The finaliser of SplitMix64.
__device__ inline unsigned long long mix(unsigned long long z) {
    z += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// One block a tile: the sum of all elements' bits, each mixed with its place. Integers add alike in any order.
KERNEL pando_digest(const unsigned* span, unsigned long long* partial, long elements) {
    long from = blockIdx.x * TILE;
    long end = from + TILE < elements ? from + TILE : elements;
    unsigned long long sum = 0;
    for (long i = from + threadIdx.x; i < end; i += blockDim.x) {
        sum += mix(mix(static_cast<unsigned long long>(i)) ^ span[i]);
    }
    sum = sumOfBlock(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

// One block.
KERNEL pando_sum_digests(const unsigned long long* partial, unsigned long long* digest, int tiles) {
    unsigned long long mine = 0;
    for (int tile = threadIdx.x; tile < tiles; tile += blockDim.x) {
        mine += partial[tile];
    }
    mine = sumOfBlock(mine);
    if (threadIdx.x == 0) {
        *digest = mine;
    }
}

// The numbers are those of AdamStep; rounded keeps the bfloat16 weights that the tensor cores read, where there are any.
KERNEL pando_adamw(float* weights, const float* gradient, float* firstMoments, float* secondMoments, Bf16* rounded,
                   long elements, float keep, float scale, float beta1, float rest1, float beta2, float rest2,
                   float stepSize, float rootCorrection, float epsilon) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        float g = gradient[i] * scale;
        float m = firstMoments[i] * beta1 + g * rest1;
        float v = secondMoments[i] * beta2 + g * g * rest2;
        firstMoments[i] = m;
        secondMoments[i] = v;
        float w = weights[i] * keep - m * stepSize / (sqrtf(v) * rootCorrection + epsilon);
        weights[i] = w;
        if (rounded != nullptr) {
            rounded[i] = toBf16(w);
        }
    }
}

// target += source: one addition an element, as everywhere along the tree of batch shards.
KERNEL pando_add(float* target, const float* source, long elements) {
    for (long i = firstElement(); i < elements; i += allThreads()) {
        target[i] += source[i];
    }
}
