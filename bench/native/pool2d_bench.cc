#include "ops/pool2d/pool2d.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Pool {
  int64_t n, size, c, window, stride, padding, out;
  Array<float> x, y, dx;
  Array<int32_t> argmax;

  Pool(int64_t images, int64_t side, int64_t channels, int64_t k, int64_t s, int64_t p)
      : n(images),
        size(side),
        c(channels),
        window(k),
        stride(s),
        padding(p),
        out((side + 2 * p - k) / s + 1),
        x(n * size * size * c, 1),
        y(n * out * out * c, 2),
        dx(x.size()),
        argmax(y.size()) {}

  std::vector<int64_t> desc() const {
    return {n,      size,   size, c, out,     out,     window, window,
            stride, stride, 1,    1, padding, padding, 0,      padding << 32 | padding};
  }

  // Largest value or mean of one output's window.
  double reduce(int64_t at, bool maximum) const {
    const int64_t d = at % c, j = at / c % out, i = at / c / out % out, b = at / c / out / out;
    double best = -INFINITY, sum = 0, count = 0;
    for (int64_t p = 0; p < window; ++p) {
      for (int64_t q = 0; q < window; ++q) {
        const int64_t r = i * stride + p - padding, s = j * stride + q - padding;
        if (r < 0 || s < 0 || r >= size || s >= size) continue;
        const double value = static_cast<double>(x[((b * size + r) * size + s) * c + d]);
        best = std::fmax(best, value);
        sum += value;
        ++count;
      }
    }
    return maximum ? best : sum / count;
  }
};

Body max_forward(const std::shared_ptr<Pool>& t) {
  Body body = [t, desc = t->desc()] {
    must(nrt_pool2d_max_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->argmax.at(), t->x.at(), desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 1000)) {
    check("pool2d_max_fwd", at, static_cast<double>(t->y[at]), t->reduce(at, true), 0);
  }
  return body;
}

Body max_backward(const std::shared_ptr<Pool>& t) {
  max_forward(t);
  Body body = [t, desc = t->desc()] {
    must(nrt_pool2d_max_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->y.at(), t->argmax.at(), desc.data()));
  };
  body();
  double given = 0, received = 0;  // every output's gradient goes to exactly one input
  for (int64_t i = 0; i < t->y.size(); ++i) given += static_cast<double>(t->y[i]);
  for (int64_t i = 0; i < t->dx.size(); ++i) received += static_cast<double>(t->dx[i]);
  check("pool2d_max_bwd", -1, received, given, 1e-5);
  return body;
}

Body average_forward(const std::shared_ptr<Pool>& t) {
  Body body = [t, desc = t->desc()] {
    must(nrt_pool2d_avg_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 1000)) {
    check("pool2d_avg_fwd", at, static_cast<double>(t->y[at]), t->reduce(at, false), 1e-6);
  }
  return body;
}

double traffic(double side, double out, bool with_argmax) {
  return 4 * 32 * 64 * (side * side + out * out * (with_argmax ? 2 : 1));
}

const bool added = add_group([] {
  const auto small = [] { return std::make_shared<Pool>(32, 56, 64, 2, 2, 0); };
  const auto large = [] { return std::make_shared<Pool>(32, 112, 64, 3, 2, 1); };
  add("pool2d_max_fwd/56_2s2", {0, traffic(56, 28, true)}, [small] { return max_forward(small()); });
  add("pool2d_max_bwd/56_2s2", {0, traffic(56, 28, true)}, [small] { return max_backward(small()); });
  add("pool2d_max_fwd/112_3s2", {0, traffic(112, 56, true)}, [large] { return max_forward(large()); });
  add("pool2d_max_bwd/112_3s2", {0, traffic(112, 56, true)}, [large] { return max_backward(large()); });
  add("pool2d_avg_fwd/56_2s2", {0, traffic(56, 28, false)}, [small] { return average_forward(small()); });
});

}  // namespace
}  // namespace neurite_bench
