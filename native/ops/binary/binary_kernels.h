// The per-level kernels behind binary.h. Each returns false when an integer was divided by zero.
#pragma once

#include "core/dispatch.h"
#include "core/strided.h"

namespace nrt {

struct BinaryKernels {
  bool (*forward)(int32_t dtype, int32_t op, void* y, const void* a, const void* b, int64_t n,
                  int64_t a_step, int64_t b_step);
  bool (*forward_strided)(const Strided& s, int32_t dtype, int32_t op, void* y, const void* a,
                          const void* b);
  void (*axpy)(int32_t dtype, void* y, const void* x, int64_t n, double alpha);
};

}  // namespace nrt

NRT_DECLARE_LEVELS(BinaryKernels, binary_kernels)
