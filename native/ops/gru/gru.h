// Gated recurrent unit (Cho et al. 2014), the recurrent part of whole packed sequences.
#ifndef NEURITE_OPS_GRU_H
#define NEURITE_OPS_GRU_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// p_t = x W + b in three blocks z, r, n, computed beforehand by one product; U [units, 3 units] likewise.
//   z = sigmoid(p_z + h_{t-1} U_z),  r = sigmoid(p_r + h_{t-1} U_r)
//   reset_after:  q = h_{t-1} U_n + b_n,  n = tanh(p_n + r q)       (Keras' default, cuDNN, PyTorch)
//   else:         q = r h_{t-1},          n = tanh(p_n + q U_n)     (Cho et al.)
//   h_t = z h_{t-1} + (1 - z) n
// Packed rows (core/packed_steps.h): step_rows[steps] (host memory), their sum is total.
// h [total, units]; gates (z, r, n, q) [total, 4 units]; projected [total, 3 units]; hn, h0 [batch, units] in
// the packed order (h0 = 0: zeros); bias b_n [units] or 0, read with reset_after only. h and gates are
// what backward needs; with reset_after gates may be 0 where nothing will ask for it. dtypes: float32, float64.
nrt_status nrt_gru_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr h, nrt_ptr gates, nrt_ptr hn,
                       nrt_ptr projected, nrt_ptr recurrent, nrt_ptr bias, nrt_ptr h0,
                       const int64_t* step_rows, int64_t steps, int64_t batch, int64_t total,
                       int64_t units, int32_t reset_after);
// dprojected [total, 3 units]; drecurrent [units, 3 units]; dbias [units] (0 without bias); dh0
// [batch, units] (0: not wanted). Workspaces: previous (h_{t-1} of every row) [total, units], may be 0 where
// all sequences have the same length; dinner (gradient of h_{t-1} U; with reset_after only) [total, 3 units].
// dh (gradient of h) and dhn may be 0.
nrt_status nrt_gru_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dprojected, nrt_ptr drecurrent, nrt_ptr dbias,
                       nrt_ptr dh0, nrt_ptr previous, nrt_ptr dinner, nrt_ptr dh, nrt_ptr dhn, nrt_ptr h,
                       nrt_ptr gates, nrt_ptr recurrent, nrt_ptr h0, const int64_t* step_rows,
                       int64_t steps, int64_t batch, int64_t total, int64_t units, int32_t reset_after);

#ifdef __cplusplus
}
#endif
#endif
