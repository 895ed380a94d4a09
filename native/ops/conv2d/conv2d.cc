// ABI of conv2d: checks the descriptor and hands over to the kernels of the context's ISA level.
#include "ops/conv2d/conv2d.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "core/precision.h"
#include "ops/conv2d/conv2d_kernels.h"
#include "ops/gemm/gemm_tile_kernels.h"
#include "ops/unary/unary.h"

NRT_DECLARE_LEVELS(Conv2dKernels, conv2d_kernels)
NRT_DECLARE_LEVELS(Conv2dWinogradKernels, conv2d_winograd_kernels)

namespace nrt {
namespace {

// Every extent stays below this, so that a product of two cannot overflow.
constexpr int64_t kLargestExtent = (int64_t{1} << 31) - 1;
// Elements a tensor may have: eight bytes each must stay addressable.
constexpr int64_t kLargestCount = int64_t{1} << 59;

void check_extent(const char* name, int64_t value, int64_t smallest) {
  if (value < smallest || value > kLargestExtent) {
    invalid("conv2d: %s is %lld, expected %lld to %lld", name, static_cast<long long>(value),
            static_cast<long long>(smallest), static_cast<long long>(kLargestExtent));
  }
}

// Product of four extents; refuses what no memory could hold.
int64_t count_of(const char* name, int64_t a, int64_t b, int64_t c, int64_t d) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || __builtin_mul_overflow(product, c, &product) ||
      __builtin_mul_overflow(product, d, &product) || product > kLargestCount) {
    invalid("conv2d: %s of [%lld, %lld, %lld, %lld] elements is too large", name,
            static_cast<long long>(a), static_cast<long long>(b), static_cast<long long>(c),
            static_cast<long long>(d));
  }
  return product;
}

void check_sizes(const Conv2dShape& s) {
  check_extent("n", s.images, 0);
  check_extent("h", s.in_h, 0);
  check_extent("w", s.in_w, 0);
  check_extent("c", s.in_c, 1);
  check_extent("oh", s.out_h, 0);
  check_extent("ow", s.out_w, 0);
  check_extent("oc", s.out_c, 1);
  check_extent("kh", s.kernel_h, 1);
  check_extent("kw", s.kernel_w, 1);
  check_extent("stride_h", s.stride_h, 1);
  check_extent("stride_w", s.stride_w, 1);
  check_extent("dilation_h", s.dilation_h, 1);
  check_extent("dilation_w", s.dilation_w, 1);
  check_extent("pad_top", s.pad_top, 0);
  check_extent("pad_left", s.pad_left, 0);
  check_extent("groups", s.groups, 1);
  if (s.in_c % s.groups != 0 || s.out_c % s.groups != 0) {
    invalid("conv2d: groups is %lld, expected a divisor of c (%lld) and oc (%lld)",
            static_cast<long long>(s.groups), static_cast<long long>(s.in_c),
            static_cast<long long>(s.out_c));
  }
}

Conv2dShape shape_of(const int64_t* desc) {
  if (desc == nullptr) invalid("conv2d: desc is null");
  Conv2dShape s;
  s.images = desc[0];
  s.in_h = desc[1];
  s.in_w = desc[2];
  s.in_c = desc[3];
  s.out_h = desc[4];
  s.out_w = desc[5];
  s.out_c = desc[6];
  s.kernel_h = desc[7];
  s.kernel_w = desc[8];
  s.stride_h = desc[9];
  s.stride_w = desc[10];
  s.dilation_h = desc[11];
  s.dilation_w = desc[12];
  s.pad_top = desc[13];
  s.pad_left = desc[14];
  s.groups = desc[15];
  s.activation = static_cast<int32_t>(desc[16]);
  check_sizes(s);
  if (desc[16] != NRT_UNARY_IDENTITY && desc[16] != NRT_UNARY_RELU &&
      desc[16] != NRT_UNARY_SIGMOID && desc[16] != NRT_UNARY_TANH) {
    invalid("conv2d: activation %lld cannot be fused, expected identity, relu, sigmoid or tanh",
            static_cast<long long>(desc[16]));
  }
  count_of("x", s.images, s.in_h, s.in_w, s.in_c);
  count_of("y", s.images, s.out_h, s.out_w, s.out_c);
  count_of("w", s.kernel_h, s.kernel_w, s.in_c, s.out_c);
  // The padded rows one output row needs are held in scratch memory.
  const int64_t span_h = (s.kernel_h - 1) * s.dilation_h + 1;
  const int64_t span_w = s.out_w * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
  count_of("a strip of padded input", span_h, span_w, s.in_c, 1);
  return s;
}

