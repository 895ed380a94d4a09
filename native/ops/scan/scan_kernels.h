// Per-level table of the scan kernels; formulas in scan.h.
#pragma once

#include <stdint.h>

namespace nrt {

struct ScanSize {
  int64_t outer, n, inner;
  bool exclusive, reverse;
};

struct ScanKernels {
  void (*f32)(float* y, const float* x, bool product, const ScanSize& size);
  void (*f64)(double* y, const double* x, bool product, const ScanSize& size);
  void (*i32)(int32_t* y, const int32_t* x, bool product, const ScanSize& size);
  void (*i64)(int64_t* y, const int64_t* x, bool product, const ScanSize& size);
  void (*linear_f32)(float* y, const float* a, const float* b, const ScanSize& size);
  void (*linear_f64)(double* y, const double* a, const double* b, const ScanSize& size);
};

}  // namespace nrt
