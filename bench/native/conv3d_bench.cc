#include "ops/conv3d/conv3d.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

// Kernels of 3 cells a side, padded by 1, stride 1: all extents stay.
struct Convolution {
  static constexpr int64_t kSide = 3;

  Convolution(int64_t images, int64_t extent, int64_t in, int64_t out)
      : n(images), e(extent), c(in), oc(out) {}

  int64_t n, e, c, oc;
  std::vector<int64_t> desc = {n, e, e, e, c, e, e, e, oc, kSide, 1, 1, 1, kSide, 1, 1, 1, kSide, 1, 1, 1, 1};
  Array<float> x{n * e * e * e * c, 1}, w{kSide * kSide * kSide * c * oc, 2}, dy{n * e * e * e * oc, 3};
  Array<float> y{dy.size()}, dx{x.size()}, dw{w.size()};

  bool inside(int64_t z, int64_t i, int64_t j) const {
    return z >= 0 && z < e && i >= 0 && i < e && j >= 0 && j < e;
  }
  int64_t cell(int64_t b, int64_t z, int64_t i, int64_t j) const { return ((b * e + z) * e + i) * e + j; }

  // f(tap, its offsets along the axes) for all taps.
  template <typename F>
  static void taps(const F& f) {
    for (int64_t t = 0; t < kSide * kSide * kSide; ++t) {
      f(t, t / kSide / kSide - 1, t / kSide % kSide - 1, t % kSide - 1);
    }
  }
  double product(const Array<float>& a, int64_t at, int64_t weight) const {
    return static_cast<double>(a[at]) * static_cast<double>(w[weight]);
  }
  // Of x's weighted cells (or, mirrored, of dy's), at one place of the result.
  double at_place(int64_t place, bool mirrored) const {
    const int64_t channels = mirrored ? c : oc, k = place % channels, flat = place / channels;
    const int64_t j = flat % e, i = flat / e % e, z = flat / e / e % e, b = flat / e / e / e;
    double sum = 0;
    taps([&](int64_t t, int64_t dz, int64_t di, int64_t dj) {
      const int64_t sign = mirrored ? -1 : 1;
      if (!inside(z + sign * dz, i + sign * di, j + sign * dj)) return;
      const int64_t from = cell(b, z + sign * dz, i + sign * di, j + sign * dj);
      for (int64_t s = 0; s < (mirrored ? oc : c); ++s) {
        sum += mirrored ? product(dy, from * oc + s, (t * c + k) * oc + s)
                        : product(x, from * c + s, (t * c + s) * oc + k);
      }
    });
    return sum;
  }
  double weight_gradient(int64_t weight) const {
    const int64_t o = weight % oc, s = weight / oc % c, wanted = weight / oc / c;
    double sum = 0;
    taps([&](int64_t t, int64_t dz, int64_t di, int64_t dj) {
      for (int64_t p = 0; t == wanted && p < n * e * e * e; ++p) {
        const int64_t j = p % e + dj, i = p / e % e + di, z = p / e / e % e + dz;
        if (!inside(z, i, j)) continue;
        sum += static_cast<double>(x[cell(p / e / e / e, z, i, j) * c + s]) * static_cast<double>(dy[p * oc + o]);
      }
    });
    return sum;
  }
};

using Shared = std::shared_ptr<Convolution>;

Body forward(const Shared& t) {
  Body body = [t] {
    must(nrt_conv3d_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), t->w.at(), 0, t->desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 200)) {
    check("conv3d_fwd", at, static_cast<double>(t->y[at]), t->at_place(at, false), 1e-4);
  }
  return body;
}

Body backward_data(const Shared& t) {
  Body body = [t] {
    must(nrt_conv3d_bwd_data(ctx(), NRT_FLOAT32, t->dx.at(), t->dy.at(), t->w.at(), t->desc.data()));
  };
  body();
  for (const int64_t at : samples(t->dx.size(), 200)) {
    check("conv3d_bwd_data", at, static_cast<double>(t->dx[at]), t->at_place(at, true), 1e-4);
  }
  return body;
}

Body backward_weights(const Shared& t) {
  Body body = [t] {
    must(nrt_conv3d_bwd_weights(ctx(), NRT_FLOAT32, t->dw.at(), 0, t->x.at(), t->dy.at(), t->desc.data()));
  };
  body();
  for (const int64_t at : samples(t->dw.size(), 20)) {
    check("conv3d_bwd_weights", at, static_cast<double>(t->dw[at]), t->weight_gradient(at), 1e-3);
  }
  return body;
}

const bool added = add_group([] {
  const auto make = [] { return std::make_shared<Convolution>(2, 24, 32, 32); };
  const double flops = 2.0 * 2 * 24 * 24 * 24 * 27 * 32 * 32;
  const std::string name = "/2x24x24x24x32_3x3x3_32";
  add("conv3d_fwd" + name, {flops, 0}, [make] { return forward(make()); });
  add("conv3d_bwd_data" + name, {flops, 0}, [make] { return backward_data(make()); });
  add("conv3d_bwd_weights" + name, {flops, 0}, [make] { return backward_weights(make()); });
});

}  // namespace
}  // namespace neurite_bench
