#include "ops/rnn/rnn.h"

#include <memory>

#include "bench.h"
#include "ops/unary/unary.h"
#include "recurrent_bench.h"

namespace neurite_bench {
namespace {

struct Rnn {
  explicit Rnn(const Sequences& s)
      : sizes(s), rows(s.step_rows()), scale(1 / std::sqrt(static_cast<double>(s.units))) {}

  Sequences sizes;
  std::vector<int64_t> rows;
  double scale;
  int64_t n = sizes.rows() * sizes.units, states = sizes.batch * sizes.units;
  Array<float> projected{n, 1}, u{sizes.units * sizes.units, 2, -scale, scale}, dh{n, 3}, h{n};
  Array<float> hn{states}, dprojected{n}, du{u.size()}, dh0{states}, previous{n};

  std::vector<std::vector<double>> naive(int64_t b) const {
    std::vector<std::vector<double>> all;
    std::vector<double> state(static_cast<size_t>(sizes.units));
    for (int64_t t = 0; t < sizes.steps; ++t) {
      state = block_product(state, u, 1, 0);
      for (size_t j = 0; j < state.size(); ++j) {
        const int64_t at = sizes.row(b, t) * sizes.units + static_cast<int64_t>(j);
        state[j] = std::tanh(state[j] + static_cast<double>(projected[at]));
      }
      all.push_back(state);
    }
    return all;
  }
};

Body forward(const std::shared_ptr<Rnn>& t) {
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_rnn_fwd(ctx(), NRT_FLOAT32, t->h.at(), t->hn.at(), t->projected.at(), t->u.at(), 0,
                     t->rows.data(), s.steps, s.batch, s.rows(), s.units, NRT_UNARY_TANH));
  };
  body();
  check_states("rnn_fwd", t->sizes, t->h, [&](int64_t b) { return t->naive(b); });
  return body;
}

Body backward(const std::shared_ptr<Rnn>& t) {
  forward(t);
  Body body = [t] {
    const Sequences& s = t->sizes;
    must(nrt_rnn_bwd(ctx(), NRT_FLOAT32, t->dprojected.at(), t->du.at(), t->dh0.at(), t->previous.at(),
                     t->dh.at(), 0, t->h.at(), t->u.at(), 0, t->rows.data(), s.steps, s.batch,
                     s.rows(), s.units, NRT_UNARY_TANH));
  };
  body();
  check_projection_gradients("rnn_bwd", t->sizes, 1, t->dprojected, t->projected, t->dh,
                             [&](int64_t b) { return t->naive(b); });
  return body;
}

const bool added = add_group([] {
  const Sequences s = {64, 32, 256};
  const auto make = [s] { return std::make_shared<Rnn>(s); };
  add("rnn_fwd/" + s.text(), {s.flops(1), 0}, [make] { return forward(make()); });
  // One product for the states' gradients, one for the weights'.
  add("rnn_bwd/" + s.text(), {2 * s.flops(1), 0}, [make] { return backward(make()); });
});

}  // namespace
}  // namespace neurite_bench
