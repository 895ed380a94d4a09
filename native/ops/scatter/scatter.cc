#include "ops/scatter/scatter.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/scatter/scatter_kernels.h"

NRT_DECLARE_LEVELS(ScatterKernels, scatter_kernels)

namespace {

nrt::ScatterLines read_lines(const int64_t* desc, int32_t axis, int64_t length) {
  if (desc == nullptr) nrt::invalid("scatter: desc is null");
  const int64_t rank = desc[0];
  if (rank < 1 || rank > nrt::kScatterRank)
    nrt::invalid("scatter: rank %lld", static_cast<long long>(rank));
  if (axis < 0 || axis >= rank) nrt::invalid("scatter: axis %d", axis);
  nrt::require_size("scatter", length);
  nrt::ScatterLines lines = {};
  lines.lines = 1;
  lines.count = 1;
  lines.length = length;
  int64_t stride = 1;
  for (int32_t d = static_cast<int32_t>(rank) - 1; d >= 0; --d) {
    const int64_t n = desc[1 + d];
    const int64_t table = desc[1 + rank + d];
    if (table < 0) nrt::invalid("scatter: stride %lld", static_cast<long long>(table));
    if (d == axis) {
      lines.count = n;
      lines.step = stride;
      lines.axis_stride = table;
    } else {
      lines.shape[lines.rank] = n;
      lines.id_stride[lines.rank] = stride;
      lines.table_stride[lines.rank++] = table;
      lines.lines = nrt::require_size("scatter", lines.lines, n);
    }
    stride = nrt::require_size("scatter", stride, n);
  }
  nrt::require_size("scatter", lines.lines, lines.count);
  return lines;
}

void check_ids(const nrt::ScatterKernels& kernels, nrt_ptr ids, const nrt::ScatterLines& lines) {
  const int64_t n = lines.lines * lines.count;
  nrt::require_array("scatter", "ids", ids, n);
  const int64_t at = kernels.first_outside(nrt::ptr<int64_t>(ids), n, lines.length);
  if (at >= 0) {
    nrt::invalid("id %lld at position %lld is outside [%lld, %lld)",
                 static_cast<long long>(nrt::ptr<int64_t>(ids)[at]), static_cast<long long>(at),
                 static_cast<long long>(-lines.length), static_cast<long long>(lines.length));
  }
}

void require_countable(int32_t dtype) {
  if (dtype == NRT_BFLOAT16 || dtype == NRT_FLOAT16) nrt::unsupported("nonzero: dtype %d", dtype);
}

}  // namespace

extern "C" {

nrt_status nrt_scatter_take(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr table, nrt_ptr ids,
                            const int64_t* desc, int32_t axis, int64_t length) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::ScatterLines lines = read_lines(desc, axis, length);
    const nrt::ScatterKernels& kernels = NRT_SELECT(c, scatter_kernels);
    check_ids(kernels, ids, lines);
    nrt::require_array("scatter", "y", y, lines.lines * lines.count);
    nrt::require_array("scatter", "table", table, lines.lines * lines.count);
    kernels.take(nrt::ptr<char>(y), nrt::ptr<char>(table), nrt::ptr<int64_t>(ids), lines,
                 nrt::dtype_bytes("scatter", dtype));
  });
}

nrt_status nrt_scatter_put(nrt_ctx ctx, int32_t dtype, int32_t mode, nrt_ptr table, nrt_ptr updates,
                           nrt_ptr ids, const int64_t* desc, int32_t axis, int64_t length) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::ScatterLines lines = read_lines(desc, axis, length);
    const nrt::ScatterKernels& kernels = NRT_SELECT(c, scatter_kernels);
    if (mode < 0 || mode > 4) nrt::invalid("scatter: mode %d, expected 0 to 4", mode);
    check_ids(kernels, ids, lines);
    nrt::require_array("scatter", "table", table, lines.lines * lines.count);
    nrt::require_array("scatter", "updates", updates, lines.lines * lines.count);
    const bool known = kernels.put(dtype, mode, nrt::ptr<void>(table), nrt::ptr<void>(updates),
                                   nrt::ptr<int64_t>(ids), lines);
    if (!known) nrt::unsupported("scatter: dtype %d with mode %d", dtype, mode);
  });
}

nrt_status nrt_scatter_winners(nrt_ctx ctx, nrt_ptr y, nrt_ptr ids, const int64_t* desc,
                               int32_t axis, int64_t length) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::ScatterLines lines = read_lines(desc, axis, length);
    const nrt::ScatterKernels& kernels = NRT_SELECT(c, scatter_kernels);
    check_ids(kernels, ids, lines);
    nrt::require_array("scatter", "y", y, lines.lines * lines.count);
    kernels.winners(nrt::ptr<uint8_t>(y), nrt::ptr<int64_t>(ids), lines);
  });
}

nrt_status nrt_scatter_count(nrt_ctx ctx, int32_t dtype, nrt_ptr count, nrt_ptr x, int64_t n) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::dtype_bytes("nonzero", dtype);
    require_countable(dtype);
    nrt::require_array("nonzero", "count", count, 1);
    nrt::require_array("nonzero", "x", x, nrt::require_size("nonzero", n));
    *nrt::ptr<int64_t>(count) = NRT_SELECT(c, scatter_kernels).count(dtype, nrt::ptr<void>(x), n);
  });
}

nrt_status nrt_scatter_nonzero(nrt_ctx ctx, int32_t dtype, nrt_ptr y, int64_t count, nrt_ptr x,
                               int64_t n) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::dtype_bytes("nonzero", dtype);
    require_countable(dtype);
    nrt::require_array("nonzero", "y", y, nrt::require_size("nonzero", count));
    nrt::require_array("nonzero", "x", x, nrt::require_size("nonzero", n));
    NRT_SELECT(c, scatter_kernels)
        .nonzero(dtype, nrt::ptr<int64_t>(y), count, nrt::ptr<void>(x), n);
  });
}

}  // extern "C"
