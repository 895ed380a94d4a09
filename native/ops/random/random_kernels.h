// Per-level table of the random kernels; formulas in random.h.
#pragma once

#include <stdint.h>

namespace nrt {

struct RandomSource {
  uint64_t seed, stream, offset;
};

struct RandomKernels {
  void (*fill_f32)(int32_t kind, float* y, int64_t n, double p0, double p1, RandomSource source);
  void (*fill_f64)(int32_t kind, double* y, int64_t n, double p0, double p1, RandomSource source);
  // y[i] uniform in low + [0, span); span 0 stands for 2^64.
  void (*integers)(int64_t* y, int64_t n, int64_t low, uint64_t span, RandomSource source);
  void (*permutation)(int64_t* y, int64_t n, RandomSource source);
};

}  // namespace nrt
