// Dense linear algebra on batches of small to medium matrices, row-major. Everything is computed in
// double, also for float32 operands, and rounded once.
#ifndef NEURITE_OPS_LINALG_H
#define NEURITE_OPS_LINALG_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// All: float32, float64; `batch` matrices one after the other.

// y [batch] = determinants of x [batch, n, n], by LU with row exchanges.
nrt_status nrt_linalg_det(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t batch,
                          int64_t n);
// a y = b; a [batch, n, n], b and y [batch, n, columns], by LU with row exchanges. A pivot of 0 is
// NRT_INVALID_ARGUMENT, text "matrix I of the batch is singular".
nrt_status nrt_linalg_solve(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                            int64_t batch, int64_t n, int64_t columns);
// t y = b (transposed: t^T y = b), reading the lower or upper triangle of t only.
nrt_status nrt_linalg_solve_triangular(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr t, nrt_ptr b,
                                       int64_t batch, int64_t n, int64_t columns, int32_t lower,
                                       int32_t transposed);
// y = lower triangle with y y^T = (x + x^T) / 2; NRT_INVALID_ARGUMENT, text "matrix I of the batch
// is not positive definite".
nrt_status nrt_linalg_cholesky(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t batch,
                               int64_t n);
// (x + x^T) / 2 = vectors diag(values) vectors^T; values [batch, n] ascending, vectors [batch, n,
// n] as columns. Cyclic Jacobi (Golub and Van Loan, section 8.5).
nrt_status nrt_linalg_eigh(nrt_ctx ctx, int32_t dtype, nrt_ptr values, nrt_ptr vectors, nrt_ptr x,
                           int64_t batch, int64_t n);
// x [batch, m, n], m >= n: x = u diag(s) v^T; u [batch, m, n], s [batch, n] descending, v [batch,
// n, n]. One-sided Jacobi (Hestenes; Golub and Van Loan, section 8.6).
nrt_status nrt_linalg_svd(nrt_ctx ctx, int32_t dtype, nrt_ptr u, nrt_ptr s, nrt_ptr v, nrt_ptr x,
                          int64_t batch, int64_t m, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
