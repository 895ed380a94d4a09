#include "ops/scatter/scatter.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

constexpr int64_t kLines = 256, kLength = 4096, kIds = 4096;

// Ids along the last axis, spread over it; each line has its own.
struct Lines {
  Array<float> table{kLines * kLength, 1}, taken{kLines * kIds}, updates{kLines * kIds, 2};
  Array<int64_t> ids{kLines * kIds};
  std::vector<int64_t> desc = {2, kLines, kIds, kLength, 1};

  Lines() {
    for (int64_t i = 0; i < ids.size(); ++i) ids[i] = (i * 2654435761 + i / kIds) % kLength;
  }
};

Body take(const std::shared_ptr<Lines>& t) {
  Body body = [t] {
    must(nrt_scatter_take(ctx(), NRT_FLOAT32, t->taken.at(), t->table.at(), t->ids.at(), t->desc.data(), 1, kLength));
  };
  body();
  for (const int64_t i : samples(t->ids.size(), 1000)) {
    check("scatter_take", i, static_cast<double>(t->taken[i]),
          static_cast<double>(t->table[i / kIds * kLength + t->ids[i]]), 0);
  }
  return body;
}

Body add_up(const std::shared_ptr<Lines>& t) {
  Body body = [t] {
    must(nrt_scatter_put(ctx(), NRT_FLOAT32, 1, t->table.at(), t->updates.at(), t->ids.at(), t->desc.data(), 1,
                         kLength));
  };
  const std::vector<float> before(&t->table[0], &t->table[0] + t->table.size());
  body();
  for (const int64_t line : samples(kLines, 5)) {
    std::vector<double> want(before.begin() + line * kLength, before.begin() + (line + 1) * kLength);
    for (int64_t i = line * kIds; i < (line + 1) * kIds; ++i) {
      want[static_cast<size_t>(t->ids[i])] += static_cast<double>(t->updates[i]);
    }
    for (int64_t c = 0; c < kLength; ++c) {
      check("scatter_add", line * kLength + c, static_cast<double>(t->table[line * kLength + c]),
            want[static_cast<size_t>(c)], 1e-5);
    }
  }
  return body;
}

const bool added = add_group([] {
  const double ids = 8.0 * kLines * kIds, values = 4.0 * kLines * kIds;
  add("scatter_take/256x4096", {0, ids + 2 * values}, [] { return take(std::make_shared<Lines>()); });
  add("scatter_add/256x4096", {0, ids + 3 * values}, [] { return add_up(std::make_shared<Lines>()); });
});

}  // namespace
}  // namespace neurite_bench
