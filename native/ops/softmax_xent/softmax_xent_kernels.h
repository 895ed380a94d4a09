// Per-level table of the fused softmax + cross-entropy kernels.
#pragma once

#include <stdint.h>

namespace nrt {

// Exactly one of labels and targets is given.
struct XentCase {
  const void* x;
  const int64_t* labels;
  const void* targets;
  int64_t rows, cols;
  double smoothing;
  int64_t ignore;
};

struct SoftmaxXentKernels {
  void (*forward)(int32_t dtype, void* loss, void* lse, const XentCase& c);
  void (*backward)(int32_t dtype, void* dx, const void* dloss, const void* lse, const XentCase& c);
};

}  // namespace nrt
