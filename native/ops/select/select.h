// Comparisons, logic and choice. Booleans are one byte, 0 or 1.
#ifndef NEURITE_OPS_SELECT_H
#define NEURITE_OPS_SELECT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  NRT_COMPARE_EQUAL = 0,
  NRT_COMPARE_NOT_EQUAL = 1,
  NRT_COMPARE_GREATER = 2,
  NRT_COMPARE_GREATER_EQUAL = 3,
  NRT_COMPARE_LESS = 4,
  NRT_COMPARE_LESS_EQUAL = 5,
  NRT_LOGIC_AND = 6,  // on bool
  NRT_LOGIC_OR = 7,
  NRT_LOGIC_XOR = 8,
  NRT_TEST_NAN = 9,    // of a; b is ignored (pass a)
  NRT_TEST_FINITE = 10
};

// y (bool, contiguous) = a op b. desc as in nrt_binary_fwd_strided. dtype of a and b: any but bf16/f16.
nrt_status nrt_select_compare(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                              const int64_t* desc);
// y = cond ? a : b. desc: rank, shape, cond_strides, a_strides, b_strides. Any dtype but bf16/f16.
nrt_status nrt_select_where(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr cond, nrt_ptr a, nrt_ptr b,
                            const int64_t* desc);

#ifdef __cplusplus
}
#endif
#endif
