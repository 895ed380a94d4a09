#include "ops/lstm/lstm.h"

#include <memory>

#include "bench.h"
#include "recurrent_bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kBlocks = 4;

struct Lstm {
  explicit Lstm(const Sequences& s)
      : sizes(s), rows(s.step_rows()), scale(1 / std::sqrt(static_cast<double>(s.units))) {}

  Sequences sizes;
  std::vector<int64_t> rows;
  double scale;
  int64_t n = sizes.rows() * sizes.units, states = sizes.batch * sizes.units;
  Array<float> projected{kBlocks * n, 1}, u{kBlocks * sizes.units * sizes.units, 2, -scale, scale};
  Array<float> dh{n, 3}, h{n}, c{n}, gates{kBlocks * n}, hn{states}, cn{states};
  Array<float> dprojected{kBlocks * n}, du{u.size()}, dh0{states}, dc0{states}, previous{n};

  std::vector<std::vector<double>> naive(int64_t b) const {
    const auto units = static_cast<size_t>(sizes.units);
    std::vector<std::vector<double>> all;
    std::vector<double> state(units), cell(units);
    for (int64_t t = 0; t < sizes.steps; ++t) {
      std::vector<std::vector<double>> z;
      for (int64_t k = 0; k < kBlocks; ++k) {
        z.push_back(block_product(state, u, kBlocks, k));
        for (int64_t j = 0; j < sizes.units; ++j) {
          z.back()[static_cast<size_t>(j)] += static_cast<double>(
              projected[(sizes.row(b, t) * kBlocks + k) * sizes.units + j]);
        }
      }
      for (size_t j = 0; j < units; ++j) {
        cell[j] = sigmoid_of(z[1][j]) * cell[j] + sigmoid_of(z[0][j]) * std::tanh(z[2][j]);
        state[j] = sigmoid_of(z[3][j]) * std::tanh(cell[j]);
      }
      all.push_back(state);
    }
    return all;
  }
};

Body forward(const std::shared_ptr<Lstm>& t) {
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_lstm_fwd(ctx(), NRT_FLOAT32, t->h.at(), t->c.at(), t->gates.at(), t->hn.at(), t->cn.at(),
                      t->projected.at(), t->u.at(), 0, 0, 0, t->rows.data(), s.steps, s.batch,
                      s.rows(), s.units));
  };
  body();
  check_states("lstm_fwd", t->sizes, t->h, [&](int64_t b) { return t->naive(b); });
  return body;
}

Body backward(const std::shared_ptr<Lstm>& t) {
  forward(t);
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_lstm_bwd(ctx(), NRT_FLOAT32, t->dprojected.at(), t->du.at(), 0, t->dh0.at(), t->dc0.at(),
                      t->previous.at(), t->dh.at(), 0, 0, t->h.at(), t->c.at(), t->gates.at(),
                      t->u.at(), 0, 0, 0, t->rows.data(), s.steps, s.batch, s.rows(), s.units));
  };
  body();
  check_projection_gradients("lstm_bwd", t->sizes, kBlocks, t->dprojected, t->projected, t->dh,
                             [&](int64_t b) { return t->naive(b); });
  return body;
}

const bool added = add_group([] {
  for (const Sequences& s : {Sequences{64, 32, 256}, Sequences{1, 128, 128}}) {
    const auto make = [s] { return std::make_shared<Lstm>(s); };
    add("lstm_fwd/" + s.text(), {s.flops(kBlocks), 0}, [make] { return forward(make()); });
    // One product for the states' gradients, one for the weights'.
    add("lstm_bwd/" + s.text(), {2 * s.flops(kBlocks), 0}, [make] { return backward(make()); });
  }
});

}  // namespace
}  // namespace neurite_bench
