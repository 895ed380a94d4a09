#include "ops/binary/binary.h"

#include "core/layout.h"
#include "ops/binary/binary_kernels.h"

namespace nrt {
namespace {

void check(int32_t dtype, int32_t op) {
  if (op < NRT_BINARY_ADD || op > NRT_BINARY_FLOOR_DIV) invalid("binary: unknown operation %d", op);
  const bool integer = dtype == NRT_INT32 || dtype == NRT_INT64;
  if (!integer && dtype != NRT_FLOAT32 && dtype != NRT_FLOAT64) {
    unsupported("binary: dtype %s is not supported", dtype_name(dtype));
  }
  if (integer && (op == NRT_BINARY_ATAN2 || op == NRT_BINARY_HYPOT)) {
    unsupported("binary: operation %d is not defined for %s", op, dtype_name(dtype));
  }
}

void check_divisor(bool ok) {
  if (!ok) invalid("binary: integer division by zero");
}

}  // namespace
}  // namespace nrt

using namespace nrt;

extern "C" {

nrt_status nrt_binary_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                          int64_t n, int32_t a_step, int32_t b_step) {
  return guard([&] {
    Context& c = context(ctx);
    check(dtype, op);
    require_size(n, "binary", "n");
    if ((a_step | b_step) & ~1) invalid("binary: steps must be 0 or 1, given %d, %d", a_step, b_step);
    if (n == 0) return;
    require(y, n, "binary", "y");
    require(a, n, "binary", "a");
    require(b, n, "binary", "b");
    check_divisor(NRT_SELECT(c, binary_kernels)
                      .forward(dtype, op, ptr<void>(y), ptr<const void>(a), ptr<const void>(b), n,
                               a_step, b_step));
  });
}

nrt_status nrt_binary_fwd_strided(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a,
                                  nrt_ptr b, const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    check(dtype, op);
    const Strided s = read_layout(desc, 2, "binary");
    if (s.size == 0) return;
    require(y, s.size, "binary", "y");
    require(a, s.size, "binary", "a");
    require(b, s.size, "binary", "b");
    check_divisor(NRT_SELECT(c, binary_kernels)
                      .forward_strided(s, dtype, op, ptr<void>(y), ptr<const void>(a),
                                       ptr<const void>(b)));
  });
}

nrt_status nrt_binary_axpy(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t n,
                           double alpha) {
  return guard([&] {
    Context& c = context(ctx);
    if (dtype != NRT_FLOAT32 && dtype != NRT_FLOAT64) {
      unsupported("binary_axpy: dtype %s is not supported", dtype_name(dtype));
    }
    require_size(n, "binary_axpy", "n");
    if (n == 0) return;
    require(y, n, "binary_axpy", "y");
    require(x, n, "binary_axpy", "x");
    NRT_SELECT(c, binary_kernels).axpy(dtype, ptr<void>(y), ptr<const void>(x), n, alpha);
  });
}

}  // extern "C"
