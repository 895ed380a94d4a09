// Per-level table of the normalisation kernels; formulas in layer_norm.h.
#pragma once

#include <stdint.h>

namespace nrt {

// Sizes and constants of one call.
struct LayerNormPlan {
  int64_t batch, positions, groups, width;
  double eps, correction;
  bool centred;
};

template <typename T>
struct LayerNormKernels {
  // mean is null when not centred; gamma, beta may be null.
  void (*forward)(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
                  const T* beta);
  // dgamma, dbeta may be null.
  void (*backward)(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
                   const T* gamma, const T* mean, const T* rstd);
};

struct LayerNormLevel {
  LayerNormKernels<float> f32;
  LayerNormKernels<double> f64;
};

}  // namespace nrt
