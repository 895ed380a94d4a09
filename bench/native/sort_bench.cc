#include "ops/sort/sort.h"

#include <algorithm>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Rows {
  Rows(int64_t r, int64_t c, int64_t first) : rows(r), cols(c), k(first) {}
  int64_t rows, cols, k;
  Array<float> x{rows * cols, 1}, values{rows * k};
  Array<int64_t> indices{rows * k};
};

Body largest(const std::shared_ptr<Rows>& t) {
  Body body = [t] {
    must(nrt_sort_rows(ctx(), NRT_FLOAT32, t->values.at(), t->indices.at(), t->x.at(), t->rows, t->cols,
                       t->k, 1));
  };
  body();
  for (const int64_t r : samples(t->rows, 5)) {
    std::vector<float> want(&t->x[r * t->cols], &t->x[r * t->cols] + t->cols);
    std::sort(want.rbegin(), want.rend());
    for (int64_t i = 0; i < t->k; ++i) {
      const int64_t at = r * t->k + i;
      check("sort", at, static_cast<double>(t->values[at]), static_cast<double>(want[static_cast<size_t>(i)]), 0);
      check("sort indices", at, static_cast<double>(t->x[r * t->cols + t->indices[at]]),
            static_cast<double>(t->values[at]), 0);
    }
  }
  return body;
}

// Given as bytes read and written once, though sorting passes over them log2(columns) times.
void add_rows(const std::string& name, int64_t rows, int64_t cols, int64_t k) {
  const double bytes = 4.0 * static_cast<double>(rows * cols) + 12.0 * static_cast<double>(rows * k);
  add(name, {0, bytes}, [=] { return largest(std::make_shared<Rows>(rows, cols, k)); });
}

const bool added = add_group([] {
  add_rows("sort/256x4096", 256, 4096, 4096);
  add_rows("sort/1x1m", 1, 1 << 20, 1 << 20);
  add_rows("sort_top5/256x4096", 256, 4096, 5);
});

}  // namespace
}  // namespace neurite_bench
