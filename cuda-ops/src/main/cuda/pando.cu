// All kernels, as one module.
#include "attention.cuh"
#include "product.cuh"
#include "rows.cuh"
#include "spans.cuh"
