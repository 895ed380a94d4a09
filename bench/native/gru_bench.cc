#include "ops/gru/gru.h"

#include <memory>

#include "bench.h"
#include "recurrent_bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kBlocks = 3;

// Keras' default form (reset after the product), without a second bias.
struct Gru {
  explicit Gru(const Sequences& s)
      : sizes(s), rows(s.step_rows()), scale(1 / std::sqrt(static_cast<double>(s.units))) {}

  Sequences sizes;
  std::vector<int64_t> rows;
  double scale;
  int64_t n = sizes.rows() * sizes.units, states = sizes.batch * sizes.units;
  Array<float> projected{kBlocks * n, 1}, u{kBlocks * sizes.units * sizes.units, 2, -scale, scale};
  Array<float> dh{n, 3}, h{n}, gates{4 * n}, hn{states}, dprojected{kBlocks * n}, du{u.size()};
  Array<float> dh0{states}, previous{n}, dinner{kBlocks * n};

  std::vector<std::vector<double>> naive(int64_t b) const {
    const auto units = static_cast<size_t>(sizes.units);
    std::vector<std::vector<double>> all;
    std::vector<double> state(units);
    for (int64_t t = 0; t < sizes.steps; ++t) {
      std::vector<std::vector<double>> q;
      for (int64_t k = 0; k < kBlocks; ++k) q.push_back(block_product(state, u, kBlocks, k));
      const int64_t first = sizes.row(b, t) * kBlocks * sizes.units;
      for (size_t j = 0; j < units; ++j) {
        const auto p = [&](int64_t block) {
          return static_cast<double>(projected[first + block * sizes.units + static_cast<int64_t>(j)]);
        };
        const double z = sigmoid_of(p(0) + q[0][j]), r = sigmoid_of(p(1) + q[1][j]);
        state[j] = z * state[j] + (1 - z) * std::tanh(p(2) + r * q[2][j]);
      }
      all.push_back(state);
    }
    return all;
  }
};

Body forward(const std::shared_ptr<Gru>& t) {
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_gru_fwd(ctx(), NRT_FLOAT32, t->h.at(), t->gates.at(), t->hn.at(), t->projected.at(),
                     t->u.at(), 0, 0, t->rows.data(), s.steps, s.batch, s.rows(), s.units, 1));
  };
  body();
  check_states("gru_fwd", t->sizes, t->h, [&](int64_t b) { return t->naive(b); });
  return body;
}

Body backward(const std::shared_ptr<Gru>& t) {
  forward(t);
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_gru_bwd(ctx(), NRT_FLOAT32, t->dprojected.at(), t->du.at(), 0, t->dh0.at(),
                     t->previous.at(), t->dinner.at(), t->dh.at(), 0, t->h.at(), t->gates.at(),
                     t->u.at(), 0, t->rows.data(), s.steps, s.batch, s.rows(), s.units, 1));
  };
  body();
  check_projection_gradients("gru_bwd", t->sizes, kBlocks, t->dprojected, t->projected, t->dh,
                             [&](int64_t b) { return t->naive(b); });
  return body;
}

const bool added = add_group([] {
  for (const Sequences& s : {Sequences{64, 32, 256}, Sequences{1, 128, 128}}) {
    const auto make = [s] { return std::make_shared<Gru>(s); };
    add("gru_fwd/" + s.text(), {s.flops(kBlocks), 0}, [make] { return forward(make()); });
    // One product for the states' gradients, one for the weights'.
    add("gru_bwd/" + s.text(), {2 * s.flops(kBlocks), 0}, [make] { return backward(make()); });
  }
});

}  // namespace
}  // namespace neurite_bench
