#include "ops/reduce/reduce.h"

#include "core/layout.h"
#include "ops/reduce/reduce_kernels.h"

NRT_DECLARE_LEVELS(ReduceKernels, reduce_kernels)
NRT_DECLARE_LEVELS(ReduceSearchKernels, reduce_search_kernels)

using namespace nrt;

namespace {

bool is_float(int32_t dtype) { return dtype == NRT_FLOAT32 || dtype == NRT_FLOAT64; }
bool is_integer(int32_t dtype) { return dtype == NRT_INT32 || dtype == NRT_INT64; }

void check(int32_t dtype, int32_t op) {
  if (op < NRT_REDUCE_SUM || op > NRT_REDUCE_VAR) invalid("reduce: unknown operation %d", op);
  const bool logic = op == NRT_REDUCE_ANY || op == NRT_REDUCE_ALL;
  const bool whole = op == NRT_REDUCE_SUM || op == NRT_REDUCE_PROD || op == NRT_REDUCE_MAX ||
                     op == NRT_REDUCE_MIN;
  const bool ok = logic ? dtype == NRT_BOOL : is_float(dtype) || (whole && is_integer(dtype));
  if (!ok) unsupported("reduce: operation %d on %s is not supported", op, dtype_name(dtype));
}

int64_t magnitude(int64_t v) { return v < 0 ? -v : v; }

void push(Strided* s, int64_t length, int64_t stride) {
  if (length != 1) {
    s->shape[s->rank] = length;
    s->stride[0][s->rank] = stride;
    ++s->rank;
  }
  s->size *= length;
}

void start(Strided* s) {
  s->rank = 0;
  s->operands = 1;
  s->size = 1;
}

// Neighbouring axes that are one run in memory become one.
void join(Strided* s) {
  int rank = 0;
  for (int d = 0; d < s->rank; ++d) {
    if (rank > 0 && s->stride[0][rank - 1] == s->stride[0][d] * s->shape[d]) {
      s->shape[rank - 1] *= s->shape[d];
      s->stride[0][rank - 1] = s->stride[0][d];
    } else {
      s->shape[rank] = s->shape[d];
      s->stride[0][rank] = s->stride[0][d];
      ++rank;
    }
  }
  if (rank == 0) {
    s->shape[0] = s->size;  // 1, or 0 when an axis was empty
    s->stride[0][0] = 1;
    rank = 1;
  }
  s->rank = rank;
}

void sort_by_stride(Strided* s) {
  for (int d = 1; d < s->rank; ++d) {
    for (int e = d; e > 0 && magnitude(s->stride[0][e]) > magnitude(s->stride[0][e - 1]); --e) {
      const int64_t length = s->shape[e], stride = s->stride[0][e];
      s->shape[e] = s->shape[e - 1];
      s->stride[0][e] = s->stride[0][e - 1];
      s->shape[e - 1] = length;
      s->stride[0][e - 1] = stride;
    }
  }
}

ReducePlan plan_of(const int64_t* desc) {
  // read_layout checks rank, lengths, overflow and extents.
  read_layout(desc, 1, "reduce");
  const int64_t rank = desc[0];
  ReducePlan p;
  start(&p.kept);
  start(&p.reduced);
  for (int64_t d = 0; d < rank; ++d) {
    const bool reduced = desc[1 + 2 * rank + d] != 0;
    push(reduced ? &p.reduced : &p.kept, desc[1 + d], desc[1 + rank + d]);
  }
  sort_by_stride(&p.reduced);
  join(&p.kept);
  join(&p.reduced);
  return p;
}

}  // namespace

extern "C" {

nrt_status nrt_reduce_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x,
                          const int64_t* desc, double p0) {
  return guard([&] {
    Context& c = context(ctx);
    check(dtype, op);
    const ReducePlan p = plan_of(desc);
    if (p.kept.size == 0) return;
    if (p.reduced.size == 0 && (op == NRT_REDUCE_MAX || op == NRT_REDUCE_MIN)) {
      invalid("reduce: the largest or smallest of no elements is not defined");
    }
    require(y, p.kept.size, "reduce", "y");
    require(x, p.reduced.size, "reduce", "x");
    NRT_SELECT(c, reduce_kernels).reduce(p, dtype, op, ptr<void>(y), ptr<const void>(x), p0);
  });
}

nrt_status nrt_reduce_extreme_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr y,
                                  nrt_ptr x, const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    if (!is_float(dtype)) unsupported("reduce: no gradient for %s", dtype_name(dtype));
    read_layout(desc, 1, "reduce");
    const int64_t rank = desc[0];
    int64_t full[1 + 3 * kMaxRank];
    full[0] = rank;
    int64_t step = 1;
    for (int64_t d = rank - 1; d >= 0; --d) {
      const bool reduced = desc[1 + 2 * rank + d] != 0;
      full[1 + d] = desc[1 + d];
      full[1 + rank + d] = desc[1 + rank + d];
      full[1 + 2 * rank + d] = reduced ? 0 : step;
      if (!reduced) step *= desc[1 + d];
    }
    const Strided s = read_layout(full, 2, "reduce");
    if (s.size == 0) return;
    require(dx, s.size, "reduce", "dx");
    require(dy, s.size, "reduce", "dy");
    require(y, s.size, "reduce", "y");
    require(x, s.size, "reduce", "x");
    NRT_SELECT(c, reduce_search_kernels)
        .extreme_bwd(s, dtype, ptr<void>(dx), ptr<const void>(dy), ptr<const void>(y),
                     ptr<const void>(x), step);
  });
}

nrt_status nrt_reduce_arg(nrt_ctx ctx, int32_t dtype, int32_t largest, nrt_ptr y, nrt_ptr x,
                          int64_t outer, int64_t count, int64_t inner) {
  return guard([&] {
    Context& c = context(ctx);
    if (!is_float(dtype) && !is_integer(dtype)) {
      unsupported("reduce: arg of %s is not supported", dtype_name(dtype));
    }
    const int64_t outputs = checked_product(outer, inner, "reduce");
    checked_product(outputs, count, "reduce");
    if (outputs == 0) return;
    if (count == 0) invalid("reduce: the position of the largest of no elements is not defined");
    require(y, outputs, "reduce", "y");
    require(x, outputs, "reduce", "x");
    NRT_SELECT(c, reduce_search_kernels)
        .arg(dtype, largest != 0, ptr<int64_t>(y), ptr<const void>(x), outer, count, inner);
  });
}

nrt_status nrt_reduce_nonfinite(nrt_ctx ctx, int32_t dtype, nrt_ptr flag, nrt_ptr x, int64_t n) {
  return guard([&] {
    Context& c = context(ctx);
    if (!is_float(dtype)) unsupported("reduce: nonfinite of %s", dtype_name(dtype));
    require_size(n, "reduce", "n");
    require(flag, 1, "reduce", "flag");
    require(x, n, "reduce", "x");
    *ptr<uint8_t>(flag) = NRT_SELECT(c, reduce_search_kernels).nonfinite(dtype, ptr<const void>(x), n);
  });
}

}  // extern "C"
