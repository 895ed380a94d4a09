#include "ops/scan/scan.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/scan/scan_kernels.h"

NRT_DECLARE_LEVELS(ScanKernels, scan_kernels)

namespace {

int64_t elements(int64_t outer, int64_t n, int64_t inner) {
  return nrt::require_size("scan", nrt::require_size("scan", outer, n), inner);
}

}  // namespace

extern "C" {

nrt_status nrt_scan_fwd(nrt_ctx ctx, int32_t dtype, int32_t kind, nrt_ptr y, nrt_ptr x,
                        int64_t outer, int64_t n, int64_t inner, int32_t exclusive,
                        int32_t reverse) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const int64_t count = elements(outer, n, inner);
    nrt::require_array("scan", "y", y, count);
    nrt::require_array("scan", "x", x, count);
    if (kind != 0 && kind != 1) nrt::invalid("scan: kind %d, expected 0 or 1", kind);
    if (count == 0) return;
    const nrt::ScanSize size = {outer, n, inner, exclusive != 0, reverse != 0};
    const nrt::ScanKernels& kernels = NRT_SELECT(c, scan_kernels);
    const bool product = kind == 1;
    switch (dtype) {
      case NRT_FLOAT32:
        return kernels.f32(nrt::ptr<float>(y), nrt::ptr<float>(x), product, size);
      case NRT_FLOAT64:
        return kernels.f64(nrt::ptr<double>(y), nrt::ptr<double>(x), product, size);
      case NRT_INT32:
        return kernels.i32(nrt::ptr<int32_t>(y), nrt::ptr<int32_t>(x), product, size);
      case NRT_INT64:
        return kernels.i64(nrt::ptr<int64_t>(y), nrt::ptr<int64_t>(x), product, size);
      default:
        nrt::unsupported("scan: dtype %d, expected float32, float64, int32 or int64", dtype);
    }
  });
}

nrt_status nrt_scan_linear(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                           int64_t outer, int64_t n, int64_t inner, int32_t reverse) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("scan", dtype);
    const int64_t count = elements(outer, n, inner);
    nrt::require_array("scan", "y", y, count);
    nrt::require_array("scan", "a", a, count);
    nrt::require_array("scan", "b", b, count);
    if (count == 0) return;
    const nrt::ScanSize size = {outer, n, inner, false, reverse != 0};
    const nrt::ScanKernels& kernels = NRT_SELECT(c, scan_kernels);
    if (dtype == NRT_FLOAT32) {
      kernels.linear_f32(nrt::ptr<float>(y), nrt::ptr<float>(a), nrt::ptr<float>(b), size);
    } else {
      kernels.linear_f64(nrt::ptr<double>(y), nrt::ptr<double>(a), nrt::ptr<double>(b), size);
    }
  });
}

}  // extern "C"
