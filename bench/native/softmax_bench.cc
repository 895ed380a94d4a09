#include "ops/softmax/softmax.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Tensors {
  Tensors(int64_t r, int64_t c) : rows(r), columns(c), x(r * c, 1, -5, 5), y(r * c), dy(r * c, 2), dx(r * c) {}
  int64_t rows, columns;
  Array<float> x, y, dy, dx;
};

Body forward(const std::shared_ptr<Tensors>& t) {
  Body body = [t] {
    must(nrt_softmax_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), t->rows, t->columns, 0));
  };
  body();
  for (const int64_t r : samples(t->rows, 20)) {
    const int64_t first = r * t->columns;
    double sum = 0;
    for (int64_t c = 0; c < t->columns; ++c) sum += std::exp(static_cast<double>(t->x[first + c]));
    for (int64_t c = 0; c < t->columns; ++c) {
      check("softmax_fwd", first + c, static_cast<double>(t->y[first + c]),
            std::exp(static_cast<double>(t->x[first + c])) / sum, 1e-6);
    }
  }
  return body;
}

Body backward(const std::shared_ptr<Tensors>& t) {
  forward(t);
  Body body = [t] {
    must(nrt_softmax_bwd(ctx(), NRT_FLOAT32, t->dx.at(), t->dy.at(), t->y.at(), t->rows, t->columns, 0));
  };
  body();
  for (const int64_t r : samples(t->rows, 20)) {
    const int64_t first = r * t->columns;
    double dot = 0;
    for (int64_t c = 0; c < t->columns; ++c) {
      dot += static_cast<double>(t->dy[first + c]) * static_cast<double>(t->y[first + c]);
    }
    for (int64_t i = first; i < first + t->columns; ++i) {
      check("softmax_bwd", i, static_cast<double>(t->dx[i]),
            static_cast<double>(t->y[i]) * (static_cast<double>(t->dy[i]) - dot), 1e-6);
    }
  }
  return body;
}

const bool added = add_group([] {
  const auto tensors = [] { return std::make_shared<Tensors>(4096, 1000); };
  const double bytes = 4.0 * 4096 * 1000;
  add("softmax_fwd/4096x1000", {0, 2 * bytes}, [tensors] { return forward(tensors()); });
  add("softmax_bwd/4096x1000", {0, 3 * bytes}, [tensors] { return backward(tensors()); });
});

}  // namespace
}  // namespace neurite_bench
