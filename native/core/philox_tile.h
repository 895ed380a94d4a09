// Many Philox blocks at once, for kernel files. One block after the other would be a chain of twenty
// dependent multiplications; here several vectors of blocks go through the rounds side by side.
#pragma once

#include "core/kernel.h"
#include "core/philox.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(__SSE2__)

// The forms with a mask of ones spare gcc 12's warning about its own undefined operand.
//
// A 64-bit lane per block and counter word. Only the low half of a lane counts: the multiplication
// ignores the high one, so a product serves as its own low word and no lane is ever cleaned.
// block_order: the block in each lane; pairing neighbours then leaves blocks in their order.
#if defined(__AVX512F__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(64)));
inline PhiloxLanes block_order() { return PhiloxLanes{0, 4, 1, 5, 2, 6, 3, 7}; }
constexpr int kPhiloxVectors = 4;
inline PhiloxLanes multiply_low(PhiloxLanes a, PhiloxLanes b) {
  return (PhiloxLanes)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, (__m512i)b);
}
inline void store_pairs(uint32_t* out, PhiloxLanes low, PhiloxLanes high) {
  _mm512_storeu_si512(out, _mm512_maskz_unpacklo_epi64(0xFF, (__m512i)low, (__m512i)high));
  _mm512_storeu_si512(out + 16, _mm512_maskz_unpackhi_epi64(0xFF, (__m512i)low, (__m512i)high));
}
#elif defined(__AVX2__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(32)));
inline PhiloxLanes block_order() { return PhiloxLanes{0, 2, 1, 3}; }
constexpr int kPhiloxVectors = 2;
inline PhiloxLanes multiply_low(PhiloxLanes a, PhiloxLanes b) {
  return (PhiloxLanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
inline void store_pairs(uint32_t* out, PhiloxLanes low, PhiloxLanes high) {
  _mm256_storeu_si256((__m256i*)out, _mm256_unpacklo_epi64((__m256i)low, (__m256i)high));
  _mm256_storeu_si256((__m256i*)(out + 8), _mm256_unpackhi_epi64((__m256i)low, (__m256i)high));
}
#else
typedef uint64_t PhiloxLanes __attribute__((vector_size(16)));
inline PhiloxLanes block_order() { return PhiloxLanes{0, 1}; }
constexpr int kPhiloxVectors = 2;
inline PhiloxLanes multiply_low(PhiloxLanes a, PhiloxLanes b) {
  return (PhiloxLanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
}
inline void store_pairs(uint32_t* out, PhiloxLanes low, PhiloxLanes high) {
  _mm_storeu_si128((__m128i*)out, _mm_unpacklo_epi64((__m128i)low, (__m128i)high));
  _mm_storeu_si128((__m128i*)(out + 4), _mm_unpackhi_epi64((__m128i)low, (__m128i)high));
}
#endif

constexpr int kVectorBlocks = sizeof(PhiloxLanes) / 8;
constexpr int kPhiloxLanes = kPhiloxVectors * kVectorBlocks;

// out[4 * i + k] = word k of block first + i, for kPhiloxLanes blocks.
inline void philox_lanes(uint64_t seed, uint64_t stream, uint64_t first, uint32_t* out) {
  PhiloxLanes c0[kPhiloxVectors], c1[kPhiloxVectors], c2[kPhiloxVectors], c3[kPhiloxVectors];
  for (int v = 0; v < kPhiloxVectors; ++v) {
    c0[v] = block_order() + (first + static_cast<uint64_t>(v * kVectorBlocks));
    c1[v] = c0[v] >> 32;
    c2[v] = PhiloxLanes{} + stream;
    c3[v] = c2[v] >> 32;
  }
  const PhiloxLanes m0 = PhiloxLanes{} + 0xD2511F53u, m1 = PhiloxLanes{} + 0xCD9E8D57u;
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 4
    for (int v = 0; v < kPhiloxVectors; ++v) {
      const PhiloxLanes p0 = multiply_low(c0[v], m0), p1 = multiply_low(c2[v], m1);
      c0[v] = (p1 >> 32) ^ c1[v] ^ (PhiloxLanes{} + k0);
      c2[v] = (p0 >> 32) ^ c3[v] ^ (PhiloxLanes{} + k1);
      c1[v] = p1;
      c3[v] = p0;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const PhiloxLanes low_half = PhiloxLanes{} + 0xFFFFFFFFu;
  for (int v = 0; v < kPhiloxVectors; ++v) {
    store_pairs(out + 4 * kVectorBlocks * v, (c0[v] & low_half) | (c1[v] << 32),
                (c2[v] & low_half) | (c3[v] << 32));
  }
}

#else

constexpr int kPhiloxLanes = 64;

// The same, left to the compiler's vectoriser.
inline void philox_lanes(uint64_t seed, uint64_t stream, uint64_t first,
                         uint32_t* NRT_RESTRICT out) {
  uint32_t c0[kPhiloxLanes], c1[kPhiloxLanes], c2[kPhiloxLanes], c3[kPhiloxLanes];
  for (int i = 0; i < kPhiloxLanes; ++i) {
    const uint64_t offset = first + static_cast<uint64_t>(i);
    c0[i] = static_cast<uint32_t>(offset);
    c1[i] = static_cast<uint32_t>(offset >> 32);
    c2[i] = static_cast<uint32_t>(stream);
    c3[i] = static_cast<uint32_t>(stream >> 32);
  }
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kPhiloxLanes; ++i) {
      const uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c0[i];
      const uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c2[i];
      const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1[i] ^ k0;
      const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = static_cast<uint32_t>(p1);
      c3[i] = static_cast<uint32_t>(p0);
      c0[i] = n0;
      c2[i] = n2;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < kPhiloxLanes; ++i) {
    out[4 * i] = c0[i];
    out[4 * i + 1] = c1[i];
    out[4 * i + 2] = c2[i];
    out[4 * i + 3] = c3[i];
  }
}

#endif

// out[4 * i + k] = word k of block first + i, for any number of blocks.
inline void philox_words(uint64_t seed, uint64_t stream, uint64_t first, int64_t blocks,
                         uint32_t* NRT_RESTRICT out) {
  int64_t i = 0;
  for (; i + kPhiloxLanes <= blocks; i += kPhiloxLanes) {
    philox_lanes(seed, stream, first + static_cast<uint64_t>(i), out + 4 * i);
  }
  if (i < blocks) {
    uint32_t rest[4 * kPhiloxLanes];
    philox_lanes(seed, stream, first + static_cast<uint64_t>(i), rest);
    memcpy(out + 4 * i, rest, static_cast<size_t>(blocks - i) * 16);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
