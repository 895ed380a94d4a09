#include "ops/fft/fft.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/fft/fft_kernels.h"

NRT_DECLARE_LEVELS(FftKernels, fft_kernels)

extern "C" {

nrt_status nrt_fft_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr real_y, nrt_ptr imag_y, nrt_ptr real_x,
                       nrt_ptr imag_x, int64_t batch, int64_t n, int32_t inverse) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("fft", dtype);
    const int64_t count = nrt::require_size("fft", batch, n);
    if (n > (int64_t{1} << 40)) nrt::invalid("fft: length %lld", static_cast<long long>(n));
    nrt::require_array("fft", "real_y", real_y, count);
    nrt::require_array("fft", "imag_y", imag_y, count);
    nrt::require_array("fft", "real_x", real_x, count);
    if (count == 0) return;
    const nrt::FftKernels& kernels = NRT_SELECT(c, fft_kernels);
    if (dtype == NRT_FLOAT32) {
      kernels.f32(nrt::ptr<float>(real_y), nrt::ptr<float>(imag_y), nrt::ptr<float>(real_x),
                  nrt::ptr<float>(imag_x), batch, n, inverse != 0);
    } else {
      kernels.f64(nrt::ptr<double>(real_y), nrt::ptr<double>(imag_y), nrt::ptr<double>(real_x),
                  nrt::ptr<double>(imag_x), batch, n, inverse != 0);
    }
  });
}

}  // extern "C"
