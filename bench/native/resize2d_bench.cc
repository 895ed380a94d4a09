#include "ops/resize2d/resize2d.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

// Images twice as high and wide.
struct Resize {
  static constexpr int64_t kImages = 8, kIn = 64, kChannels = 32, kOut = 2 * kIn;

  explicit Resize(int64_t m) : desc({kImages, kIn, kIn, kChannels, kOut, kOut, m, 0}) {}
  std::vector<int64_t> desc;
  Array<float> x{kImages * kIn * kIn * kChannels, 1}, y{kImages * kOut * kOut * kChannels};
  Array<float> dy{y.size(), 2}, dx{x.size()};

  bool linear() const { return desc[6] == NRT_RESIZE_LINEAR; }
  // Share of input cell `cell` in output cell `i` along an axis.
  double share(int64_t i, int64_t cell) const {
    if (!linear()) return i / 2 == cell ? 1 : 0;
    const double source = std::fmin(std::fmax(static_cast<double>(i) / 2 - 0.25, 0), kIn - 1);
    return std::fmax(0, 1 - std::fabs(source - static_cast<double>(cell)));
  }
};

using Shared = std::shared_ptr<Resize>;
constexpr int64_t kIn = Resize::kIn, kOut = Resize::kOut, kChannels = Resize::kChannels;

Body forward(const Shared& t) {
  Body body = [t] {
    must(nrt_resize2d_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), t->desc.data(), 0));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 200)) {
    const int64_t c = at % kChannels, j = at / kChannels % kOut, i = at / kChannels / kOut % kOut;
    const int64_t image = at / kChannels / kOut / kOut;
    double want = 0;
    for (int64_t a = 0; a < kIn; ++a) {
      for (int64_t b = 0; b < kIn; ++b) {
        const double weight = t->share(i, a) * t->share(j, b);
        if (weight > 0) want += weight * static_cast<double>(t->x[((image * kIn + a) * kIn + b) * kChannels + c]);
      }
    }
    check("resize2d_fwd", at, static_cast<double>(t->y[at]), want, 1e-6);
  }
  return body;
}

Body backward(const Shared& t) {
  Body body = [t] {
    must(nrt_resize2d_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dy.at(), t->desc.data(), 0));
  };
  body();
  for (const int64_t at : samples(t->x.size(), 100)) {
    const int64_t c = at % kChannels, b = at / kChannels % kIn, a = at / kChannels / kIn % kIn;
    const int64_t image = at / kChannels / kIn / kIn;
    double want = 0;
    for (int64_t i = 0; i < kOut; ++i) {
      for (int64_t j = 0; j < kOut; ++j) {
        const double weight = t->share(i, a) * t->share(j, b);
        if (weight > 0) want += weight * static_cast<double>(t->dy[((image * kOut + i) * kOut + j) * kChannels + c]);
      }
    }
    check("resize2d_bwd", at, static_cast<double>(t->dx[at]), want, 1e-5);
  }
  return body;
}

const bool added = add_group([] {
  for (const int64_t mode : {NRT_RESIZE_NEAREST, NRT_RESIZE_LINEAR}) {
    const std::string name = mode == NRT_RESIZE_LINEAR ? "linear" : "nearest";
    const auto make = [mode] { return std::make_shared<Resize>(mode); };
    const double bytes = 4.0 * Resize::kImages * kChannels * (kIn * kIn + kOut * kOut);
    add("resize2d_fwd/8x64x64x32_" + name, {0, bytes}, [make] { return forward(make()); });
    add("resize2d_bwd/8x64x64x32_" + name, {0, bytes}, [make] { return backward(make()); });
  }
});

}  // namespace
}  // namespace neurite_bench
