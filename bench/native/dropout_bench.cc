#include "ops/dropout/dropout.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kSize = int64_t{1} << 24;
constexpr double kRate = 0.25;

Body prepare() {
  struct Tensors {
    Array<float> x{kSize, 1}, y{kSize};
  };
  auto t = std::make_shared<Tensors>();
  Body body = [t] {
    must(nrt_dropout_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), kSize, kRate, 42, 0, 0));
  };
  body();
  double kept = 0;
  for (int64_t i = 0; i < kSize; ++i) {
    if (t->y[i] == 0) continue;
    ++kept;
    check("dropout", i, static_cast<double>(t->y[i]), static_cast<double>(t->x[i]) / (1 - kRate), 1e-6);
  }
  check("dropout kept share", -1, kept / kSize, 1 - kRate, 1e-3);
  return body;
}

const bool added = add_group([] { add("dropout/16m", {0, 8.0 * kSize}, prepare); });

}  // namespace
}  // namespace neurite_bench
