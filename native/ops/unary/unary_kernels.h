// The per-level kernels behind unary.h.
#pragma once

#include "core/dispatch.h"
#include "core/strided.h"

namespace nrt {

struct UnaryKernels {
  void (*forward)(int32_t dtype, int32_t op, void* y, const void* x, int64_t n, const double* p);
  void (*forward_strided)(const Strided& s, int32_t dtype, int32_t op, void* y, const void* x,
                          const double* p);
};
struct UnaryGradientKernels {
  void (*backward)(int32_t dtype, int32_t op, void* dx, const void* dy, const void* x,
                   const void* y, int64_t n, const double* p);
  int32_t (*needs)(int32_t op);  // -1: no such op
};

}  // namespace nrt

NRT_DECLARE_LEVELS(UnaryKernels, unary_kernels)
NRT_DECLARE_LEVELS(UnaryGradientKernels, unary_gradient_kernels)
