// Per-level table of the Fourier kernels; formula in fft.h.
#pragma once

#include <stdint.h>

namespace nrt {

struct FftKernels {
  void (*f32)(float* real_y, float* imag_y, const float* real_x, const float* imag_x, int64_t batch,
              int64_t n, bool inverse);
  void (*f64)(double* real_y, double* imag_y, const double* real_x, const double* imag_x,
              int64_t batch, int64_t n, bool inverse);
};

}  // namespace nrt
