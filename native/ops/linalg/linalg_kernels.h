// Per-level table of the linalg kernels; meaning in linalg.h. Those that can fail return the number
// of the first matrix they refuse, or -1.
#pragma once

#include <stdint.h>

namespace nrt {

struct TriangularForm {
  bool lower, transposed;
};

template <typename T>
struct LinalgOf {
  void (*det)(T* y, const T* x, int64_t batch, int64_t n);
  int64_t (*solve)(T* y, const T* a, const T* b, int64_t batch, int64_t n, int64_t columns);
  int64_t (*solve_triangular)(T* y, const T* t, const T* b, int64_t batch, int64_t n,
                              int64_t columns, TriangularForm form);
  int64_t (*cholesky)(T* y, const T* x, int64_t batch, int64_t n);
  void (*eigh)(T* values, T* vectors, const T* x, int64_t batch, int64_t n);
  void (*svd)(T* u, T* s, T* v, const T* x, int64_t batch, int64_t m, int64_t n);
};

struct LinalgKernels {
  LinalgOf<float> f32;
  LinalgOf<double> f64;
};

}  // namespace nrt
