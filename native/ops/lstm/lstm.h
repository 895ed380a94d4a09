// Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000; peepholes: Gers
// & Schmidhuber 2000), the recurrent part of whole packed sequences.
#ifndef NEURITE_OPS_LSTM_H
#define NEURITE_OPS_LSTM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// z = p_t + h_{t-1} U in four blocks i, f, g, o; p = x W + b computed beforehand by one product.
//   i = sigmoid(z_i + w_i c_{t-1}), f = sigmoid(z_f + w_f c_{t-1}), g = tanh(z_g)
//   c_t = f c_{t-1} + i g,  o = sigmoid(z_o + w_o c_t),  h_t = o tanh(c_t)
// Packed rows (core/packed_steps.h): step_rows[steps] (host memory), their sum is total.
// h, c [total, units]; gates (i, f, g, o after their functions), projected [total, 4 units]; hn, cn, h0, c0
// [batch, units] in the packed order (h0, c0 = 0: zeros); recurrent U [units, 4 units]; peephole
// [3, units] (w_i, w_f, w_o) or 0. h, c and gates are what backward needs; where nothing will ask for it,
// gates and c may both be 0. dtypes: float32, float64.
nrt_status nrt_lstm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr h, nrt_ptr c, nrt_ptr gates, nrt_ptr hn,
                        nrt_ptr cn, nrt_ptr projected, nrt_ptr recurrent, nrt_ptr peephole, nrt_ptr h0,
                        nrt_ptr c0, const int64_t* step_rows, int64_t steps, int64_t batch,
                        int64_t total, int64_t units);
// dprojected [total, 4 units]; drecurrent [units, 4 units]; dpeephole [3, units] (0 without peepholes);
// dh0 (0: not wanted), dc0 [batch, units]; previous (workspace: h_{t-1} of every row) [total, units], may be 0
// where all sequences have the same length. dh (gradient of h), dhn and dcn may be 0.
nrt_status nrt_lstm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dprojected, nrt_ptr drecurrent,
                        nrt_ptr dpeephole, nrt_ptr dh0, nrt_ptr dc0, nrt_ptr previous, nrt_ptr dh,
                        nrt_ptr dhn, nrt_ptr dcn, nrt_ptr h, nrt_ptr c, nrt_ptr gates,
                        nrt_ptr recurrent, nrt_ptr peephole, nrt_ptr h0, nrt_ptr c0,
                        const int64_t* step_rows, int64_t steps, int64_t batch, int64_t total,
                        int64_t units);

#ifdef __cplusplus
}
#endif
#endif
