#include "ops/batch_norm/batch_norm.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kRows = 32 * 56 * 56, kChannels = 64;
constexpr double kEpsilon = 1e-3;

struct Norm {
  Array<float> x{kRows * kChannels, 1}, y{kRows * kChannels}, dy{kRows * kChannels, 2};
  Array<float> dx{kRows * kChannels}, gamma{kChannels, 3}, beta{kChannels, 4}, mean{kChannels};
  Array<float> var{kChannels}, rstd{kChannels}, dgamma{kChannels}, dbeta{kChannels};

  struct Sums {
    double mean, var, dy, dy_normal;
  };
  Sums sums(int64_t c) const {
    double sum = 0, squares = 0, dy_sum = 0, dy_normal = 0;
    for (int64_t r = 0; r < kRows; ++r) sum += static_cast<double>(x[r * kChannels + c]);
    const double m = sum / kRows;
    for (int64_t r = 0; r < kRows; ++r) {
      const double d = static_cast<double>(x[r * kChannels + c]) - m;
      squares += d * d;
      dy_sum += static_cast<double>(dy[r * kChannels + c]);
      dy_normal += static_cast<double>(dy[r * kChannels + c]) * d;
    }
    const double v = squares / kRows;
    return {m, v, dy_sum, dy_normal / std::sqrt(v + kEpsilon)};
  }
};

Body forward(const std::shared_ptr<Norm>& t) {
  Body body = [t] {
    must(nrt_batch_norm_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->mean.at(), t->var.at(), t->rstd.at(),
                            t->x.at(), t->gamma.at(), t->beta.at(), 0, kRows, kChannels, kEpsilon, 0));
  };
  body();
  for (const int64_t c : {int64_t{0}, int64_t{17}, kChannels - 1}) {
    const Norm::Sums s = t->sums(c);
    check("batch_norm_fwd variance", c, static_cast<double>(t->var[c]), s.var, 1e-5);
    for (const int64_t r : samples(kRows, 50)) {
      const int64_t at = r * kChannels + c;
      const double normal = (static_cast<double>(t->x[at]) - s.mean) / std::sqrt(s.var + kEpsilon);
      check("batch_norm_fwd", at, static_cast<double>(t->y[at]),
            normal * static_cast<double>(t->gamma[c]) + static_cast<double>(t->beta[c]), 1e-5);
    }
  }
  return body;
}

Body backward(const std::shared_ptr<Norm>& t) {
  forward(t);
  Body body = [t] {
    must(nrt_batch_norm_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dgamma.at(), t->dbeta.at(),
                            0, t->dy.at(), t->x.at(), 0, t->gamma.at(), 0, t->mean.at(),
                            t->rstd.at(), kRows, kChannels, 0));
  };
  body();
  for (const int64_t c : {int64_t{0}, int64_t{17}, kChannels - 1}) {
    const Norm::Sums s = t->sums(c);
    const double rstd = 1 / std::sqrt(s.var + kEpsilon);
    check("batch_norm_bwd dgamma", c, static_cast<double>(t->dgamma[c]), s.dy_normal, 1e-3);
    check("batch_norm_bwd dbeta", c, static_cast<double>(t->dbeta[c]), s.dy, 1e-3);
    for (const int64_t r : samples(kRows, 50)) {
      const int64_t at = r * kChannels + c;
      const double normal = (static_cast<double>(t->x[at]) - s.mean) * rstd;
      const double want = static_cast<double>(t->gamma[c]) * rstd *
                          (static_cast<double>(t->dy[at]) - s.dy / kRows - normal * s.dy_normal / kRows);
      check("batch_norm_bwd", at, static_cast<double>(t->dx[at]), want, 1e-5);
    }
  }
  return body;
}

const bool added = add_group([] {
  const double tensor = 4.0 * kRows * kChannels;
  add("batch_norm_fwd/32x56x56x64", {0, 2 * tensor}, [] { return forward(std::make_shared<Norm>()); });
  add("batch_norm_bwd/32x56x56x64", {0, 3 * tensor}, [] { return backward(std::make_shared<Norm>()); });
});

}  // namespace
}  // namespace neurite_bench
