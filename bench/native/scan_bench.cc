#include "ops/scan/scan.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Lines {
  Lines(int64_t o, int64_t l, int64_t i) : outer(o), n(l), inner(i) {}
  int64_t outer, n, inner;
  Array<float> x{outer * n * inner, 1}, y{outer * n * inner};
};

Body running_sum(const std::shared_ptr<Lines>& t) {
  Body body = [t] {
    must(nrt_scan_fwd(ctx(), NRT_FLOAT32, 0, t->y.at(), t->x.at(), t->outer, t->n, t->inner, 0, 0));
  };
  body();
  for (const int64_t line : samples(t->outer * t->inner, 20)) {
    double sum = 0;
    for (int64_t i = 0; i < t->n; ++i) {
      const int64_t at = (line / t->inner * t->n + i) * t->inner + line % t->inner;
      sum += static_cast<double>(t->x[at]);
      check("scan", at, static_cast<double>(t->y[at]), sum, 1e-6);
    }
  }
  return body;
}

const bool added = add_group([] {
  const double bytes = 8.0 * (1 << 22);
  add("scan/64x1024x64", {0, bytes}, [] { return running_sum(std::make_shared<Lines>(64, 1024, 64)); });
  add("scan/4096x1024x1", {0, bytes}, [] { return running_sum(std::make_shared<Lines>(4096, 1024, 1)); });
});

}  // namespace
}  // namespace neurite_bench
