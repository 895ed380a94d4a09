#include "ops/reduce/reduce.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kSide = 4096;

// axis -1: all; 0: over rows (one result per column); 1: over columns.
Body reduce(int32_t op, int axis) {
  struct Tensors {
    Array<float> x{kSide * kSide, 1}, y{kSide};
  };
  auto t = std::make_shared<Tensors>();
  const std::vector<int64_t> desc = {2, kSide, kSide, kSide, 1, axis != 1 ? 1 : 0, axis != 0 ? 1 : 0};
  Body body = [t, op, desc] {
    must(nrt_reduce_fwd(ctx(), NRT_FLOAT32, op, t->y.at(), t->x.at(), desc.data(), 0));
  };
  body();
  const double scale = op == NRT_REDUCE_MEAN ? kSide : 1;
  for (const int64_t at : samples(axis < 0 ? 1 : kSide, 20)) {
    double sum = 0;
    for (int64_t i = 0; i < (axis < 0 ? kSide * kSide : kSide); ++i) {
      sum += static_cast<double>(t->x[axis == 0 ? i * kSide + at : at * kSide + i]);
    }
    check("reduce", at, static_cast<double>(t->y[at]), sum / scale, 1e-4);
  }
  return body;
}

Body largest(int64_t rows, int64_t columns) {
  struct Tensors {
    Tensors(int64_t r, int64_t c) : x(r * c, 1), y(r) {}
    Array<float> x;
    Array<int64_t> y;
  };
  auto t = std::make_shared<Tensors>(rows, columns);
  Body body = [t, rows, columns] {
    must(nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, t->y.at(), t->x.at(), rows, columns, 1));
  };
  body();
  for (const int64_t r : samples(rows, 100)) {
    int64_t best = 0;
    for (int64_t c = 1; c < columns; ++c) {
      if (t->x[r * columns + c] > t->x[r * columns + best]) best = c;
    }
    check("reduce_arg", r, static_cast<double>(t->y[r]), static_cast<double>(best), 0);
  }
  return body;
}

const bool added = add_group([] {
  const double bytes = 4.0 * kSide * kSide;
  add("reduce_sum/all_16m", {0, bytes}, [] { return reduce(NRT_REDUCE_SUM, -1); });
  add("reduce_mean/rows_4096x4096", {0, bytes}, [] { return reduce(NRT_REDUCE_MEAN, 1); });
  add("reduce_mean/cols_4096x4096", {0, bytes}, [] { return reduce(NRT_REDUCE_MEAN, 0); });
  add("reduce_argmax/4096x1000", {0, 4.0 * 4096 * 1000}, [] { return largest(4096, 1000); });
});

}  // namespace
}  // namespace neurite_bench
