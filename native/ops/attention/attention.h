// Scaled dot-product attention, tiled: the scores are never stored as a whole.
#ifndef NEURITE_OPS_ATTENTION_H
#define NEURITE_OPS_ATTENTION_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NRT_ATTENTION_MASK_NONE = 0, NRT_ATTENTION_MASK_BOOL = 1, NRT_ATTENTION_MASK_ADDED = 2 };

// Entries of desc: sizes, then element strides. Rows of q, k, v, y and their gradients are
// contiguous; batch, head and row strides are free (0 where an axis is stretched, inputs only).
enum {
  NRT_ATTENTION_BATCH = 0,
  NRT_ATTENTION_HEADS = 1,
  NRT_ATTENTION_KV_HEADS = 2,  // divides HEADS: head h uses key/value head h / (HEADS / KV_HEADS)
  NRT_ATTENTION_QUERIES = 3,
  NRT_ATTENTION_KEYS = 4,
  NRT_ATTENTION_WIDTH = 5,        // of a query and a key
  NRT_ATTENTION_VALUE_WIDTH = 6,  // of a value and a result
  NRT_ATTENTION_Q = 7,            // three strides each: batch, head, row
  NRT_ATTENTION_K = 10,
  NRT_ATTENTION_V = 13,
  NRT_ATTENTION_Y = 16,
  NRT_ATTENTION_MASK = 19,  // four strides: batch, head, query, key
  NRT_ATTENTION_DY = 23,    // from here on read by backward only
  NRT_ATTENTION_DQ = 26,
  NRT_ATTENTION_DK = 29,
  NRT_ATTENTION_DV = 32,
  NRT_ATTENTION_DESC = 35
};

// y = softmax(scale * q k^T + mask) v per batch and head (Vaswani et al. 2017; tiled as Dao et al. 2022).
// mask: 0, or bool (true = may attend), or values of the dtype that are added. lengths: 0 or int64
// [batch], keys from there on are not attended (values are cut to [0, KEYS]). causal: query i attends
// keys 0 .. i. A query that may attend nothing gives zeros. lse [batch, heads, queries]: log of the
// softmax's denominator, infinity for such a query; backward needs it. Sum order depends on the
// position of a key only, so what lies behind the lengths never changes a bit. dtypes: float32, float64.
nrt_status nrt_attention_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr lse, nrt_ptr q, nrt_ptr k,
                             nrt_ptr v, nrt_ptr mask, nrt_ptr lengths, const int64_t* desc,
                             int32_t mask_kind, int32_t causal, double scale);
// dv = p^T dy; ds = p (dy v^T - delta), delta = sum dy y; dq = scale ds k; dk = scale ds^T q, with p
// computed again from q, k and lse.
nrt_status nrt_attention_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dq, nrt_ptr dk, nrt_ptr dv,
                             nrt_ptr dy, nrt_ptr y, nrt_ptr lse, nrt_ptr q, nrt_ptr k, nrt_ptr v,
                             nrt_ptr mask, nrt_ptr lengths, const int64_t* desc,
                             int32_t mask_kind, int32_t causal, double scale);

#ifdef __cplusplus
}
#endif
#endif
