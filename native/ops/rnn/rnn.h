// Simple recurrent network (Elman 1990), the recurrent part of whole packed sequences.
#ifndef NEURITE_OPS_RNN_H
#define NEURITE_OPS_RNN_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// h_t = act(p_t + h_{t-1} U), p = x W + b computed beforehand by one product over all steps.
// Packed rows (core/packed_steps.h): step_rows[steps] (host memory), their sum is total.
// h, projected [total, units]; hn, h0 [batch, units] in the packed order (h0 = 0: zeros);
// recurrent U [units, units]; activation: NRT_UNARY_* IDENTITY, RELU, SIGMOID or TANH.
// h is what backward needs. dtypes: float32, float64.
nrt_status nrt_rnn_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr h, nrt_ptr hn, nrt_ptr projected,
                       nrt_ptr recurrent, nrt_ptr h0, const int64_t* step_rows, int64_t steps,
                       int64_t batch, int64_t total, int64_t units, int32_t activation);
// dprojected and previous (workspace: h_{t-1} of every row; may be 0 where all sequences have the same length)
// [total, units]; drecurrent [units, units]; dh0 [batch, units] (0: not wanted). dh (gradient of h) and dhn may
// be 0.
nrt_status nrt_rnn_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dprojected, nrt_ptr drecurrent, nrt_ptr dh0,
                       nrt_ptr previous, nrt_ptr dh, nrt_ptr dhn, nrt_ptr h, nrt_ptr recurrent,
                       nrt_ptr h0, const int64_t* step_rows, int64_t steps, int64_t batch,
                       int64_t total, int64_t units, int32_t activation);

#ifdef __cplusplus
}
#endif
#endif
