// Per-level table of the batch normalisation kernels; formulas in batch_norm.h.
#pragma once

#include <stdint.h>

namespace nrt {

// Where a ReLU behind the normalisation let nothing through, dz is 0 instead of dy.
template <typename T>
struct BatchNormMask {
  const T* y = nullptr;  // the result: mask where it is not above 0, and write dz for all to read
  T* dz = nullptr;
  const T* scale = nullptr;  // or per channel: mask where (x - mean) * scale + shift is not above 0
  const T* shift = nullptr;
};

template <typename T>
struct BatchNormKernels {
  // mean and biased variance of each column of x [rows, channels].
  void (*statistics)(T* mean, T* var, const T* x, int64_t rows, int64_t channels);
  // y = (x - mean) * scale + shift, plus residual when there is one, and max(0, that) with relu.
  void (*normalise)(T* y, const T* x, const T* residual, const T* mean, const T* scale,
                    const T* shift, int64_t rows, int64_t channels, bool relu);
  // sums[c] = sum dz, sums[channels + c] = sum dz * (x - mean), over the rows; dz after the mask.
  void (*gradient_sums)(double* sums, const T* dy, const T* x, const T* mean,
                        const BatchNormMask<T>& mask, int64_t rows, int64_t channels);
  // dx = dz * a + (x - mean) * b + d
  void (*gradient)(T* dx, const T* dy, const T* x, const T* mean, const T* a, const T* b,
                   const T* d, const BatchNormMask<T>& mask, int64_t rows, int64_t channels);
  // dx = dy * a
  void (*scale)(T* dx, const T* dy, const T* a, int64_t rows, int64_t channels);
};

struct BatchNormLevel {
  BatchNormKernels<float> f32;
  BatchNormKernels<double> f64;
};

}  // namespace nrt
