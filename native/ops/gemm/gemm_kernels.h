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
};

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
