#include "ops/layer_norm/layer_norm.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr double kEpsilon = 1e-3;

struct Norm {
  int64_t batch, positions, groups, width;

  int64_t channels = groups * width, n = batch * positions * channels;
  Array<float> x{n, 1, -1, 3}, dy{n, 2}, gamma{channels, 3}, beta{channels, 4}, y{n}, dx{n};
  Array<float> mean{batch * groups}, rstd{batch * groups}, dgamma{channels}, dbeta{channels};

  Norm(int64_t b, int64_t p, int64_t g, int64_t w) : batch(b), positions(p), groups(g), width(w) {}

  struct Statistics {
    double mean, rstd, up, up_normal;  // the last two: means of gamma dy and of gamma dy xhat
  };
  int64_t at(int64_t b, int64_t p, int64_t channel) const { return (b * positions + p) * channels + channel; }
  double normal(const Statistics& s, int64_t i) const { return (static_cast<double>(x[i]) - s.mean) * s.rstd; }

  Statistics statistics(int64_t b, int64_t g) const {
    const double count = static_cast<double>(positions * width);
    Statistics s = {};
    const auto each = [&](const auto& f) {
      for (int64_t p = 0; p < positions; ++p) {
        for (int64_t c = g * width; c < (g + 1) * width; ++c) f(at(b, p, c), c);
      }
    };
    double squares = 0;
    each([&](int64_t i, int64_t) { s.mean += static_cast<double>(x[i]) / count; });
    each([&](int64_t i, int64_t) { squares += std::pow(static_cast<double>(x[i]) - s.mean, 2); });
    s.rstd = 1 / std::sqrt(squares / count + kEpsilon);
    each([&](int64_t i, int64_t c) {
      const double up = static_cast<double>(dy[i]) * static_cast<double>(gamma[c]) / count;
      s.up += up;
      s.up_normal += up * normal(s, i);
    });
    return s;
  }

  // f(element, channel, statistics of its group) for some elements of some groups.
  template <typename F>
  void sampled(const F& f) const {
    for (const int64_t i : samples(batch * groups, 12)) {
      const int64_t b = i / groups, g = i % groups;
      const Statistics s = statistics(b, g);
      for (const int64_t e : samples(positions * width, 30)) {
        const int64_t channel = g * width + e % width;
        f(at(b, e / width, channel), channel, s);
      }
    }
  }
};

using Shared = std::shared_ptr<Norm>;

Body forward(const Shared& t) {
  Body body = [t] {
    must(nrt_layer_norm_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->mean.at(), t->rstd.at(), t->x.at(),
                            t->gamma.at(), t->beta.at(), t->batch, t->positions, t->groups, t->width,
                            kEpsilon, 0, 1));
  };
  body();
  t->sampled([&](int64_t i, int64_t c, const Norm::Statistics& s) {
    const double want = t->normal(s, i) * static_cast<double>(t->gamma[c]) + static_cast<double>(t->beta[c]);
    check("layer_norm_fwd", i, static_cast<double>(t->y[i]), want, 1e-5);
  });
  return body;
}

Body backward(const Shared& t) {
  forward(t);
  Body body = [t] {
    must(nrt_layer_norm_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dgamma.at(), t->dbeta.at(), t->dy.at(),
                            t->x.at(), t->gamma.at(), t->mean.at(), t->rstd.at(), t->batch,
                            t->positions, t->groups, t->width, 0, 1));
  };
  body();
  t->sampled([&](int64_t i, int64_t c, const Norm::Statistics& s) {
    const double up = static_cast<double>(t->dy[i]) * static_cast<double>(t->gamma[c]);
    check("layer_norm_bwd", i, static_cast<double>(t->dx[i]),
          s.rstd * (up - s.up - t->normal(s, i) * s.up_normal), 1e-5);
  });
  const int64_t last = t->channels - 1;
  double scale = 0, shift = 0;
  for (int64_t b = 0; b < t->batch; ++b) {
    const Norm::Statistics s = t->statistics(b, t->groups - 1);
    for (int64_t p = 0; p < t->positions; ++p) {
      const int64_t i = t->at(b, p, last);
      scale += static_cast<double>(t->dy[i]) * t->normal(s, i);
      shift += static_cast<double>(t->dy[i]);
    }
  }
  check("layer_norm_bwd dgamma", last, static_cast<double>(t->dgamma[last]), scale, 1e-3);
  check("layer_norm_bwd dbeta", last, static_cast<double>(t->dbeta[last]), shift, 1e-3);
  return body;
}

void add_both(const std::string& name, int64_t batch, int64_t positions, int64_t groups, int64_t width) {
  const auto make = [=] { return std::make_shared<Norm>(batch, positions, groups, width); };
  const double tensor = 4.0 * static_cast<double>(batch * positions * groups * width);
  add("layer_norm_fwd/" + name, {0, 2 * tensor}, [make] { return forward(make()); });
  add("layer_norm_bwd/" + name, {0, 3 * tensor}, [make] { return backward(make()); });
}

const bool added = add_group([] {
  add_both("4096x768", 4096, 1, 1, 768);
  add_both("groups_16x56x56x32x2", 16, 56 * 56, 32, 2);
  add_both("instance_16x56x56x64", 16, 56 * 56, 64, 1);
});

}  // namespace
}  // namespace neurite_bench
