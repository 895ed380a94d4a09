// Per-level table of the sort kernels; meaning in sort.h.
#pragma once

#include <stdint.h>

namespace nrt {

struct SortSize {
  int64_t rows, cols, k;
  bool descending;
};

struct SortKernels {
  bool (*rows)(int32_t dtype, void* values, int64_t* indices, const void* x, const SortSize& size);
  bool (*search)(int32_t dtype, int64_t* y, const void* sorted, const void* queries, int64_t rows,
                 int64_t cols, int64_t count, bool right);
};

}  // namespace nrt
