#include "ops/random/random.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kSize = int64_t{1} << 24;

// Mean and deviation of the whole tensor must be the distribution's.
template <typename T>
Body fill(int32_t dtype, int32_t kind, double p0, double p1, double mean, double deviation) {
  auto y = std::make_shared<Array<T>>(kSize);
  Body body = [y, dtype, kind, p0, p1] {
    must(nrt_random_fill(ctx(), dtype, kind, y->at(), kSize, p0, p1, 42, 1, 0));
  };
  body();
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < kSize; ++i) {
    const double v = static_cast<double>((*y)[i]);
    sum += v;
    squares += v * v;
  }
  check("random mean", -1, sum / kSize, mean, 2e-3);
  check("random deviation", -1, std::sqrt(squares / kSize - sum / kSize * (sum / kSize)), deviation, 2e-3);
  return body;
}

Body integers() {
  auto y = std::make_shared<Array<int64_t>>(kSize);
  Body body = [y] { must(nrt_random_integers(ctx(), y->at(), kSize, 0, 1000, 42, 1, 0)); };
  body();
  double sum = 0;
  for (int64_t i = 0; i < kSize; ++i) sum += static_cast<double>((*y)[i]);
  check("random integers", -1, sum / kSize, 499.5, 2e-3);
  return body;
}

const bool added = add_group([] {
  const double bytes = 4.0 * kSize;
  add("random_uniform/16m", {0, bytes}, [] {
    return fill<float>(NRT_FLOAT32, NRT_RANDOM_UNIFORM, 0, 1, 0.5, std::sqrt(1.0 / 12));
  });
  add("random_normal/16m", {0, bytes},
      [] { return fill<float>(NRT_FLOAT32, NRT_RANDOM_NORMAL, 0, 1, 0, 1); });
  add("random_truncated_normal/16m", {0, bytes},
      [] { return fill<float>(NRT_FLOAT32, NRT_RANDOM_TRUNCATED_NORMAL, 0, 1, 0, 0.87962566); });
  add("random_bernoulli/16m", {0, bytes},
      [] { return fill<float>(NRT_FLOAT32, NRT_RANDOM_BERNOULLI, 0.25, 0, 0.25, std::sqrt(0.1875)); });
  add("random_uniform_f64/16m", {0, 2 * bytes}, [] {
    return fill<double>(NRT_FLOAT64, NRT_RANDOM_UNIFORM, 0, 1, 0.5, std::sqrt(1.0 / 12));
  });
  add("random_integers/16m", {0, 2 * bytes}, integers);
});

}  // namespace
}  // namespace neurite_bench
