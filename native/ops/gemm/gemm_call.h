// Products inside the kernels of other ops, of the same ISA level.
#pragma once

#include "core/kernel.h"
#include "ops/gemm/gemm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {

extern const GemmKernels gemm_kernels;

namespace {

template <typename T>
inline const GemmTypeKernels& gemm_of() {
  return sizeof(T) == sizeof(float) ? gemm_kernels.f32 : gemm_kernels.f64;
}

// A right-hand side used for many products: op(B) [k, n].
template <typename T>
struct GemmWeights {
  const T* plain;
  int64_t ld;
  bool transposed;
  int64_t n, k;
  const void* packed;  // or null

  // repeats: products to come; packing pays from the third on. Lives in the caller's scratch.
  GemmWeights(const T* b, int64_t rows, int64_t columns, int64_t ldb, bool trans, int64_t repeats)
      : plain(b), ld(ldb), transposed(trans), n(columns), k(rows), packed(nullptr) {
    if (repeats < 3 || n == 0 || k == 0) return;
    void* to = scratch_alloc(gemm_of<T>().packed_bytes(n, k));
    gemm_of<T>().pack(to, b, n, k, ldb, trans);
    packed = to;
  }

  // c [m, n] = activation(a [m, k] op(B) + beta c)
  void multiply(T* c, int64_t ldc, const T* a, int64_t lda, int64_t m, double beta,
                int32_t activation = 0) const {
    const GemmProblem p = {c, a, packed == nullptr ? plain : nullptr, packed, nullptr, 1, m, n, k, lda,
                           0, ld, 0, ldc, 0, false, transposed, 1, beta, activation};
    gemm_of<T>().run(p);
  }
};

// c [m, n] = a' b with a stored [k, m], b [k, n].
template <typename T>
inline void gemm_transposed_left(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb,
                                 int64_t m, int64_t n, int64_t k) {
  const GemmProblem p = {c, a, b, nullptr, nullptr, 1, m, n, k, lda, 0, ldb, 0, ldc, 0, true, false,
                         1, 0, 0};
  gemm_of<T>().run(p);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
