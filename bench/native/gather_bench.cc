#include "ops/gather/gather.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kRows = 30000, kWidth = 300, kIds = 8192;

struct Embedding {
  Array<float> table{kRows * kWidth, 1}, y{kIds * kWidth, 2}, gradient{kRows * kWidth};
  Array<int64_t> ids{kIds, 3, 0, kRows};
};

Body forward() {
  auto t = std::make_shared<Embedding>();
  Body body = [t] {
    must(nrt_gather_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->table.at(), t->ids.at(), kIds, kRows, kWidth));
  };
  body();
  for (const int64_t at : samples(kIds * kWidth, 5000)) {
    check("gather_fwd", at, static_cast<double>(t->y[at]),
          static_cast<double>(t->table[t->ids[at / kWidth] * kWidth + at % kWidth]), 0);
  }
  return body;
}

Body backward() {
  auto t = std::make_shared<Embedding>();
  Body body = [t] {
    must(nrt_gather_bwd(ctx(), NRT_FLOAT32, t->gradient.at(), t->y.at(), t->ids.at(), kIds, kRows,
                        kWidth, -1, 0));
  };
  body();
  std::vector<double> want(static_cast<size_t>(kRows));  // column 5 of the gradient
  for (int64_t i = 0; i < kIds; ++i) {
    want[static_cast<size_t>(t->ids[i])] += static_cast<double>(t->y[i * kWidth + 5]);
  }
  for (int64_t r = 0; r < kRows; ++r) {
    check("gather_bwd", r, static_cast<double>(t->gradient[r * kWidth + 5]),
          want[static_cast<size_t>(r)], 1e-5);
  }
  return body;
}

const bool added = add_group([] {
  const double rows = 4.0 * kIds * kWidth;
  add("gather_fwd/30000x300_8192", {0, 2 * rows}, forward);
  // the whole gradient is zeroed, then rows are read and added
  add("gather_bwd/30000x300_8192", {0, 4.0 * kRows * kWidth + 3 * rows}, backward);
});

}  // namespace
}  // namespace neurite_bench