void require(const char* name, nrt_ptr address, bool used) {
  if (used && address == 0) invalid("conv2d: %s is null", name);
}

bool has_input(const Conv2dShape& s) { return s.images > 0 && s.in_h > 0 && s.in_w > 0; }
bool has_output(const Conv2dShape& s) { return s.images > 0 && s.out_h > 0 && s.out_w > 0; }

// The forms with fewer multiplications serve float32 unless true IEEE sums are asked for.
template <typename T, typename Function, typename... Arguments>
bool done_by(Function function, const Arguments&... arguments) {
  if constexpr (sizeof(T) == sizeof(float)) return !ieee_products() && function(arguments...);
  return false;
}

// Packing once per call costs about as much as this many result pixels.
constexpr int64_t kManyPixels = 8192;
constexpr int64_t kSmallWeights = 4096;

template <typename T>
int64_t packed_size(const Context& c, const Conv2dTable<T>& table, const Conv2dShape& s, int32_t form) {
  if (form == NRT_CONV2D_PANELS) return table.packed_size(s);
  const int32_t products = form - NRT_CONV2D_TRANSFORMED;
  const bool known = products == 0 || (gemm_tile_kernels_of_call() != nullptr && (products == 3 || products == 6));
  if (sizeof(T) != sizeof(float) || !known) return 0;
  return NRT_SELECT(c, conv2d_winograd_kernels).packed_size(s, products);
}

template <typename T>
int32_t form_of(const Context& c, const Conv2dTable<T>& table, const Conv2dShape& s) {
  const int64_t weights = s.kernel_h * s.kernel_w * (s.in_c / s.groups) * s.out_c;
  if (weights < kSmallWeights || s.images * s.out_h * s.out_w > kManyPixels || !has_output(s)) {
    return NRT_CONV2D_PLAIN;
  }
  if (sizeof(T) == sizeof(float) && !ieee_products()) {
    const int32_t products = NRT_SELECT(c, conv2d_winograd_kernels).packed_products(s);
    if (products >= 0) return NRT_CONV2D_TRANSFORMED + products;
  }
  return packed_size(c, table, s, NRT_CONV2D_PANELS) > 0 ? NRT_CONV2D_PANELS : NRT_CONV2D_PLAIN;
}

template <typename T>
void require_form(const Context& c, const Conv2dTable<T>& table, const Conv2dShape& s, int32_t form) {
  if (packed_size(c, table, s, form) == 0) {
    invalid("conv2d: form is %d, expected one that nrt_conv2d_form gave for this shape", form);
  }
}

}  // namespace
}  // namespace nrt

int32_t nrt_conv2d_form(nrt_ctx ctx, int32_t dtype, const int64_t* desc) {
  int32_t form = NRT_CONV2D_PLAIN;
  nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype,
                  [&](const auto& table, auto) { form = nrt::form_of(c, table, shape); });
  });
  return form;
}

int64_t nrt_conv2d_packed_bytes(nrt_ctx ctx, int32_t dtype, const int64_t* desc, int32_t form) {
  int64_t bytes = -1;
  nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      bytes = nrt::packed_size(c, table, shape, form) * static_cast<int64_t>(sizeof(zero));
    });
  });
  return bytes;
}

