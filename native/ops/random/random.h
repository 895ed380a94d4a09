// Random tensors from Philox counters: the same (seed, stream, offset) gives the same numbers.
#ifndef NEURITE_OPS_RANDOM_H
#define NEURITE_OPS_RANDOM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  NRT_RANDOM_UNIFORM = 0,           // [p0, p1)
  NRT_RANDOM_NORMAL = 1,            // mean p0, deviation p1 (Box-Muller)
  NRT_RANDOM_TRUNCATED_NORMAL = 2,  // normal(p0, p1), redrawn outside two deviations
  NRT_RANDOM_BERNOULLI = 3          // 1 with probability p0, else 0
};

// y[n]; element i of float32 uses word i % 4 of block offset + i / 4, float64 two words of it.
// Results do not depend on the number of threads. float32, float64.
nrt_status nrt_random_fill(nrt_ctx ctx, int32_t dtype, int32_t kind, nrt_ptr y, int64_t n, double p0,
                           double p1, int64_t seed, int64_t stream, int64_t offset);
// int64 y[n] uniform in [low, high), without modulo bias.
nrt_status nrt_random_integers(nrt_ctx ctx, nrt_ptr y, int64_t n, int64_t low, int64_t high,
                               int64_t seed, int64_t stream, int64_t offset);
// int64 y[n] = a permutation of 0..n-1 (Fisher-Yates).
nrt_status nrt_random_permutation(nrt_ctx ctx, nrt_ptr y, int64_t n, int64_t seed, int64_t stream,
                                  int64_t offset);

#ifdef __cplusplus
}
#endif
#endif
