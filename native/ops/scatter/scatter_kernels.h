// Per-level table of the scatter kernels; meaning in scatter.h. Arguments were checked by the
// caller.
#pragma once

#include <stdint.h>

namespace nrt {

enum { kScatterRank = 16 };

// The index space as lines along the axis: `count` positions, `step` elements of ids apart.
struct ScatterLines {
  int32_t rank;  // of what is left without the axis
  int64_t lines, count, step;
  int64_t shape[kScatterRank], id_stride[kScatterRank], table_stride[kScatterRank];
  int64_t axis_stride, length;
};

struct ScatterKernels {
  // Position of the first id outside [-length, length), or -1.
  int64_t (*first_outside)(const int64_t* ids, int64_t count, int64_t length);
  void (*take)(char* y, const char* table, const int64_t* ids, const ScatterLines& lines,
               int64_t bytes);
  bool (*put)(int32_t dtype, int32_t mode, void* table, const void* updates, const int64_t* ids,
              const ScatterLines& lines);
  void (*winners)(uint8_t* y, const int64_t* ids, const ScatterLines& lines);
  int64_t (*count)(int32_t dtype, const void* x, int64_t n);
  void (*nonzero)(int32_t dtype, int64_t* y, int64_t count, const void* x, int64_t n);
};

}  // namespace nrt
