// Connectionist temporal classification (Graves et al. 2006): the loss of all alignments of a target.
#ifndef NEURITE_OPS_CTC_H
#define NEURITE_OPS_CTC_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// logits [batch, time, classes], softmax over the classes is applied here (log-probabilities are logits
// too). targets int64 [batch, labels] without blanks, entries past target_lengths are not read;
// input_lengths, target_lengths int64 [batch]. loss[b] = -log of the sum over all alignments of target
// b to its first input_lengths[b] steps; infinity when there is none. lse [batch, time] is an output
// needed by backward. float32, float64; the sums run in double. Labels that are blank or outside
// [0, classes) and lengths beyond the arrays are NRT_INVALID_ARGUMENT, naming value and place.
nrt_status nrt_ctc_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr logits,
                       nrt_ptr targets, nrt_ptr input_lengths, nrt_ptr target_lengths, int64_t batch,
                       int64_t time, int64_t classes, int64_t labels, int64_t blank);
// dlogits[b,t,k] = dloss[b] * (softmax(logits)[b,t,k] - share of the alignments with class k at t); 0
// for steps past the length and for targets without an alignment.
nrt_status nrt_ctc_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dlogits, nrt_ptr dloss, nrt_ptr logits,
                       nrt_ptr lse, nrt_ptr targets, nrt_ptr input_lengths, nrt_ptr target_lengths,
                       int64_t batch, int64_t time, int64_t classes, int64_t labels, int64_t blank);

#ifdef __cplusplus
}
#endif
#endif
