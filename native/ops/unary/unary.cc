#include "ops/unary/unary.h"

#include "core/layout.h"
#include "ops/unary/unary_kernels.h"

namespace nrt {
namespace {

bool is_real(int32_t dtype) { return dtype == NRT_FLOAT32 || dtype == NRT_FLOAT64; }

void check_op(int32_t op) {
  if (base::unary_gradient_kernels.needs(op) < 0) invalid("unary: unknown operation %d", op);
}

void check_forward(int32_t dtype, int32_t op) {
  check_op(op);
  if (is_real(dtype)) return;
  const bool integer = dtype == NRT_INT32 || dtype == NRT_INT64;
  const bool exact = op == NRT_UNARY_NEG || op == NRT_UNARY_ABS || op == NRT_UNARY_SQUARE ||
                     op == NRT_UNARY_SIGN;
  if (!integer || !exact) {
    unsupported("unary: operation %d does not support dtype %s", op, dtype_name(dtype));
  }
}

}  // namespace
}  // namespace nrt

using namespace nrt;

extern "C" {

nrt_status nrt_unary_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x, int64_t n,
                         double p0, double p1, double p2, double p3) {
  return guard([&] {
    Context& c = context(ctx);
    check_forward(dtype, op);
    require_size(n, "unary", "n");
    if (n == 0) return;
    require(y, n, "unary", "y");
    require(x, n, "unary", "x");
    const double p[4] = {p0, p1, p2, p3};
    NRT_SELECT(c, unary_kernels).forward(dtype, op, ptr<void>(y), ptr<const void>(x), n, p);
  });
}

nrt_status nrt_unary_fwd_strided(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x,
                                 const int64_t* desc, double p0, double p1, double p2, double p3) {
  return guard([&] {
    Context& c = context(ctx);
    check_forward(dtype, op);
    const Strided s = read_layout(desc, 1, "unary");
    if (s.size == 0) return;
    require(y, s.size, "unary", "y");
    require(x, s.size, "unary", "x");
    const double p[4] = {p0, p1, p2, p3};
    NRT_SELECT(c, unary_kernels).forward_strided(s, dtype, op, ptr<void>(y), ptr<const void>(x), p);
  });
}

nrt_status nrt_unary_bwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr dx, nrt_ptr dy, nrt_ptr x,
                         nrt_ptr y, int64_t n, double p0, double p1, double p2, double p3) {
  return guard([&] {
    Context& c = context(ctx);
    check_op(op);
    if (!is_real(dtype)) {
      unsupported("unary: the derivative does not support dtype %s", dtype_name(dtype));
    }
    require_size(n, "unary", "n");
    if (n == 0) return;
    require(dx, n, "unary", "dx");
    require(dy, n, "unary", "dy");
    const int32_t needs = nrt_unary_needs(op);
    if (needs == 1) require(x, n, "unary", "x");
    if (needs == 2) require(y, n, "unary", "y");
    const double p[4] = {p0, p1, p2, p3};
    NRT_SELECT(c, unary_gradient_kernels)
        .backward(dtype, op, ptr<void>(dx), ptr<const void>(dy), ptr<const void>(x),
                  ptr<const void>(y), n, p);
  });
}

int32_t nrt_unary_needs(int32_t op) {
  const int32_t needs = base::unary_gradient_kernels.needs(op);
  return needs < 0 ? 0 : needs;
}

}  // extern "C"
