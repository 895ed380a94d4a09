// Per-level table of comparisons and element-wise choice.
#pragma once

#include "core/strided.h"

namespace nrt {

struct SelectKernels {
  // s: y (bool), a, b.
  void (*compare)(const Strided& s, int32_t dtype, int32_t op, void* y, const void* a, const void* b);
  // s: y, cond (bool), a, b; elements are moved by their size.
  void (*where)(const Strided& s, int64_t bytes, void* y, const void* cond, const void* a,
                const void* b);
};

}  // namespace nrt
