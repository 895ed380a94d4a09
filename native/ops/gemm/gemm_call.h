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

// Runs p (not of packed weights) the way the call's precision asks for.
template <typename T>
inline void gemm_run(const GemmProblem& p) {
#if defined(NRT_ISA_AVX512)
  if (sizeof(T) == sizeof(float) && p.packed == nullptr && gemm_by_parts(p, gemm_kernels.f32.run, nullptr)) return;
#endif
  gemm_of<T>().run(p);
}

// c [m, n] = a' b + beta c with a stored [k, m], b [k, n].
template <typename T>
inline void gemm_transposed_left(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb,
                                 int64_t m, int64_t n, int64_t k, double beta) {
  const GemmProblem p = {c, a, b, nullptr, nullptr, 1, m, n, k, lda, 0, ldb, 0, ldc, 0, true, false,
                         1, beta, 0};
  gemm_run<T>(p);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
