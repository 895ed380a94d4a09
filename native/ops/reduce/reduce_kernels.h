// The plan of a reduction, made once by reduce.cc, and the per-level table.
#pragma once

#include "core/strided.h"

namespace nrt {

// Both walks hold x's strides as operand 0. kept is in the order of the output; reduced is sorted so
// that its last axis moves fastest in memory.
struct ReducePlan {
  Strided kept, reduced;
};

struct ReduceKernels {
  void (*reduce)(const ReducePlan& plan, int32_t dtype, int32_t op, void* y, const void* x, double p0);
};

struct ReduceSearchKernels {
  // s: dx (contiguous), x, y (stride 0 along reduced axes; dy and counts are laid out like y).
  void (*extreme_bwd)(const Strided& s, int32_t dtype, void* dx, const void* dy, const void* y,
                      const void* x, int64_t outputs);
  void (*arg)(int32_t dtype, bool largest, int64_t* y, const void* x, int64_t outer, int64_t count,
              int64_t inner);
  bool (*nonfinite)(int32_t dtype, const void* x, int64_t n);
};

}  // namespace nrt
