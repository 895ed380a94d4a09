// Per-level table of the dropout kernels; formula in dropout.h.
#pragma once

#include <stdint.h>

namespace nrt {

struct DropoutKernels {
  // threshold: the least 24-bit draw that keeps its element.
  void (*fwd_f32)(float* y, const float* x, int64_t n, uint32_t threshold, double scale,
                  uint64_t seed, uint64_t stream, uint64_t offset);
  void (*fwd_f64)(double* y, const double* x, int64_t n, uint32_t threshold, double scale,
                  uint64_t seed, uint64_t stream, uint64_t offset);
};

}  // namespace nrt
