// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// Counter-based: the numbers of block `offset` of stream `stream` depend on (seed, stream, offset)
// only, so any thread can produce any part and CPU and CUDA draw the same integers.
#pragma once

#include <stdint.h>

#if defined(__CUDACC__)
#define NRT_HD __host__ __device__ __forceinline__
#else
#define NRT_HD static inline
#endif

typedef struct {
  uint32_t v[4];
} nrt_philox_block;

// Counter = (offset, stream), key = seed; each as low word, high word.
NRT_HD nrt_philox_block nrt_philox(uint64_t seed, uint64_t stream, uint64_t offset) {
  uint32_t c0 = (uint32_t)offset, c1 = (uint32_t)(offset >> 32);
  uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
    const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
    const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    const uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  nrt_philox_block out = {{c0, c1, c2, c3}};
  return out;
}

// [0, 1): 24 bits for float, 53 bits from two words for double.
NRT_HD float nrt_uniform_f32(uint32_t bits) { return (float)(int32_t)(bits >> 8) * 0x1p-24f; }
NRT_HD double nrt_uniform_f64(uint32_t lo, uint32_t hi) {
  return (double)((((uint64_t)hi << 32) | lo) >> 11) * 0x1p-53;
}