nrt_status nrt_conv2d_pack(nrt_ctx ctx, int32_t dtype, nrt_ptr packed, nrt_ptr w, const int64_t* desc,
                           int32_t form) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::require("packed", packed, true);
    nrt::require("w", w, true);
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      nrt::require_form(c, table, shape, form);
      const auto packed_ = nrt::ptr<T>(packed);
      const auto w_ = nrt::ptr<const T>(w);
      if constexpr (sizeof(T) == sizeof(float)) {
        if (form >= NRT_CONV2D_TRANSFORMED) {
          NRT_SELECT(c, conv2d_winograd_kernels).pack(packed_, w_, shape, form - NRT_CONV2D_TRANSFORMED);
          return;
        }
      }
      table.pack(packed_, w_, shape);
    });
  });
}

nrt_status nrt_conv2d_fwd_packed(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w,
                                 nrt_ptr packed, nrt_ptr bias, const int64_t* desc, int32_t form) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::require("y", y, nrt::has_output(shape));
    nrt::require("x", x, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::require("w", w, nrt::has_output(shape));
    nrt::require("packed", packed, nrt::has_output(shape));
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      nrt::require_form(c, table, shape, form);
      if (!nrt::has_output(shape)) return;
      const auto y_ = nrt::ptr<T>(y);
      const auto x_ = nrt::ptr<const T>(x), w_ = nrt::ptr<const T>(w), b_ = nrt::ptr<const T>(bias);
      const auto packed_ = nrt::ptr<const T>(packed);
      if constexpr (sizeof(T) == sizeof(float)) {
        if (form >= NRT_CONV2D_TRANSFORMED) {
          const auto& fewer = NRT_SELECT(c, conv2d_winograd_kernels);
          const int32_t products = form - NRT_CONV2D_TRANSFORMED;
          if (!fewer.forward_packed(y_, x_, packed_, b_, shape, products)) table.forward(y_, x_, w_, b_, shape);
          return;
        }
      }
      table.forward_packed(y_, x_, packed_, b_, shape);
    });
  });
}

nrt_status nrt_conv2d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w, nrt_ptr bias,
                          const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::require("y", y, nrt::has_output(shape));
    nrt::require("x", x, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::require("w", w, nrt::has_output(shape));
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_output(shape)) return;
      const auto& fewer = NRT_SELECT(c, conv2d_winograd_kernels);
      const auto y_ = nrt::ptr<T>(y);
      const auto x_ = nrt::ptr<const T>(x), w_ = nrt::ptr<const T>(w), b_ = nrt::ptr<const T>(bias);
      if (!nrt::done_by<T>(fewer.forward, y_, x_, w_, b_, shape)) table.forward(y_, x_, w_, b_, shape);
    });
  });
}

nrt_status nrt_conv2d_bwd_data(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr w,
                               const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::require("dx", dx, nrt::has_input(shape));
    nrt::require("dy", dy, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::require("w", w, nrt::has_input(shape));
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_input(shape)) return;
      const auto& fewer = NRT_SELECT(c, conv2d_winograd_kernels);
      const auto dx_ = nrt::ptr<T>(dx);
      const auto dy_ = nrt::ptr<const T>(dy), w_ = nrt::ptr<const T>(w);
      if (nrt::has_output(shape) && nrt::done_by<T>(fewer.backward_data, dx_, dy_, w_, shape)) return;
      table.backward_data(dx_, dy_, w_, shape);
    });
  });
}

nrt_status nrt_conv2d_bwd_weights(nrt_ctx ctx, int32_t dtype, nrt_ptr dw, nrt_ptr dbias, nrt_ptr x,
                                  nrt_ptr dy, const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Conv2dShape shape = nrt::shape_of(desc);
    nrt::require("dw", dw, true);
    nrt::require("x", x, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::require("dy", dy, nrt::has_output(shape));
    nrt::for_real("conv2d", NRT_SELECT(c, conv2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      const auto& fewer = NRT_SELECT(c, conv2d_winograd_kernels);
      const auto dw_ = nrt::ptr<T>(dw), dbias_ = nrt::ptr<T>(dbias);
      const auto x_ = nrt::ptr<const T>(x), dy_ = nrt::ptr<const T>(dy);
      if (nrt::has_input(shape) && nrt::done_by<T>(fewer.backward_weights, dw_, dbias_, x_, dy_, shape)) return;
      table.backward_weights(dw_, dbias_, x_, dy_, shape);
    });
  });
}
