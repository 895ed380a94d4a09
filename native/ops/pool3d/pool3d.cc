// ABI of pool3d: checks the descriptor and hands over to the kernels of the context's ISA level.
#include "ops/pool3d/pool3d.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/pool3d/pool3d_kernels.h"

NRT_DECLARE_LEVELS(Pool3dKernels, pool3d_kernels)

namespace nrt {
namespace {

constexpr char kOp[] = "pool3d";
// Every extent stays below this, so that a product of two cannot overflow.
constexpr int64_t kLargestExtent = (int64_t{1} << 31) - 1;
// Elements a tensor may have: eight bytes each must stay addressable.
constexpr int64_t kLargestCount = int64_t{1} << 59;
constexpr int kFirstAxisField = 8, kFieldsPerAxis = 5;

int64_t checked(const char* axis, const char* name, int64_t value, int64_t smallest) {
  if (value < smallest || value > kLargestExtent) {
    invalid("pool3d: %s%s is %lld, expected %lld to %lld", axis, name, static_cast<long long>(value),
            static_cast<long long>(smallest), static_cast<long long>(kLargestExtent));
  }
  return value;
}

int64_t count(const char* name, int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > kLargestCount) {
    invalid("pool3d: %s has too many elements: too large for any memory", name);
  }
  return product;
}

Pool3dShape shape_of(const int64_t* desc) {
  if (desc == nullptr) invalid("pool3d: desc is null");
  static const char* const names[3] = {"depth ", "height ", "width "};
  Pool3dShape s;
  s.images = checked("", "n", desc[0], 0);
  s.channels = checked("", "c", desc[4], 0);
  int64_t x = count("x", s.images, s.channels), y = x, cells = 1;
  for (int i = 0; i < 3; ++i) {
    const int64_t* field = desc + kFirstAxisField + i * kFieldsPerAxis;
    Pool3dAxis& a = s.axis[i];
    a.in = checked(names[i], "in", desc[1 + i], 0);
    a.out = checked(names[i], "out", desc[5 + i], 0);
    a.kernel = checked(names[i], "kernel", field[0], 1);
    a.stride = checked(names[i], "stride", field[1], 1);
    a.dilation = checked(names[i], "dilation", field[2], 1);
    a.before = checked(names[i], "pad_before", field[3], 0);
    a.after = checked(names[i], "pad_after", field[4], 0);
    x = count("x", x, a.in);
    y = count("y", y, a.out);
    cells = count("a volume", cells, a.in);
  }
  for (int i = 23; i < NRT_POOL3D_DESC; ++i) {
    if (desc[i] != 0 && desc[i] != 1) {
      invalid("pool3d: %s is %lld, expected 0 or 1", i == 23 ? "count_pad" : "adaptive",
              static_cast<long long>(desc[i]));
    }
  }
  s.count_pad = desc[23] == 1;
  s.adaptive = desc[24] == 1;
  if (cells > INT32_MAX) {
    invalid("pool3d: a volume of %lld cells is too large, int32 positions reach %d",
            static_cast<long long>(cells), INT32_MAX);
  }
  return s;
}

int64_t in_size(const Pool3dShape& s) { return s.images * s.channels * s.in_cells(); }
int64_t out_size(const Pool3dShape& s) {
  return s.images * s.channels * s.axis[0].out * s.axis[1].out * s.axis[2].out;
}

// A forward call: checks, then run(table of T, T{}, shape) where there is a result.
template <typename F>
nrt_status forward(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, const int64_t* desc, const F& run) {
  return guard([&] {
    const Context& c = context(ctx);
    const Pool3dShape shape = shape_of(desc);
    const int64_t size = out_size(shape);
    require_array(kOp, "y", y, size);
    require_array(kOp, "x", x, size > 0 ? in_size(shape) : 0);
    for_real(kOp, NRT_SELECT(c, pool3d_kernels), dtype, [&](const auto& table, auto zero) {
      if (size > 0) run(table, zero, shape);
    });
  });
}

// A backward call; argmax: null for a pooling without.
template <typename F>
nrt_status backward(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, const nrt_ptr* argmax,
                    const int64_t* desc, const F& run) {
  return guard([&] {
    const Context& c = context(ctx);
    const Pool3dShape shape = shape_of(desc);
    const int64_t size = in_size(shape);
    const int64_t used = size > 0 ? out_size(shape) : 0;
    require_array(kOp, "dx", dx, size);
    require_array(kOp, "dy", dy, used);
    if (argmax != nullptr) require_array(kOp, "argmax", *argmax, used);
    for_real(kOp, NRT_SELECT(c, pool3d_kernels), dtype, [&](const auto& table, auto zero) {
      if (size > 0) run(table, zero, shape);
    });
  });
}

}  // namespace
}  // namespace nrt

nrt_status nrt_pool3d_max_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr argmax, nrt_ptr x,
                              const int64_t* desc) {
  return nrt::forward(ctx, dtype, y, x, desc, [&](const auto& table, auto zero, const auto& shape) {
    using T = decltype(zero);
    table.max_forward(nrt::ptr<T>(y), nrt::ptr<int32_t>(argmax), nrt::ptr<T>(x), shape);
  });
}

nrt_status nrt_pool3d_max_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr argmax,
                              const int64_t* desc) {
  return nrt::backward(ctx, dtype, dx, dy, &argmax, desc, [&](const auto& table, auto zero, const auto& shape) {
    using T = decltype(zero);
    table.max_backward(nrt::ptr<T>(dx), nrt::ptr<T>(dy), nrt::ptr<int32_t>(argmax), shape);
  });
}

nrt_status nrt_pool3d_avg_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x,
                              const int64_t* desc) {
  return nrt::forward(ctx, dtype, y, x, desc, [&](const auto& table, auto zero, const auto& shape) {
    using T = decltype(zero);
    table.average_forward(nrt::ptr<T>(y), nrt::ptr<T>(x), shape);
  });
}

nrt_status nrt_pool3d_avg_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy,
                              const int64_t* desc) {
  return nrt::backward(ctx, dtype, dx, dy, nullptr, desc, [&](const auto& table, auto zero, const auto& shape) {
    using T = decltype(zero);
    table.average_backward(nrt::ptr<T>(dx), nrt::ptr<T>(dy), shape);
  });
}
