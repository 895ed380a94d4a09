// The vector of one ISA level, for the gemm kernels: plain arithmetic on the compiler's vector types
// (gcc and clang contract a * b + c to FMA where the level has it) plus loads and stores of a part.
#pragma once

#include "core/kernel.h"

#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_AVX2)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512)
constexpr int kVectorBytes = 64;
#elif defined(NRT_ISA_AVX2)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

template <typename T>
struct Simd;

template <>
struct Simd<float> {
  typedef float V __attribute__((vector_size(kVectorBytes)));
  typedef float Unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
  typedef int32_t I __attribute__((vector_size(kVectorBytes)));
};

template <>
struct Simd<double> {
  typedef double V __attribute__((vector_size(kVectorBytes)));
  typedef double Unaligned __attribute__((vector_size(kVectorBytes), aligned(8), may_alias));
  typedef int64_t I __attribute__((vector_size(kVectorBytes)));
};

template <typename T>
using VectorOf = typename Simd<T>::V;

template <typename T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <typename T>
inline VectorOf<T> load(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(p);
}

template <typename T>
inline void store(T* p, VectorOf<T> v) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(p) = v;
}

template <typename T>
inline VectorOf<T> splat(T x) {
  return x - VectorOf<T>{};
}

// Keeps the compiler from contracting the product v with a sum that follows: whether it could would
// depend on the instantiation, and all of them must round alike.
template <typename V>
inline V rounded(V v) {
#if defined(__x86_64__)
  asm("" : "+x"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
  return v;
}

// The first `lanes` elements (others zero); memory behind them is not touched.
#if defined(NRT_ISA_AVX512)
inline __mmask16 mask32(int lanes) { return static_cast<__mmask16>((1u << lanes) - 1u); }
inline __mmask8 mask64(int lanes) { return static_cast<__mmask8>((1u << lanes) - 1u); }
inline VectorOf<float> load_part(const float* p, int lanes) {
  return reinterpret_cast<VectorOf<float>>(_mm512_maskz_loadu_ps(mask32(lanes), p));
}
inline VectorOf<double> load_part(const double* p, int lanes) {
  return reinterpret_cast<VectorOf<double>>(_mm512_maskz_loadu_pd(mask64(lanes), p));
}
inline void store_part(float* p, VectorOf<float> v, int lanes) {
  _mm512_mask_storeu_ps(p, mask32(lanes), reinterpret_cast<__m512>(v));
}
inline void store_part(double* p, VectorOf<double> v, int lanes) {
  _mm512_mask_storeu_pd(p, mask64(lanes), reinterpret_cast<__m512d>(v));
}
#elif defined(NRT_ISA_AVX2)
inline __m256i mask32(int lanes) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline __m256i mask64(int lanes) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(lanes), _mm256_setr_epi64x(0, 1, 2, 3));
}
inline VectorOf<float> load_part(const float* p, int lanes) {
  return reinterpret_cast<VectorOf<float>>(_mm256_maskload_ps(p, mask32(lanes)));
}
inline VectorOf<double> load_part(const double* p, int lanes) {
  return reinterpret_cast<VectorOf<double>>(_mm256_maskload_pd(p, mask64(lanes)));
}
inline void store_part(float* p, VectorOf<float> v, int lanes) {
  _mm256_maskstore_ps(p, mask32(lanes), reinterpret_cast<__m256>(v));
}
inline void store_part(double* p, VectorOf<double> v, int lanes) {
  _mm256_maskstore_pd(p, mask64(lanes), reinterpret_cast<__m256d>(v));
}
#else
template <typename T>
inline VectorOf<T> load_part(const T* p, int lanes) {
  VectorOf<T> v = {};
  for (int i = 0; i < lanes; ++i) v[i] = p[i];
  return v;
}
template <typename T>
inline void store_part(T* p, VectorOf<T> v, int lanes) {
  for (int i = 0; i < lanes; ++i) p[i] = v[i];
}
#endif

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
