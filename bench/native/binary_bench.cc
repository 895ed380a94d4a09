#include "ops/binary/binary.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Tensors {
  explicit Tensors(int64_t n) : a(n, 1), b(n, 2), y(n) {}
  Array<float> a, b, y;
};

Body add_of(int64_t n) {
  auto t = std::make_shared<Tensors>(n);
  Body body = [t, n] {
    must(nrt_binary_fwd(ctx(), NRT_FLOAT32, NRT_BINARY_ADD, t->y.at(), t->a.at(), t->b.at(), n, 1, 1));
  };
  body();
  for (const int64_t i : samples(n, 5000)) {
    check("binary add", i, static_cast<double>(t->y[i]), static_cast<double>(t->a[i] + t->b[i]), 0);
  }
  return body;
}

// rows x columns + b, with the steps of b from row to row and from column to column.
Body second(int64_t rows, int64_t columns, int64_t down, int64_t across) {
  auto t = std::make_shared<Tensors>(rows * columns);
  const std::vector<int64_t> desc = {2, rows, columns, columns, 1, down, across};
  Body body = [t, desc] {
    must(nrt_binary_fwd_strided(ctx(), NRT_FLOAT32, NRT_BINARY_ADD, t->y.at(), t->a.at(), t->b.at(),
                                desc.data()));
  };
  body();
  for (const int64_t i : samples(rows * columns, 5000)) {
    check("binary add", i, static_cast<double>(t->y[i]),
          static_cast<double>(t->a[i] + t->b[i / columns * down + i % columns * across]), 0);
  }
  return body;
}

Body axpy(int64_t n) {
  auto t = std::make_shared<Tensors>(n);
  const double start = static_cast<double>(t->y[0] = 0.25f);
  Body body = [t, n] {
    must(nrt_binary_axpy(ctx(), NRT_FLOAT32, t->y.at(), t->a.at(), n, 0.5));
  };
  body();
  check("binary axpy", 0, static_cast<double>(t->y[0]), start + 0.5 * static_cast<double>(t->a[0]), 1e-7);
  return body;
}

const bool added = add_group([] {
  constexpr int64_t kSmall = 1 << 14, kLarge = 1 << 24;
  add("binary_add/16k", {0, 12.0 * kSmall}, [] { return add_of(kSmall); });
  add("binary_add/16m", {0, 12.0 * kLarge}, [] { return add_of(kLarge); });
  add("binary_bias/4096x4096", {0, 8.0 * kLarge}, [] { return second(4096, 4096, 0, 1); });
  add("binary_bias/100352x64", {0, 8.0 * 100352 * 64}, [] { return second(100352, 64, 0, 1); });
  add("binary_bias/16384x10", {0, 8.0 * 163840}, [] { return second(16384, 10, 0, 1); });
  add("binary_column/4096x4096", {0, 8.0 * kLarge}, [] { return second(4096, 4096, 1, 0); });
  add("binary_column/100352x64", {0, 8.0 * 100352 * 64}, [] { return second(100352, 64, 1, 0); });
  add("binary_scalar/16m", {0, 8.0 * kLarge}, [] { return second(1, kLarge, 0, 0); });
  add("binary_transposed/4096x4096", {0, 12.0 * kLarge}, [] { return second(4096, 4096, 1, 4096); });
  add("binary_axpy/16k", {0, 12.0 * kSmall}, [] { return axpy(kSmall); });
  add("binary_axpy/16m", {0, 12.0 * kLarge}, [] { return axpy(kLarge); });
});

}  // namespace
}  // namespace neurite_bench
