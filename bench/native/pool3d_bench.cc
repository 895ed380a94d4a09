#include "ops/pool3d/pool3d.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kImages = 4, kIn = 32, kOut = kIn / 2, kChannels = 32, kWindow = 8;

// Windows of 2 x 2 x 2, side by side.
struct Pool {
  std::vector<int64_t> desc = {kImages, kIn, kIn, kIn, kChannels, kOut, kOut, kOut, 2, 2, 1, 0, 0,
                               2, 2, 1, 0, 0, 2, 2, 1, 0, 0, 0, 0};
  Array<float> x{kImages * kIn * kIn * kIn * kChannels, 1}, dx{x.size()};
  Array<float> y{x.size() / kWindow}, dy{y.size(), 2};
  Array<int32_t> argmax{y.size()};

  // Place in x of cell 0 to 7 of the window of y[at].
  static int64_t cell(int64_t at, int64_t k) {
    const int64_t c = at % kChannels, o = at / kChannels;
    const int64_t z = o / kOut / kOut % kOut * 2 + k / 4, i = o / kOut % kOut * 2 + k / 2 % 2;
    const int64_t j = o % kOut * 2 + k % 2, image = o / kOut / kOut / kOut;
    return (((image * kIn + z) * kIn + i) * kIn + j) * kChannels + c;
  }
};

using Shared = std::shared_ptr<Pool>;

Body max_forward(const Shared& t) {
  Body body = [t] {
    must(nrt_pool3d_max_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->argmax.at(), t->x.at(), t->desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 500)) {
    double want = -INFINITY;
    for (int64_t k = 0; k < kWindow; ++k) want = std::fmax(want, static_cast<double>(t->x[Pool::cell(at, k)]));
    check("pool3d_max_fwd", at, static_cast<double>(t->y[at]), want, 0);
  }
  return body;
}

Body max_backward(const Shared& t) {
  max_forward(t);
  Body body = [t] {
    must(nrt_pool3d_max_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dy.at(), t->argmax.at(), t->desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 500)) {
    for (int64_t k = 0; k < kWindow; ++k) {
      const int64_t i = Pool::cell(at, k);
      const double want = t->x[i] == t->y[at] ? static_cast<double>(t->dy[at]) : 0;
      check("pool3d_max_bwd", i, static_cast<double>(t->dx[i]), want, 0);
    }
  }
  return body;
}

Body average_forward(const Shared& t) {
  Body body = [t] { must(nrt_pool3d_avg_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), t->desc.data())); };
  body();
  for (const int64_t at : samples(t->y.size(), 500)) {
    double sum = 0;
    for (int64_t k = 0; k < kWindow; ++k) sum += static_cast<double>(t->x[Pool::cell(at, k)]);
    check("pool3d_avg_fwd", at, static_cast<double>(t->y[at]), sum / kWindow, 1e-6);
  }
  return body;
}

Body average_backward(const Shared& t) {
  Body body = [t] { must(nrt_pool3d_avg_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dy.at(), t->desc.data())); };
  body();
  for (const int64_t at : samples(t->y.size(), 500)) {
    for (int64_t k = 0; k < kWindow; ++k) {
      const int64_t i = Pool::cell(at, k);
      check("pool3d_avg_bwd", i, static_cast<double>(t->dx[i]), static_cast<double>(t->dy[at]) / kWindow, 1e-6);
    }
  }
  return body;
}

const bool added = add_group([] {
  const double in = 4.0 * kImages * kIn * kIn * kIn * kChannels, out = in / kWindow;
  const auto make = [] { return std::make_shared<Pool>(); };
  const std::string name = "/4x32x32x32x32";
  add("pool3d_max_fwd" + name, {0, in + 2 * out}, [make] { return max_forward(make()); });
  add("pool3d_max_bwd" + name, {0, in + 2 * out}, [make] { return max_backward(make()); });
  add("pool3d_avg_fwd" + name, {0, in + out}, [make] { return average_forward(make()); });
  add("pool3d_avg_bwd" + name, {0, in + out}, [make] { return average_backward(make()); });
});

}  // namespace
}  // namespace neurite_bench
