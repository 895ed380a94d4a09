// Per-level table of the batch normalisation kernels; formulas in batch_norm.h.
#pragma once

#include <stdint.h>

namespace nrt {

template <typename T>
struct BatchNormKernels {
  // mean and biased variance of each column of x [rows, channels].
  void (*statistics)(T* mean, T* var, const T* x, int64_t rows, int64_t channels);
  // y = (x - mean) * scale + shift
  void (*normalise)(T* y, const T* x, const T* mean, const T* scale, const T* shift, int64_t rows,
                    int64_t channels);
  // sums[c] = sum dy, sums[channels + c] = sum dy * (x - mean), over the rows.
  void (*gradient_sums)(double* sums, const T* dy, const T* x, const T* mean, int64_t rows,
                        int64_t channels);
  // dx = dy * a + (x - mean) * b + d
  void (*gradient)(T* dx, const T* dy, const T* x, const T* mean, const T* a, const T* b,
                   const T* d, int64_t rows, int64_t channels);
  // dx = dy * a
  void (*scale)(T* dx, const T* dy, const T* a, int64_t rows, int64_t channels);
};

struct BatchNormLevel {
  BatchNormKernels<float> f32;
  BatchNormKernels<double> f64;
};

}  // namespace nrt
