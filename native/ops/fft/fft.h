// Discrete Fourier transform of rows of any length, in split real and imaginary parts.
#ifndef NEURITE_OPS_FFT_H
#define NEURITE_OPS_FFT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// Y_k = sum over t of X_t e^(-2 pi i k t / n); inverse: e^(+...), without the factor 1/n. All
// [batch, n]; imag_x may be 0 (real input). Radix 2 for powers of two, else Bluestein (1970).
// float32 (computed in double), float64.
nrt_status nrt_fft_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr real_y, nrt_ptr imag_y, nrt_ptr real_x,
                       nrt_ptr imag_x, int64_t batch, int64_t n, int32_t inverse);

#ifdef __cplusplus
}
#endif
#endif
