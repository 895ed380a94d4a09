// ABI of resize2d: checks the descriptor and hands over to the kernels of the context's ISA level.
#include "ops/resize2d/resize2d.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/resize2d/resize2d_kernels.h"

NRT_DECLARE_LEVELS(Resize2dKernels, resize2d_kernels)

namespace nrt {
namespace {

// Every extent stays below this, so that a product of two cannot overflow.
constexpr int64_t kLargestExtent = (int64_t{1} << 31) - 1;
// Elements a tensor may have: eight bytes each must stay addressable.
constexpr int64_t kLargestCount = int64_t{1} << 59;

void check_count(const char* name, const int64_t (&extents)[4]) {
  int64_t product = 1;
  for (const int64_t e : extents) {
    if (__builtin_mul_overflow(product, e, &product) || product > kLargestCount) {
      invalid("resize2d: %s has too many elements: too large for any memory", name);
    }
  }
}

Resize2dShape shape_of(const int64_t* desc, double cubic) {
  if (desc == nullptr) invalid("resize2d: desc is null");
  static const char* const names[] = {"n", "h", "w", "c", "oh", "ow"};
  for (int i = 0; i < 6; ++i) {
    if (desc[i] < 0 || desc[i] > kLargestExtent) {
      invalid("resize2d: %s is %lld, expected 0 to %lld", names[i], static_cast<long long>(desc[i]),
              static_cast<long long>(kLargestExtent));
    }
  }
  const Resize2dShape s = {desc[0], desc[1], desc[2], desc[3], desc[4],
                           desc[5], desc[6], desc[7] == 1, cubic};
  check_count("x", {s.images, s.in_h, s.in_w, s.channels});
  check_count("y", {s.images, s.out_h, s.out_w, s.channels});
  if (s.mode < NRT_RESIZE_NEAREST || s.mode > NRT_RESIZE_CUBIC) {
    invalid("resize2d: mode is %lld, expected 0 to 3", static_cast<long long>(s.mode));
  }
  if (desc[7] != 0 && (desc[7] != 1 || s.mode < NRT_RESIZE_LINEAR)) {
    invalid("resize2d: align_corners is %lld, expected 0, or 1 with a smooth mode",
            static_cast<long long>(desc[7]));
  }
  if (s.images * s.channels > 0 && s.out_h > 0 && s.out_w > 0 && (s.in_h == 0 || s.in_w == 0)) {
    invalid("resize2d: an empty image cannot be enlarged");
  }
  return s;
}

int64_t in_size(const Resize2dShape& s) { return s.images * s.in_h * s.in_w * s.channels; }
int64_t out_size(const Resize2dShape& s) { return s.images * s.out_h * s.out_w * s.channels; }

}  // namespace
}  // namespace nrt

nrt_status nrt_resize2d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, const int64_t* desc,
                            double cubic) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Resize2dShape shape = nrt::shape_of(desc, cubic);
    nrt::require_array("resize2d", "y", y, nrt::out_size(shape));
    nrt::require_array("resize2d", "x", x, nrt::out_size(shape));
    nrt::for_real("resize2d", NRT_SELECT(c, resize2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (nrt::out_size(shape) > 0) table.forward(nrt::ptr<T>(y), nrt::ptr<T>(x), shape);
    });
  });
}

nrt_status nrt_resize2d_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, const int64_t* desc,
                            double cubic) {
  return nrt::guard([&] {
    const nrt::Context& c = nrt::context(ctx);
    const nrt::Resize2dShape shape = nrt::shape_of(desc, cubic);
    nrt::require_array("resize2d", "dx", dx, nrt::in_size(shape));
    nrt::require_array("resize2d", "dy", dy, nrt::in_size(shape) > 0 ? nrt::out_size(shape) : 0);
    nrt::for_real("resize2d", NRT_SELECT(c, resize2d_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      if (nrt::in_size(shape) > 0) table.backward(nrt::ptr<T>(dx), nrt::ptr<T>(dy), shape);
    });
  });
}
