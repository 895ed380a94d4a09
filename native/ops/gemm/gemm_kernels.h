// What gemm.cc hands to the kernels of one ISA level.
#pragma once

#include <stdint.h>

namespace nrt {

// One product in the terms of gemm.h. Either b or packed is set; sizes and pointers are checked.
struct GemmProblem {
  void* c;
  const void* a;
  const void* b;
  const void* packed;
  const void* bias;
  int64_t batch, m, n, k;
  int64_t lda, stride_a, ldb, stride_b, ldc, stride_c;
  bool trans_a, trans_b;
  double alpha, beta;
  int32_t activation;
  bool param = false;  // an operand is a model's parameter (core/precision.h)
};

// A right-hand side split beforehand (gemm_split.h).
struct SplitWeights {
  const void* panels;
  int32_t products;  // it was split for
  uint32_t largest;  // of |bits|
};

// Runs p (float32, any batch, b given) by bfloat16 products if the call's mode, its level and the sizes say
// so; matrices whose magnitudes forbid it run on fma. split: of op(B), or null. False: nothing is done.
bool gemm_by_parts(const GemmProblem& p, void (*fma)(const GemmProblem&), const SplitWeights* split);

struct GemmTypeKernels {
  void (*run)(const GemmProblem& problem);
  int64_t (*packed_bytes)(int64_t n, int64_t k);
  void (*pack)(void* packed, const void* b, int64_t n, int64_t k, int64_t ldb, bool trans_b);
};

struct GemmKernels {
  GemmTypeKernels f32;
  GemmTypeKernels f64;
};

}  // namespace nrt
