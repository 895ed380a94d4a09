// ABI of pool2d: checks the descriptor and hands over to the kernels of the context's ISA level.
#include "ops/pool2d/pool2d.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/pool2d/pool2d_kernels.h"

NRT_DECLARE_LEVELS(Pool2dKernels, pool2d_kernels)

namespace nrt {
namespace {

// Every extent stays below this, so that a product of two cannot overflow.
constexpr int64_t kLargestExtent = (int64_t{1} << 31) - 1;
// Elements a tensor may have: eight bytes each must stay addressable.
constexpr int64_t kLargestCount = int64_t{1} << 59;

void check_extent(const char* name, int64_t value, int64_t smallest) {
  if (value < smallest || value > kLargestExtent) {
    invalid("pool2d: %s is %lld, expected %lld to %lld", name, static_cast<long long>(value),
            static_cast<long long>(smallest), static_cast<long long>(kLargestExtent));
  }
}

void check_count(const char* name, int64_t a, int64_t b, int64_t c, int64_t d) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || __builtin_mul_overflow(product, c, &product) ||
      __builtin_mul_overflow(product, d, &product) || product > kLargestCount) {
    invalid("pool2d: %s of [%lld, %lld, %lld, %lld] elements is too large", name,
            static_cast<long long>(a), static_cast<long long>(b), static_cast<long long>(c),
            static_cast<long long>(d));
  }
}

void check_sizes(const Pool2dShape& s) {
  check_extent("n", s.images, 0);
  check_extent("h", s.in_h, 0);
  check_extent("w", s.in_w, 0);
  check_extent("c", s.channels, 0);
  check_extent("oh", s.out_h, 0);
  check_extent("ow", s.out_w, 0);
  check_extent("kh", s.kernel_h, 1);
  check_extent("kw", s.kernel_w, 1);
  check_extent("stride_h", s.stride_h, 1);
  check_extent("stride_w", s.stride_w, 1);
  check_extent("dilation_h", s.dilation_h, 1);
  check_extent("dilation_w", s.dilation_w, 1);
  check_extent("pad_top", s.pad_top, 0);
  check_extent("pad_left", s.pad_left, 0);
  check_extent("pad_bottom", s.pad_bottom, 0);
  check_extent("pad_right", s.pad_right, 0);
  check_count("x", s.images, s.in_h, s.in_w, s.channels);
  check_count("y", s.images, s.out_h, s.out_w, s.channels);
  if (s.in_h * s.in_w > INT32_MAX) {
    invalid("pool2d: an image plane of %lld x %lld cells is too large, int32 positions reach %d",
            static_cast<long long>(s.in_h), static_cast<long long>(s.in_w), INT32_MAX);
  }
}

Pool2dShape shape_of(const int64_t* desc) {
  if (desc == nullptr) invalid("pool2d: desc is null");
  Pool2dShape s;
  s.images = desc[0];
  s.in_h = desc[1];
  s.in_w = desc[2];
  s.channels = desc[3];
  s.out_h = desc[4];
  s.out_w = desc[5];
  s.kernel_h = desc[6];
  s.kernel_w = desc[7];
  s.stride_h = desc[8];
  s.stride_w = desc[9];
  s.dilation_h = desc[10];
  s.dilation_w = desc[11];
  s.pad_top = desc[12];
  s.pad_left = desc[13];
  if (desc[14] != 0 && desc[14] != 1) {
    invalid("pool2d: count_pad is %lld, expected 0 or 1", static_cast<long long>(desc[14]));
  }
  s.count_pad = desc[14] == 1;
  s.pad_bottom = desc[15] >> 32;
  s.pad_right = desc[15] & INT64_C(0xffffffff);
  check_sizes(s);
  return s;
}

void require(const char* name, nrt_ptr address, bool used) {
  if (used && address == 0) invalid("pool2d: %s is null", name);
}

bool has_input(const Pool2dShape& s) {
  return s.images > 0 && s.in_h > 0 && s.in_w > 0 && s.channels > 0;
}
bool has_output(const Pool2dShape& s) {
  return s.images > 0 && s.out_h > 0 && s.out_w > 0 && s.channels > 0;
}

}  // namespace
}  // namespace nrt

nrt_status nrt_pool2d_max_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr argmax, nrt_ptr x,
                              const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Pool2dShape shape = nrt::shape_of(desc);
    nrt::require("y", y, nrt::has_output(shape));
    nrt::require("x", x, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::for_real("pool2d", NRT_SELECT(c, pool2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_output(shape)) return;
      table.max_forward(nrt::ptr<T>(y), nrt::ptr<int32_t>(argmax), nrt::ptr<T>(x), shape);
    });
  });
}

nrt_status nrt_pool2d_max_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr argmax,
                              const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Pool2dShape shape = nrt::shape_of(desc);
    const bool used = nrt::has_input(shape) && nrt::has_output(shape);
    nrt::require("dx", dx, nrt::has_input(shape));
    nrt::require("dy", dy, used);
    nrt::require("argmax", argmax, used);
    nrt::for_real("pool2d", NRT_SELECT(c, pool2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_input(shape)) return;
      table.max_backward(nrt::ptr<T>(dx), nrt::ptr<T>(dy), nrt::ptr<int32_t>(argmax), shape);
    });
  });
}

nrt_status nrt_pool2d_avg_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x,
                              const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Pool2dShape shape = nrt::shape_of(desc);
    nrt::require("y", y, nrt::has_output(shape));
    nrt::require("x", x, nrt::has_output(shape) && nrt::has_input(shape));
    nrt::for_real("pool2d", NRT_SELECT(c, pool2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_output(shape)) return;
      table.average_forward(nrt::ptr<T>(y), nrt::ptr<T>(x), shape);
    });
  });
}

nrt_status nrt_pool2d_avg_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy,
                              const int64_t* desc) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Pool2dShape shape = nrt::shape_of(desc);
    nrt::require("dx", dx, nrt::has_input(shape));
    nrt::require("dy", dy, nrt::has_input(shape) && nrt::has_output(shape));
    nrt::for_real("pool2d", NRT_SELECT(c, pool2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (!nrt::has_input(shape)) return;
      table.average_backward(nrt::ptr<T>(dx), nrt::ptr<T>(dy), shape);
    });
  });
}
