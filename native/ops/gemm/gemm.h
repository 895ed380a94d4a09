// Matrix product C = act(alpha * op(A) op(B) + beta * C + bias), row-major, batched with strides.
#ifndef NEURITE_OPS_GEMM_H
#define NEURITE_OPS_GEMM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// Bits of flags. PARAM: an operand is a model's parameter, which lets smaller products run by bfloat16 parts.
enum { NRT_GEMM_TRANS_A = 1, NRT_GEMM_TRANS_B = 2, NRT_GEMM_PARAM = 4 };

// c[m, n] per batch element; op(A) is [m, k], op(B) is [k, n]. With TRANS_A, A is stored [k, m];
// with TRANS_B, B is stored [n, k]. ld*: elements between two rows as stored; stride_*: elements
// between two batch elements (0: the same matrix for every one; not allowed for c unless batch = 1).
// bias: [n] or 0. activation: an NRT_UNARY_* code without parameters (IDENTITY, RELU, SIGMOID,
// TANH), applied last. beta = 0 never reads c. Sum order depends on shape and ISA level only.
// dtypes: float32, float64.
nrt_status nrt_gemm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr c, nrt_ptr a, nrt_ptr b, nrt_ptr bias,
                        int64_t batch, int64_t m, int64_t n, int64_t k, int64_t lda,
                        int64_t stride_a, int64_t ldb, int64_t stride_b, int64_t ldc,
                        int64_t stride_c, int32_t flags, double alpha, double beta,
                        int32_t activation);

// Persistent packed form of op(B) (weights): bytes needed, packing, and the product using it.
// The packed form is opaque, valid for this ctx's ISA level. beta as above.
int64_t nrt_gemm_packed_bytes(nrt_ctx ctx, int32_t dtype, int64_t n, int64_t k);
nrt_status nrt_gemm_pack(nrt_ctx ctx, int32_t dtype, nrt_ptr packed, nrt_ptr b, int64_t n, int64_t k,
                         int64_t ldb, int32_t flags);
nrt_status nrt_gemm_packed_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr c, nrt_ptr a, nrt_ptr packed,
                               nrt_ptr bias, int64_t m, int64_t n, int64_t k, int64_t lda,
                               int64_t ldc, int32_t flags, double alpha, double beta,
                               int32_t activation);

// The same for float32 products by bfloat16 parts: op(B) split for 6, 3 or 1 products, as nrt_ctx_products
// said (for 0 there is no such form). The product needs b itself too: values near the ends of float32's
// range, and calls in another mode, use it. It gives the bits of nrt_gemm_fwd with PARAM.
int64_t nrt_gemm_split_bytes(nrt_ctx ctx, int32_t products, int64_t n, int64_t k);
nrt_status nrt_gemm_split(nrt_ctx ctx, int32_t products, nrt_ptr split, nrt_ptr b, int64_t n, int64_t k,
                          int64_t ldb, int32_t flags);
nrt_status nrt_gemm_split_fwd(nrt_ctx ctx, nrt_ptr c, nrt_ptr a, nrt_ptr b, nrt_ptr split, nrt_ptr bias,
                              int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc,
                              int32_t flags, double alpha, double beta, int32_t activation);

#ifdef __cplusplus
}
#endif
#endif
