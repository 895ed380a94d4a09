// Many Philox blocks at once, for kernel files. Lanes are kept apart in small arrays so that the
// rounds vectorise; one block after the other would be a chain of twenty dependent multiplications.
#pragma once

#include "core/kernel.h"
#include "core/philox.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int kPhiloxLanes = 64;

// out[4 * i + k] = word k of block first + i, for kPhiloxLanes blocks.
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

// out[4 * i + k] = word k of block first + i, for any number of blocks.
inline void philox_words(uint64_t seed, uint64_t stream, uint64_t first, int64_t blocks,
                         uint32_t* NRT_RESTRICT out) {
  int64_t i = 0;
  for (; i + kPhiloxLanes <= blocks; i += kPhiloxLanes) {
    philox_lanes(seed, stream, first + static_cast<uint64_t>(i), out + 4 * i);
  }
  for (; i < blocks; ++i) {
    const nrt_philox_block b = nrt_philox(seed, stream, first + static_cast<uint64_t>(i));
    for (int k = 0; k < 4; ++k) out[4 * i + k] = b.v[k];
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
