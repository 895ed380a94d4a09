#include "ops/softmax/softmax.h"

#include "core/layout.h"
#include "ops/softmax/softmax_kernels.h"

NRT_DECLARE_LEVELS(SoftmaxKernels, softmax_kernels)

using namespace nrt;

namespace {

// Number of elements; 0 when there is nothing to do.
int64_t check(int32_t dtype, int64_t rows, int64_t cols) {
  if (dtype != NRT_FLOAT32 && dtype != NRT_FLOAT64) {
    unsupported("softmax: dtype %s is not supported", dtype_name(dtype));
  }
  return checked_product(rows, cols, "softmax");
}

}  // namespace

extern "C" {

nrt_status nrt_softmax_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t rows,
                           int64_t cols, int32_t log_form) {
  return guard([&] {
    Context& c = context(ctx);
    const int64_t n = check(dtype, rows, cols);
    if (n == 0) return;
    require(y, n, "softmax", "y");
    require(x, n, "softmax", "x");
    NRT_SELECT(c, softmax_kernels)
        .forward(dtype, ptr<void>(y), ptr<const void>(x), rows, cols, log_form != 0);
  });
}

nrt_status nrt_softmax_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr y, int64_t rows,
                           int64_t cols, int32_t log_form) {
  return guard([&] {
    Context& c = context(ctx);
    const int64_t n = check(dtype, rows, cols);
    if (n == 0) return;
    require(dx, n, "softmax", "dx");
    require(dy, n, "softmax", "dy");
    require(y, n, "softmax", "y");
    NRT_SELECT(c, softmax_kernels)
        .backward(dtype, ptr<void>(dx), ptr<const void>(dy), ptr<const void>(y), rows, cols,
                  log_form != 0);
  });
}

}  // extern "C"
