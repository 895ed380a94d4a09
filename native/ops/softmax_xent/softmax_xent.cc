#include "ops/softmax_xent/softmax_xent.h"

#include "core/layout.h"
#include "ops/softmax_xent/softmax_xent_kernels.h"

NRT_DECLARE_LEVELS(SoftmaxXentKernels, softmax_xent_kernels)

using namespace nrt;

namespace {

int64_t check(int32_t dtype, int64_t rows, int64_t cols) {
  if (dtype != NRT_FLOAT32 && dtype != NRT_FLOAT64) {
    unsupported("softmax_xent: dtype %s is not supported", dtype_name(dtype));
  }
  return checked_product(rows, cols, "softmax_xent");
}

void check_labels(const int64_t* labels, int64_t rows, int64_t cols, int64_t ignore) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t label = labels[r];
    if (label != ignore && (label < 0 || label >= cols)) {
      invalid("label %lld at row %lld is outside [0, %lld)", static_cast<long long>(label),
              static_cast<long long>(r), static_cast<long long>(cols));
    }
  }
}

XentCase sparse(nrt_ptr x, nrt_ptr labels, int64_t rows, int64_t cols, double smoothing,
                int64_t ignore) {
  if (!(smoothing >= 0 && smoothing <= 1)) {
    invalid("softmax_xent: smoothing must be in [0, 1], given %g", smoothing);
  }
  require(labels, rows, "softmax_xent", "labels");
  check_labels(ptr<const int64_t>(labels), rows, cols, ignore);
  return {ptr<const void>(x), ptr<const int64_t>(labels), nullptr, rows, cols, smoothing, ignore};
}

XentCase dense(nrt_ptr x, nrt_ptr targets, int64_t rows, int64_t cols) {
  require(targets, rows, "softmax_xent", "targets");
  return {ptr<const void>(x), nullptr, ptr<const void>(targets), rows, cols, 0, 0};
}

void forward(Context& c, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr x, const XentCase& task) {
  require(loss, task.rows, "softmax_xent", "loss");
  require(lse, task.rows, "softmax_xent", "lse");
  require(x, task.rows, "softmax_xent", "x");
  NRT_SELECT(c, softmax_xent_kernels).forward(dtype, ptr<void>(loss), ptr<void>(lse), task);
}

void backward(Context& c, int32_t dtype, nrt_ptr dx, nrt_ptr dloss, nrt_ptr x, nrt_ptr lse,
              const XentCase& task) {
  require(dx, task.rows, "softmax_xent", "dx");
  require(dloss, task.rows, "softmax_xent", "dloss");
  require(x, task.rows, "softmax_xent", "x");
  require(lse, task.rows, "softmax_xent", "lse");
  NRT_SELECT(c, softmax_xent_kernels)
      .backward(dtype, ptr<void>(dx), ptr<const void>(dloss), ptr<const void>(lse), task);
}

}  // namespace

extern "C" {

nrt_status nrt_softmax_xent_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr x,
                                nrt_ptr labels, int64_t rows, int64_t cols, double smoothing,
                                int64_t ignore) {
  return guard([&] {
    Context& c = context(ctx);
    if (check(dtype, rows, cols) == 0) return;
    forward(c, dtype, loss, lse, x, sparse(x, labels, rows, cols, smoothing, ignore));
  });
}

nrt_status nrt_softmax_xent_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dloss, nrt_ptr x,
                                nrt_ptr lse, nrt_ptr labels, int64_t rows, int64_t cols,
                                double smoothing, int64_t ignore) {
  return guard([&] {
    Context& c = context(ctx);
    if (check(dtype, rows, cols) == 0) return;
    backward(c, dtype, dx, dloss, x, lse, sparse(x, labels, rows, cols, smoothing, ignore));
  });
}

nrt_status nrt_softmax_xent_dense_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr x,
                                      nrt_ptr targets, int64_t rows, int64_t cols) {
  return guard([&] {
    Context& c = context(ctx);
    if (check(dtype, rows, cols) == 0) return;
    forward(c, dtype, loss, lse, x, dense(x, targets, rows, cols));
  });
}

nrt_status nrt_softmax_xent_dense_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dloss,
                                      nrt_ptr x, nrt_ptr lse, nrt_ptr targets, int64_t rows,
                                      int64_t cols) {
  return guard([&] {
    Context& c = context(ctx);
    if (check(dtype, rows, cols) == 0) return;
    backward(c, dtype, dx, dloss, x, lse, dense(x, targets, rows, cols));
  });
}

}  // extern "C"
