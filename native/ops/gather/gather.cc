#include "ops/gather/gather.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/gather/gather_kernels.h"

NRT_DECLARE_LEVELS(GatherKernels, gather_kernels)

namespace {

void check_sizes(const char* op, nrt_ptr values, nrt_ptr table, nrt_ptr ids, int64_t count,
                 int64_t rows, int64_t width) {
  nrt::require_array(op, "dy or y", values, nrt::require_size(op, count, width));
  nrt::require_array(op, "table", table, nrt::require_size(op, rows, width));
  nrt::require_array(op, "ids", ids, count);
}

void check_ids(const nrt::GatherKernels& kernels, const int64_t* ids, int64_t count, int64_t rows) {
  const int64_t at = kernels.first_outside(ids, count, rows);
  if (at >= 0) {
    nrt::invalid("id %lld at position %lld is outside [0, %lld)", static_cast<long long>(ids[at]),
                 static_cast<long long>(at), static_cast<long long>(rows));
  }
}

}  // namespace

extern "C" {

nrt_status nrt_gather_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr table, nrt_ptr ids,
                          int64_t count, int64_t rows, int64_t width) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const int64_t bytes = nrt::dtype_bytes("gather", dtype);
    check_sizes("gather", y, table, ids, count, rows, width);
    const nrt::GatherKernels& kernels = NRT_SELECT(c, gather_kernels);
    check_ids(kernels, nrt::ptr<int64_t>(ids), count, rows);
    kernels.fwd(nrt::ptr<char>(y), nrt::ptr<char>(table), nrt::ptr<int64_t>(ids), count,
                width * bytes);
  });
}

nrt_status nrt_gather_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dtable, nrt_ptr dy, nrt_ptr ids,
                          int64_t count, int64_t rows, int64_t width, int64_t skip_id,
                          int32_t accumulate) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("gather", dtype);
    check_sizes("gather", dy, dtable, ids, count, rows, width);
    const nrt::GatherKernels& kernels = NRT_SELECT(c, gather_kernels);
    const int64_t* indices = nrt::ptr<int64_t>(ids);
    check_ids(kernels, indices, count, rows);
    if (dtype == NRT_FLOAT32) {
      kernels.bwd_f32(nrt::ptr<float>(dtable), nrt::ptr<float>(dy), indices, count, rows, width,
                      skip_id, accumulate != 0);
    } else {
      kernels.bwd_f64(nrt::ptr<double>(dtable), nrt::ptr<double>(dy), indices, count, rows, width,
                      skip_id, accumulate != 0);
    }
  });
}

}  // extern "C"
