#include "ops/dropout/dropout.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/dropout/dropout_kernels.h"

NRT_DECLARE_LEVELS(DropoutKernels, dropout_kernels)

extern "C" nrt_status nrt_dropout_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t n,
                                      double rate, int64_t seed, int64_t stream, int64_t offset) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("dropout", dtype);
    nrt::require_size("dropout", n);
    nrt::require_array("dropout", "y", y, n);
    nrt::require_array("dropout", "x", x, n);
    if (!(rate >= 0 && rate < 1)) nrt::invalid("dropout: rate must be in [0, 1), given %g", rate);
    const nrt::DropoutKernels& kernels = NRT_SELECT(c, dropout_kernels);
    // draw * 2^-24 >= rate, as a comparison of integers
    const auto threshold = static_cast<uint32_t>(std::ceil(rate * 0x1p24));
    const double scale = 1 / (1 - rate);
    const auto s = static_cast<uint64_t>(seed), t = static_cast<uint64_t>(stream),
               o = static_cast<uint64_t>(offset);
    if (dtype == NRT_FLOAT32) {
      kernels.fwd_f32(nrt::ptr<float>(y), nrt::ptr<float>(x), n, threshold, scale, s, t, o);
    } else {
      kernels.fwd_f64(nrt::ptr<double>(y), nrt::ptr<double>(x), n, threshold, scale, s, t, o);
    }
  });
}
