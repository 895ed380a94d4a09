// Element-wise functions of one tensor, activations included; p0..p3 are their parameters.
#ifndef NEURITE_OPS_UNARY_H
#define NEURITE_OPS_UNARY_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  NRT_UNARY_IDENTITY = 0,
  NRT_UNARY_NEG = 1,
  NRT_UNARY_ABS = 2,
  NRT_UNARY_EXP = 3,
  NRT_UNARY_EXPM1 = 4,
  NRT_UNARY_LOG = 5,
  NRT_UNARY_LOG1P = 6,
  NRT_UNARY_LOG2 = 7,
  NRT_UNARY_LOG10 = 8,
  NRT_UNARY_SQRT = 9,
  NRT_UNARY_RSQRT = 10,
  NRT_UNARY_RECIPROCAL = 11,
  NRT_UNARY_SQUARE = 12,
  NRT_UNARY_SIN = 13,
  NRT_UNARY_COS = 14,
  NRT_UNARY_TAN = 15,
  NRT_UNARY_ASIN = 16,
  NRT_UNARY_ACOS = 17,
  NRT_UNARY_ATAN = 18,
  NRT_UNARY_SINH = 19,
  NRT_UNARY_COSH = 20,
  NRT_UNARY_ASINH = 21,
  NRT_UNARY_ACOSH = 22,
  NRT_UNARY_ATANH = 23,
  NRT_UNARY_ERF = 24,
  NRT_UNARY_ERFC = 25,
  NRT_UNARY_SIGN = 26,
  NRT_UNARY_ROUND = 27,  // half to even
  NRT_UNARY_FLOOR = 28,
  NRT_UNARY_CEIL = 29,
  NRT_UNARY_TRUNC = 30,
  NRT_UNARY_CLAMP = 31,  // [p0, p1]
  NRT_UNARY_POWS = 32,   // x ^ p0
  NRT_UNARY_AFFINE = 33,  // p0 * x + p1
  NRT_UNARY_LGAMMA = 34,
  NRT_UNARY_DIGAMMA = 35,
  NRT_UNARY_RELU = 40,
  NRT_UNARY_RELU6 = 41,
  NRT_UNARY_LEAKY_RELU = 42,     // slope p0
  NRT_UNARY_ELU = 43,            // alpha p0
  NRT_UNARY_SELU = 44,
  NRT_UNARY_CELU = 45,           // alpha p0
  NRT_UNARY_GELU = 46,           // exact, erf form
  NRT_UNARY_GELU_TANH = 47,
  NRT_UNARY_SILU = 48,
  NRT_UNARY_SWISH = 49,          // x * sigmoid(p0 x)
  NRT_UNARY_MISH = 50,
  NRT_UNARY_SIGMOID = 51,
  NRT_UNARY_LOG_SIGMOID = 52,
  NRT_UNARY_HARD_SIGMOID = 53,   // clamp(p0 x + p1, 0, 1)
  NRT_UNARY_HARD_SWISH = 54,     // x * clamp(x/6 + 1/2, 0, 1)
  NRT_UNARY_TANH = 55,
  NRT_UNARY_HARD_TANH = 56,      // clamp(x, p0, p1)
  NRT_UNARY_SMHT = 57,           // Soboleva: (e^(p0 x) - e^(-p1 x)) / (e^(p2 x) + e^(-p3 x))
  NRT_UNARY_SOFTPLUS = 58,       // log(1 + e^(p0 x)) / p0
  NRT_UNARY_SOFTSIGN = 59,
  NRT_UNARY_GAUSSIAN = 60,       // exp(-x^2)
  NRT_UNARY_TANH_SHRINK = 61,
  NRT_UNARY_SOFT_SHRINK = 62,    // lambda p0
  NRT_UNARY_HARD_SHRINK = 63,    // lambda p0
  NRT_UNARY_THRESHOLD = 64,      // x > p0 ? x : p1
  NRT_UNARY_SQUAREPLUS = 65,     // (x + sqrt(x^2 + p0)) / 2
  NRT_UNARY_BINARY_STEP = 66,    // 0 below p0, 1 from p0; derivative 0
  NRT_UNARY_RELU_GENERAL = 67    // Keras relu: slope p0 below threshold p2, ceiling p1 (infinity: none)
};

// y[i] = f(x[i]). dtypes: float32, float64; NEG, ABS, SQUARE, SIGN also int32, int64.
nrt_status nrt_unary_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x, int64_t n,
                         double p0, double p1, double p2, double p3);
// desc: rank, shape[rank], x_strides[rank] (elements, may be 0 or negative); y is contiguous.
nrt_status nrt_unary_fwd_strided(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x,
                                 const int64_t* desc, double p0, double p1, double p2, double p3);
// dx[i] = dy[i] * f'(x[i]). x, y: as in forward; needs says which one is read (see nrt_unary_needs),
// the other may be 0. Subgradients at kinks: ReLU 0, abs 0, clamp 1 on the boundary.
nrt_status nrt_unary_bwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr dx, nrt_ptr dy, nrt_ptr x,
                         nrt_ptr y, int64_t n, double p0, double p1, double p2, double p3);
// 0: nothing, 1: x, 2: y (for RELU, SIGMOID, TANH, EXP, SQRT ... the output suffices).
int32_t nrt_unary_needs(int32_t op);

#ifdef __cplusplus
}
#endif
#endif
