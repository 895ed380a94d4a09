// Per-level table of the gather kernels; formulas in gather.h. The ids were checked by the caller.
#pragma once

#include <stdint.h>

namespace nrt {

struct GatherKernels {
  void (*fwd)(char* y, const char* table, const int64_t* ids, int64_t count, int64_t row_bytes);
  void (*bwd_f32)(float* dtable, const float* dy, const int64_t* ids, int64_t count, int64_t rows,
                  int64_t width, int64_t skip_id, bool accumulate);
  void (*bwd_f64)(double* dtable, const double* dy, const int64_t* ids, int64_t count, int64_t rows,
                  int64_t width, int64_t skip_id, bool accumulate);
  // Position of the first id outside [0, rows), or -1.
  int64_t (*first_outside)(const int64_t* ids, int64_t count, int64_t rows);
};

}  // namespace nrt
