// Which functor computes which op, once for forward and backward loops.
#pragma once

#include "neurite/core.h"
#include "ops/unary/functors.h"
#include "ops/unary/unary.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Calls body(Functor{}) for the op; false when there is no such op.
template <typename Body>
inline bool with_unary(int32_t op, const Body& body) {
  using namespace unary;
  switch (op) {
#define NRT_CASE(Code, Functor) \
  case NRT_UNARY_##Code:        \
    body(Functor{});            \
    return true;
    NRT_CASE(IDENTITY, Identity)
    NRT_CASE(NEG, Neg)
    NRT_CASE(ABS, Abs)
    NRT_CASE(EXP, Exp)
    NRT_CASE(EXPM1, Expm1)
    NRT_CASE(LOG, Log)
    NRT_CASE(LOG1P, Log1p)
    NRT_CASE(LOG2, Log2)
    NRT_CASE(LOG10, Log10)
    NRT_CASE(SQRT, Sqrt)
    NRT_CASE(RSQRT, Rsqrt)
    NRT_CASE(RECIPROCAL, Reciprocal)
    NRT_CASE(SQUARE, Square)
    NRT_CASE(SIN, Sin)
    NRT_CASE(COS, Cos)
    NRT_CASE(TAN, Tan)
    NRT_CASE(ASIN, Asin)
    NRT_CASE(ACOS, Acos)
    NRT_CASE(ATAN, Atan)
    NRT_CASE(SINH, Sinh)
    NRT_CASE(COSH, Cosh)
    NRT_CASE(ASINH, Asinh)
    NRT_CASE(ACOSH, Acosh)
    NRT_CASE(ATANH, Atanh)
    NRT_CASE(ERF, Erf)
    NRT_CASE(ERFC, Erfc)
    NRT_CASE(SIGN, Sign)
    NRT_CASE(ROUND, Round)
    NRT_CASE(FLOOR, Floor)
    NRT_CASE(CEIL, Ceil)
    NRT_CASE(TRUNC, Trunc)
    NRT_CASE(CLAMP, Clamp)
    NRT_CASE(POWS, PowS)
    NRT_CASE(AFFINE, Affine)
    NRT_CASE(LGAMMA, Lgamma)
    NRT_CASE(DIGAMMA, Digamma)
    NRT_CASE(RELU, Relu)
    NRT_CASE(RELU6, Relu6)
    NRT_CASE(LEAKY_RELU, LeakyRelu)
    NRT_CASE(ELU, Elu)
    NRT_CASE(SELU, Selu)
    NRT_CASE(CELU, Celu)
    NRT_CASE(GELU, Gelu)
    NRT_CASE(GELU_TANH, GeluTanh)
    NRT_CASE(SILU, Silu)
    NRT_CASE(SWISH, Swish)
    NRT_CASE(MISH, Mish)
    NRT_CASE(SIGMOID, Sigmoid)
    NRT_CASE(LOG_SIGMOID, LogSigmoid)
    NRT_CASE(HARD_SIGMOID, HardSigmoid)
    NRT_CASE(HARD_SWISH, HardSwish)
    NRT_CASE(TANH, Tanh)
    NRT_CASE(HARD_TANH, Clamp)
    NRT_CASE(SMHT, Smht)
    NRT_CASE(SOFTPLUS, Softplus)
    NRT_CASE(SOFTSIGN, Softsign)
    NRT_CASE(GAUSSIAN, Gaussian)
    NRT_CASE(TANH_SHRINK, TanhShrink)
    NRT_CASE(SOFT_SHRINK, SoftShrink)
    NRT_CASE(HARD_SHRINK, HardShrink)
    NRT_CASE(THRESHOLD, Threshold)
    NRT_CASE(SQUAREPLUS, Squareplus)
    NRT_CASE(BINARY_STEP, BinaryStep)
    NRT_CASE(RELU_GENERAL, ReluGeneral)
#undef NRT_CASE
    default:
      return false;
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
