// Per-level table of the CTC kernels; formulas in ctc.h.
#pragma once

#include <stdint.h>

namespace nrt {

// Checked arguments of one call.
struct CtcCase {
  const void* logits;
  const int64_t* targets;
  const int64_t* input_lengths;
  const int64_t* target_lengths;
  int64_t batch, time, classes, labels, blank;
};

struct CtcKernels {
  void (*forward)(int32_t dtype, void* loss, void* lse, const CtcCase& task);
  void (*backward)(int32_t dtype, void* dlogits, const void* dloss, const void* lse,
                   const CtcCase& task);
};

}  // namespace nrt
