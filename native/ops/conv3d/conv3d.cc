// ABI of conv3d: checks the descriptor and hands over to the kernels of the context's ISA level.
#include "ops/conv3d/conv3d.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/conv3d/conv3d_kernels.h"
#include "ops/unary/unary.h"

NRT_DECLARE_LEVELS(Conv3dKernels, conv3d_kernels)
NRT_DECLARE_LEVELS(Conv2dKernels, conv2d_kernels)

namespace nrt {
namespace {

// Every extent stays below this, so that a product of two cannot overflow.
constexpr int64_t kLargestExtent = (int64_t{1} << 31) - 1;
// Elements a tensor may have: eight bytes each must stay addressable.
constexpr int64_t kLargestCount = int64_t{1} << 59;

template <int n>
void check_count(const char* name, const int64_t (&extents)[n]) {
  int64_t product = 1;
  for (const int64_t e : extents) {
    if (__builtin_mul_overflow(product, e, &product) || product > kLargestCount) {
      invalid("conv3d: %s has too many elements: too large for any memory", name);
    }
  }
}

void check_extents(const int64_t* desc) {
  static const char* const names[NRT_CONV3D_DESC] = {
      "n",        "d",        "h",          "w",         "c",        "od",       "oh",         "ow",
      "oc",       "kd",       "stride_d",   "dilation_d", "pad_front", "kh",      "stride_h",   "dilation_h",
      "pad_top",  "kw",       "stride_w",   "dilation_w", "pad_left", "groups"};
  for (int i = 0; i < NRT_CONV3D_DESC; ++i) {
    const bool may_be_zero = (i < 8 && i != 4) || i == 12 || i == 16 || i == 20;
    const int64_t smallest = may_be_zero ? 0 : 1;
    if (desc[i] < smallest || desc[i] > kLargestExtent) {
      invalid("conv3d: %s is %lld, expected %lld to %lld", names[i], static_cast<long long>(desc[i]),
              static_cast<long long>(smallest), static_cast<long long>(kLargestExtent));
    }
  }
  if (desc[4] % desc[21] != 0 || desc[8] % desc[21] != 0) {
    invalid("conv3d: groups is %lld, expected a divisor of c (%lld) and oc (%lld)",
            static_cast<long long>(desc[21]), static_cast<long long>(desc[4]),
            static_cast<long long>(desc[8]));
  }
}

Conv3dShape shape_of(const int64_t* desc) {
  if (desc == nullptr) invalid("conv3d: desc is null");
  check_extents(desc);
  Conv3dShape s;
  s.images = desc[0];
  s.in_d = desc[1];
  s.channels = desc[4];
  s.out_d = desc[5];
  s.kernel_d = desc[9];
  s.stride_d = desc[10];
  s.dilation_d = desc[11];
  s.pad_front = desc[12];
  check_count("x", {desc[0], desc[1], desc[2], desc[3], desc[4]});
  check_count("y", {desc[0], desc[5], desc[6], desc[7], desc[8]});
  check_count("an image of x", {desc[1], desc[2], desc[3], desc[4]});
  check_count("a slice of y", {desc[6], desc[7], desc[8]});
  check_count("w", {desc[9], desc[13], desc[17], desc[4], desc[8]});
  check_count("a slice", {desc[2], desc[3], desc[4], desc[9]});
  // A strip of the padded slice is held in scratch memory by the 2-D kernels.
  const int64_t span_h = (desc[13] - 1) * desc[15] + 1;
  const int64_t span_w = desc[7] * desc[18] + (desc[17] - 1) * desc[19] + 1;
  check_count("a strip of padded input", {span_h, span_w, desc[4], desc[9]});
  Conv2dShape& p = s.plane;
  p.images = 1;
  p.in_h = desc[2];
  p.in_w = desc[3];
  p.in_c = desc[4] * desc[9];
  p.out_h = desc[6];
  p.out_w = desc[7];
  p.out_c = desc[8];
  p.kernel_h = desc[13];
  p.stride_h = desc[14];
  p.dilation_h = desc[15];
  p.pad_top = desc[16];
  p.kernel_w = desc[17];
  p.stride_w = desc[18];
  p.dilation_w = desc[19];
  p.pad_left = desc[20];
  p.groups = desc[21];
  p.activation = NRT_UNARY_IDENTITY;
  return s;
}

int64_t in_size(const Conv3dShape& s) {
  return s.images * s.in_d * s.plane.in_h * s.plane.in_w * s.channels;
}
int64_t out_size(const Conv3dShape& s) {
  return s.images * s.out_d * s.plane.out_h * s.plane.out_w * s.plane.out_c;
}

// Calls body(table of T, table of the 2-D kernels, T{}) for the dtype.
template <typename F>
void for_dtype(const Context& c, int32_t dtype, F&& body) {
  const Conv3dKernels& kernels = NRT_SELECT(c, conv3d_kernels);
  const Conv2dKernels& plane = NRT_SELECT(c, conv2d_kernels);
  require_real("conv3d", dtype);
  if (dtype == NRT_FLOAT32) {
    body(kernels.f32, plane.f32, float{});
  } else {
    body(kernels.f64, plane.f64, double{});
  }
}

}  // namespace
}  // namespace nrt

nrt_status nrt_conv3d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w, nrt_ptr bias,
                          const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv3dShape shape = nrt::shape_of(desc);
    const int64_t used = nrt::out_size(shape);
    nrt::require_array("conv3d", "y", y, used);
    nrt::require_array("conv3d", "x", x, used > 0 ? nrt::in_size(shape) : 0);
    nrt::require_array("conv3d", "w", w, used);
    nrt::for_dtype(c, dtype, [&](const auto& table, const auto& plane, auto zero) {
      using T = decltype(zero);
      if (used == 0) return;
      table.forward(nrt::ptr<T>(y), nrt::ptr<T>(x), nrt::ptr<T>(w), nrt::ptr<T>(bias), shape, plane);
    });
  });
}

nrt_status nrt_conv3d_bwd_data(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr w,
                               const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv3dShape shape = nrt::shape_of(desc);
    const int64_t used = nrt::in_size(shape);
    nrt::require_array("conv3d", "dx", dx, used);
    nrt::require_array("conv3d", "dy", dy, used > 0 ? nrt::out_size(shape) : 0);
    nrt::require_array("conv3d", "w", w, used);
    nrt::for_dtype(c, dtype, [&](const auto& table, const auto& plane, auto zero) {
      using T = decltype(zero);
      if (used == 0) return;
      table.backward_data(nrt::ptr<T>(dx), nrt::ptr<T>(dy), nrt::ptr<T>(w), shape, plane);
    });
  });
}

nrt_status nrt_conv3d_bwd_weights(nrt_ctx ctx, int32_t dtype, nrt_ptr dw, nrt_ptr dbias, nrt_ptr x,
                                  nrt_ptr dy, const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv3dShape shape = nrt::shape_of(desc);
    const int64_t used = nrt::out_size(shape);
    nrt::require_array("conv3d", "dw", dw, 1);
    nrt::require_array("conv3d", "x", x, used > 0 ? nrt::in_size(shape) : 0);
    nrt::require_array("conv3d", "dy", dy, used);
    nrt::for_dtype(c, dtype, [&](const auto& table, const auto& plane, auto zero) {
      using T = decltype(zero);
      table.backward_weights(nrt::ptr<T>(dw), nrt::ptr<T>(dbias), nrt::ptr<T>(x), nrt::ptr<T>(dy),
                             shape, plane);
    });
  });
}
