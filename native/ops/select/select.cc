#include "ops/select/select.h"

#include "core/layout.h"
#include "ops/select/select_kernels.h"

NRT_DECLARE_LEVELS(SelectKernels, select_kernels)

using namespace nrt;

namespace {

void check_dtype(int32_t dtype) {
  if (dtype < NRT_FLOAT32 || dtype > NRT_BOOL) {
    unsupported("select: dtype %s is not supported", dtype_name(dtype));
  }
}

void check_compare(int32_t dtype, int32_t op) {
  check_dtype(dtype);
  if (op < NRT_COMPARE_EQUAL || op > NRT_TEST_FINITE) invalid("select: unknown comparison %d", op);
  const bool logic = op == NRT_LOGIC_AND || op == NRT_LOGIC_OR || op == NRT_LOGIC_XOR;
  if (logic && dtype != NRT_BOOL) unsupported("select: logic needs bool, given %s", dtype_name(dtype));
}

}  // namespace

extern "C" {

nrt_status nrt_select_compare(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                              const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    check_compare(dtype, op);
    const Strided s = read_layout(desc, 2, "select");
    if (s.size == 0) return;
    require(y, s.size, "select", "y");
    require(a, s.size, "select", "a");
    require(b, s.size, "select", "b");
    NRT_SELECT(c, select_kernels)
        .compare(s, dtype, op, ptr<void>(y), ptr<const void>(a), ptr<const void>(b));
  });
}

nrt_status nrt_select_where(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr cond, nrt_ptr a, nrt_ptr b,
                            const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    check_dtype(dtype);
    const Strided s = read_layout(desc, 3, "select");
    if (s.size == 0) return;
    require(y, s.size, "select", "y");
    require(cond, s.size, "select", "cond");
    require(a, s.size, "select", "a");
    require(b, s.size, "select", "b");
    NRT_SELECT(c, select_kernels)
        .where(s, dtype_bytes(dtype), ptr<void>(y), ptr<const void>(cond), ptr<const void>(a),
               ptr<const void>(b));
  });
}

}  // extern "C"
