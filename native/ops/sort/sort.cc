#include "ops/sort/sort.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/sort/sort_kernels.h"

NRT_DECLARE_LEVELS(SortKernels, sort_kernels)

extern "C" {

nrt_status nrt_sort_rows(nrt_ctx ctx, int32_t dtype, nrt_ptr values, nrt_ptr indices, nrt_ptr x,
                         int64_t rows, int64_t cols, int64_t k, int32_t descending) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const int64_t in = nrt::require_size("sort", rows, nrt::require_size("sort", cols, 2)) / 2;
    if (k < 0 || k > cols) {
      nrt::invalid("sort: expected k in [0, %lld], given %lld", static_cast<long long>(cols),
                   static_cast<long long>(k));
    }
    nrt::require_array("sort", "x", x, in);
    nrt::require_array("sort", "values", values, rows * k);
    nrt::require_array("sort", "indices", indices, rows * k);
    const nrt::SortSize size = {rows, cols, k, descending != 0};
    const bool known = NRT_SELECT(c, sort_kernels)
                           .rows(dtype, nrt::ptr<void>(values), nrt::ptr<int64_t>(indices),
                                 nrt::ptr<void>(x), size);
    if (!known) nrt::unsupported("sort: dtype %d cannot be sorted", dtype);
  });
}

nrt_status nrt_sort_search(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr sorted, nrt_ptr queries,
                           int64_t rows, int64_t cols, int64_t count, int32_t right) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_array("search", "sorted", sorted, nrt::require_size("search", rows, cols));
    const int64_t total = nrt::require_size("search", rows, count);
    nrt::require_array("search", "queries", queries, total);
    nrt::require_array("search", "y", y, total);
    const bool known = NRT_SELECT(c, sort_kernels)
                           .search(dtype, nrt::ptr<int64_t>(y), nrt::ptr<void>(sorted),
                                   nrt::ptr<void>(queries), rows, cols, count, right != 0);
    if (!known) nrt::unsupported("search: dtype %d cannot be searched", dtype);
  });
}

}  // extern "C"
