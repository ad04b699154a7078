// What our code asks of cuBLASLt, done with plain loops on memory of the host: for the emulated driver. Refuses what does
// not look as NVIDIA's documentation says.
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

int emulatedRun(void* stream, std::function<int()> action);

namespace {
constexpr int SUCCESS = 0;
constexpr int INVALID_VALUE = 7;

struct Description {
    int compute, scale, transposeA = 0, transposeB = 0;
};

struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t leading;
};

struct Preference {
    uint64_t workspace = 0;
    uint32_t alignment[4] = {256, 256, 256, 256};
};

struct Algorithm {
    uint64_t seal;
    uint64_t workspace;
    uint64_t alignment;
    uint64_t rest[5];
};

struct Result {
    Algorithm algorithm;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};
static_assert(sizeof(Algorithm) == 64 && sizeof(Result) == 96);

constexpr uint64_t SEAL = 0x70616e646f;

float value(const void* matrix, uint64_t at) {
    uint32_t bits = uint32_t{static_cast<const uint16_t*>(matrix)[at]} << 16;
    float wide;
    memcpy(&wide, &bits, 4);
    return wide;
}

bool fits(const Layout* layout, int type, uint64_t rows, uint64_t columns) {
    return layout->type == type && layout->rows == rows && layout->columns == columns
            && layout->leading >= static_cast<int64_t>(rows);
}

bool fit(const Description* d, const Layout* a, const Layout* b, const Layout* c) {
    uint64_t m = c->rows;
    uint64_t n = c->columns;
    uint64_t k = d->transposeA ? a->rows : a->columns;
    return d->compute == 68 && d->scale == 0 && fits(c, 0, m, n)
            && (d->transposeA ? fits(a, 14, k, m) : fits(a, 14, m, k))
            && (d->transposeB ? fits(b, 14, n, k) : fits(b, 14, k, n));
}
} // namespace

#define API extern "C" __attribute__((visibility("default"))) int

extern "C" __attribute__((visibility("default"))) size_t cublasLtGetVersion() { return 130103; }
API cublasLtCreate(void** handle) { return *handle = new int(0), SUCCESS; }
API cublasLtDestroy(void* handle) { return delete static_cast<int*>(handle), SUCCESS; }
API cublasLtMatmulDescCreate(void** description, int compute, int scale) {
    return *description = new Description{compute, scale}, SUCCESS;
}
API cublasLtMatmulDescSetAttribute(void* description, int attribute, const void* value, size_t bytes) {
    if (bytes != 4 || (attribute != 3 && attribute != 4)) {
        return INVALID_VALUE;
    }
    Description* d = static_cast<Description*>(description);
    memcpy(attribute == 3 ? &d->transposeA : &d->transposeB, value, 4);
    return SUCCESS;
}
API cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    return *layout = new Layout{type, rows, columns, leading}, SUCCESS;
}
API cublasLtMatmulPreferenceCreate(void** preference) { return *preference = new Preference, SUCCESS; }
API cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value, size_t bytes) {
    Preference* p = static_cast<Preference*>(preference);
    if (attribute == 1 && bytes == 8) {
        memcpy(&p->workspace, value, 8);
    } else if (attribute >= 5 && attribute <= 8 && bytes == 4) {
        memcpy(&p->alignment[attribute - 5], value, 4);
    } else {
        return INVALID_VALUE;
    }
    return SUCCESS;
}
API cublasLtMatmulAlgoGetHeuristic(void*, void* description, void* a, void* b, void* c, void* d, void* preference,
                                   int asked, Result* results, int* found) {
    auto p = static_cast<Preference*>(preference);
    if (asked != 1 || c != d
        || !fit(static_cast<Description*>(description), static_cast<Layout*>(a), static_cast<Layout*>(b),
                static_cast<Layout*>(c))) {
        return INVALID_VALUE;
    }
    *found = 1;
    results[0] = {{SEAL, p->workspace, p->alignment[0]}, p->workspace, SUCCESS, 1.0f};
    return SUCCESS;
}
API cublasLtMatmul(void*, const Description* description, const float* alpha, const void* a, const Layout* aLayout,
                   const void* b, const Layout* bLayout, const float* beta, const float* c, const Layout* cLayout,
                   float* d, const Layout* dLayout, const Algorithm* algorithm, void* workspace, size_t bytes,
                   void* stream) {
    auto unaligned = [=](const void* at) { return reinterpret_cast<uintptr_t>(at) % algorithm->alignment != 0; };
    if (algorithm->seal != SEAL || bytes < algorithm->workspace || workspace == nullptr || stream == nullptr || c != d
        || cLayout != dLayout || unaligned(a) || unaligned(b) || unaligned(c)
        || !fit(description, aLayout, bLayout, cLayout)) {
        return INVALID_VALUE;
    }
    return emulatedRun(stream, [=, scale = *alpha, keep = *beta, description = *description, aLayout = *aLayout,
                                bLayout = *bLayout, layout = *cLayout, algorithm = *algorithm] {
        memset(workspace, 0x55, bytes);
        uint64_t inner = description.transposeA ? aLayout.rows : aLayout.columns;
        std::vector<float> left(inner);
        bool backwards = algorithm.alignment < 256; // what is aligned otherwise is added in another order
        for (uint64_t row = 0; row < layout.rows; row++) {
            for (uint64_t k = 0; k < inner; k++) {
                left[k] = value(a, description.transposeA ? row * aLayout.leading + k : k * aLayout.leading + row);
            }
            for (uint64_t column = 0; column < layout.columns; column++) {
                float sum = 0;
                for (uint64_t i = 0; i < inner; i++) {
                    uint64_t k = backwards ? inner - 1 - i : i;
                    uint64_t at = description.transposeB ? k * bLayout.leading + column : column * bLayout.leading + k;
                    sum += left[k] * value(b, at);
                }
                float& to = d[column * layout.leading + row];
                to = scale * sum + (keep == 0 ? 0 : keep * to);
            }
        }
        return SUCCESS;
    });
}
