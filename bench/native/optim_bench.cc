#include "ops/optim/optim.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kTensors = 25, kEach = 1000000;

// One flat array per role, cut into the tensors of a model.
struct Parameters {
  Array<float> w{kTensors * kEach, 1}, g{kTensors * kEach, 2}, m{kTensors * kEach, 3, 0, 0};
  Array<float> v{kTensors * kEach, 4, 0, 0};

  std::vector<int64_t> table(bool adam) const {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < kTensors; ++i) {
      const int64_t offset = i * kEach * 4;
      rows.insert(rows.end(), {w.at() + offset, g.at() + offset, m.at() + offset});
      if (adam) rows.insert(rows.end(), {v.at() + offset, 0});
      rows.push_back(kEach);
    }
    return rows;
  }
};

Body adam() {
  auto t = std::make_shared<Parameters>();
  const int64_t at = 3 * kEach + 12345;
  const double w = static_cast<double>(t->w[at]), g = static_cast<double>(t->g[at]);
  Body body = [t, table = t->table(true)] {
    must(nrt_optim_adam_step(ctx(), NRT_FLOAT32, table.data(), kTensors, 1, 1e-3, 0.9, 0.999, 1e-8,
                             0.1, 0.001, 1, 0, 0, 0));
  };
  body();  // the first step moves every weight by lr * sign(g)
  check("optim_adam", at, static_cast<double>(t->w[at]), w - 1e-3 * g / (std::fabs(g) + 1e-8), 1e-6);
  return body;
}

Body momentum() {
  auto t = std::make_shared<Parameters>();
  const int64_t at = 7 * kEach + 4321;
  const double w = static_cast<double>(t->w[at]), g = static_cast<double>(t->g[at]);
  Body body = [t, table = t->table(false)] {
    must(nrt_optim_sgd_step(ctx(), NRT_FLOAT32, table.data(), kTensors, 0, 0, 0, 1e-3, 0.9, 0, 1, 0,
                            0, 0));
  };
  body();
  check("optim_sgd", at, static_cast<double>(t->w[at]), w - 1e-3 * g, 1e-6);
  return body;
}

const bool added = add_group([] {
  const double tensor = 4.0 * kTensors * kEach;
  add("optim_adam/25x1m", {0, 7 * tensor}, adam);
  add("optim_sgd_momentum/25x1m", {0, 5 * tensor}, momentum);
});

}  // namespace
}  // namespace neurite_bench
