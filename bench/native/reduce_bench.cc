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

// One value per row or column of an outer x middle x inner array, reduced over the middle axis.
Body middle(int32_t op, int64_t outer, int64_t count, int64_t inner) {
  struct Tensors {
    Tensors(int64_t from, int64_t to) : x(from, 1), y(to) {}
    Array<float> x, y;
  };
  auto t = std::make_shared<Tensors>(outer * count * inner, outer * inner);
  const std::vector<int64_t> desc = {3, outer, count, inner, count * inner, inner, 1, 0, 1, 0};
  Body body = [t, op, desc] {
    must(nrt_reduce_fwd(ctx(), NRT_FLOAT32, op, t->y.at(), t->x.at(), desc.data(), 0));
  };
  body();
  for (const int64_t at : samples(outer * inner, 20)) {
    double sum = 0, squares = 0, size = 0, exponentials = 0, most = -1e30, least = 1e30;
    for (int64_t i = 0; i < count; ++i) {
      const double v = static_cast<double>(t->x[(at / inner * count + i) * inner + at % inner]);
      sum += v, squares += v * v, size += std::fabs(v), exponentials += std::exp(v);
      most = std::fmax(most, v), least = std::fmin(least, v);
    }
    const double n = static_cast<double>(count);
    const double want = op == NRT_REDUCE_SUM         ? sum
                        : op == NRT_REDUCE_MAX       ? most
                        : op == NRT_REDUCE_MIN       ? least
                        : op == NRT_REDUCE_L1        ? size
                        : op == NRT_REDUCE_L2        ? std::sqrt(squares)
                        : op == NRT_REDUCE_LOGSUMEXP ? std::log(exponentials)
                                                     : squares / n - sum / n * (sum / n);
    check("reduce", at, static_cast<double>(t->y[at]), want, 1e-4);
  }
  return body;
}

Body largest(int64_t rows, int64_t columns, int64_t inner = 1) {
  struct Tensors {
    Tensors(int64_t from, int64_t to) : x(from, 1), y(to) {}
    Array<float> x;
    Array<int64_t> y;
  };
  auto t = std::make_shared<Tensors>(rows * columns * inner, rows * inner);
  Body body = [t, rows, columns, inner] {
    must(nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, t->y.at(), t->x.at(), rows, columns, inner));
  };
  body();
  for (const int64_t r : samples(rows * inner, 100)) {
    const auto value = [&](int64_t c) { return t->x[(r / inner * columns + c) * inner + r % inner]; };
    int64_t best = 0;
    for (int64_t c = 1; c < columns; ++c) best = value(c) > value(best) ? c : best;
    check("reduce_arg", r, static_cast<double>(t->y[r]), static_cast<double>(best), 0);
  }
  return body;
}

const bool added = add_group([] {
  const double bytes = 4.0 * kSide * kSide;
  add("reduce_sum/all_16m", {0, bytes}, [] { return reduce(NRT_REDUCE_SUM, -1); });
  add("reduce_mean/rows_4096x4096", {0, bytes}, [] { return reduce(NRT_REDUCE_MEAN, 1); });
  add("reduce_mean/cols_4096x4096", {0, bytes}, [] { return reduce(NRT_REDUCE_MEAN, 0); });
  struct Named {
    const char* name;
    int32_t op;
  };
  for (const Named& o : {Named{"max", NRT_REDUCE_MAX}, Named{"min", NRT_REDUCE_MIN}, Named{"l1", NRT_REDUCE_L1},
                         Named{"l2", NRT_REDUCE_L2}, Named{"logsumexp", NRT_REDUCE_LOGSUMEXP},
                         Named{"var", NRT_REDUCE_VAR}}) {
    const std::string name = std::string("reduce_") + o.name;
    add(name + "/rows_16k", {0, 4.0 * (1 << 14)}, [o] { return middle(o.op, 16, 1024, 1); });
    add(name + "/all_16m", {0, bytes}, [o] { return middle(o.op, 1, kSide * kSide, 1); });
    add(name + "/rows_4096x4096", {0, bytes}, [o] { return middle(o.op, kSide, kSide, 1); });
    add(name + "/cols_4096x4096", {0, bytes}, [o] { return middle(o.op, 1, kSide, kSide); });
  }
  add("reduce_sum/16k", {0, 4.0 * (1 << 14)}, [] { return middle(NRT_REDUCE_SUM, 1, 1 << 14, 1); });
  add("reduce_sum/middle_32x3136x64", {0, 4.0 * 32 * 3136 * 64},
      [] { return middle(NRT_REDUCE_SUM, 32, 3136, 64); });
  add("reduce_sum/middle_256x256x256", {0, bytes}, [] { return middle(NRT_REDUCE_SUM, 256, 256, 256); });
  add("reduce_sum/short_rows_1048576x16", {0, bytes}, [] { return middle(NRT_REDUCE_SUM, 1048576, 16, 1); });
  add("reduce_sum/tall_1048576x16", {0, bytes}, [] { return middle(NRT_REDUCE_SUM, 1, 1048576, 16); });
  add("reduce_max/short_rows_1048576x16", {0, bytes}, [] { return middle(NRT_REDUCE_MAX, 1048576, 16, 1); });
  add("reduce_argmax/4096x1000", {0, 4.0 * 4096 * 1000}, [] { return largest(4096, 1000); });
  add("reduce_argmax/1048576x10", {0, 4.0 * 1048576 * 10}, [] { return largest(1048576, 10); });
  add("reduce_argmax/64x1000x256", {0, 4.0 * 64 * 1000 * 256}, [] { return largest(64, 1000, 256); });
});

}  // namespace
}  // namespace neurite_bench
