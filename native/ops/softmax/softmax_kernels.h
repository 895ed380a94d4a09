// Per-level table of the softmax kernels.
#pragma once

#include <stdint.h>

namespace nrt {

struct SoftmaxKernels {
  void (*forward)(int32_t dtype, void* y, const void* x, int64_t rows, int64_t cols, bool log_form);
  void (*backward)(int32_t dtype, void* dx, const void* dy, const void* y, int64_t rows, int64_t cols,
                   bool log_form);
};

}  // namespace nrt
