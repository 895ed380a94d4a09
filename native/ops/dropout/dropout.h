// Inverted dropout that stores a seed, not a mask: backward is forward applied to dy.
#ifndef NEURITE_OPS_DROPOUT_H
#define NEURITE_OPS_DROPOUT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// y[i] = x[i] / (1 - rate) where word i of the Philox stream (seed, stream) keeps it, else 0.
// Element i uses word i % 4 of block offset + i / 4; it is kept when uniform_f32(word) >= rate.
// rate in [0, 1). float32, float64.
nrt_status nrt_dropout_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t n, double rate,
                           int64_t seed, int64_t stream, int64_t offset);

#ifdef __cplusplus
}
#endif
#endif
