#include "ops/softmax_xent/softmax_xent.h"

#include <cmath>
#include <memory>
#include <string>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Tensors {
  Tensors(int64_t r, int64_t c)
      : rows(r),
        columns(c),
        x(r * c, 1, -5, 5),
        dx(r * c),
        loss(r),
        lse(r),
        dloss(r, 2),
        labels(r, 3, 0, static_cast<double>(c)) {}
  int64_t rows, columns;
  Array<float> x, dx, loss, lse, dloss;
  Array<int64_t> labels;

  double log_sum(int64_t r) const {
    double sum = 0;
    for (int64_t c = 0; c < columns; ++c) sum += std::exp(static_cast<double>(x[r * columns + c]));
    return std::log(sum);
  }
};

Body forward(const std::shared_ptr<Tensors>& t) {
  Body body = [t] {
    must(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, t->loss.at(), t->lse.at(), t->x.at(),
                              t->labels.at(), t->rows, t->columns, 0, -1));
  };
  body();
  for (const int64_t r : samples(t->rows, 50)) {
    check("softmax_xent_fwd", r, static_cast<double>(t->loss[r]),
          t->log_sum(r) - static_cast<double>(t->x[r * t->columns + t->labels[r]]), 2e-6);
  }
  return body;
}

Body backward(const std::shared_ptr<Tensors>& t) {
  forward(t);
  Body body = [t] {
    must(nrt_softmax_xent_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dloss.at(), t->x.at(), t->lse.at(),
                              t->labels.at(), t->rows, t->columns, 0, -1));
  };
  body();
  for (const int64_t r : samples(t->rows, 50)) {
    const double log_sum = t->log_sum(r);
    for (int64_t c = 0; c < t->columns; ++c) {
      const int64_t i = r * t->columns + c;
      const double share = std::exp(static_cast<double>(t->x[i]) - log_sum) - (c == t->labels[r] ? 1 : 0);
      check("softmax_xent_bwd", i, static_cast<double>(t->dx[i]),
            share * static_cast<double>(t->dloss[r]), 2e-6);
    }
  }
  return body;
}

const bool added = add_group([] {
  struct Size {
    int64_t rows, columns;
  };
  for (const Size& s : {Size{4096, 10}, Size{1024, 32000}}) {
    const auto tensors = [s] { return std::make_shared<Tensors>(s.rows, s.columns); };
    const std::string name = std::to_string(s.rows) + "x" + std::to_string(s.columns);
    const double bytes = 4.0 * static_cast<double>(s.rows * s.columns);
    add("softmax_xent_fwd/" + name, {0, bytes}, [tensors] { return forward(tensors()); });
    add("softmax_xent_bwd/" + name, {0, 2 * bytes}, [tensors] { return backward(tensors()); });
  }
});

}  // namespace
}  // namespace neurite_bench
