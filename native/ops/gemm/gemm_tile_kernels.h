// Products of float32 matrices by products of bfloat16 parts, as the unit-independent part sees them.
#pragma once

#include <stdint.h>

#include "ops/gemm/gemm_kernels.h"

namespace nrt {

struct GemmTileKernels {
  // One product (batch 1, k > 0) of p.a and p.b, or of p.a and `split` where that is not null. False: the
  // operands' magnitudes ask for float32 FMA; c is as before, unless beta is 0.
  bool (*run)(const GemmProblem& p, int32_t products, const SplitWeights* split);
  int64_t (*split_bytes)(int32_t products, int64_t n, int64_t k);
  // Returns the largest |bits|.
  uint32_t (*split)(int32_t products, void* to, const void* b, int64_t n, int64_t k, int64_t ldb, bool trans_b);
};

// Those of the call's tiles, or null where its level has none.
const GemmTileKernels* gemm_tile_kernels_of_call();
// The same, and on AVX512_BF16 the kernels of one product, which are all there is.
const GemmTileKernels* gemm_part_kernels_of_call();

}  // namespace nrt
