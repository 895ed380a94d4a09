#include "ops/select/select.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Tensors {
  explicit Tensors(int64_t n) : a(n, 1), b(n, 2), y(n), flags(n, 3, 0, 2) {}
  Array<float> a, b, y;
  Array<uint8_t> flags;
};

Body greater(int64_t n, int64_t b_step) {
  auto t = std::make_shared<Tensors>(n);
  const std::vector<int64_t> desc = {1, n, 1, b_step};
  Body body = [t, desc] {
    must(nrt_select_compare(ctx(), NRT_FLOAT32, NRT_COMPARE_GREATER, t->flags.at(), t->a.at(), t->b.at(),
                            desc.data()));
  };
  body();
  for (const int64_t i : samples(n, 5000)) {
    check("greater", i, t->flags[i], t->a[i] > t->b[i * b_step] ? 1 : 0, 0);
  }
  return body;
}

Body where(int64_t n, int64_t b_step) {
  auto t = std::make_shared<Tensors>(n);
  const std::vector<int64_t> desc = {1, n, 1, 1, b_step};
  Body body = [t, desc] {
    must(nrt_select_where(ctx(), NRT_FLOAT32, t->y.at(), t->flags.at(), t->a.at(), t->b.at(), desc.data()));
  };
  body();
  for (const int64_t i : samples(n, 5000)) {
    const float want = t->flags[i] != 0 ? t->a[i] : t->b[i * b_step];
    check("where", i, static_cast<double>(t->y[i]), static_cast<double>(want), 0);
  }
  return body;
}

Body logic(int64_t n) {
  struct Flags {
    explicit Flags(int64_t n) : a(n, 1, 0, 2), b(n, 2, 0, 2), y(n) {}
    Array<uint8_t> a, b, y;
  };
  auto f = std::make_shared<Flags>(n);
  const std::vector<int64_t> desc = {1, n, 1, 1};
  Body body = [f, desc] {
    must(nrt_select_compare(ctx(), NRT_BOOL, NRT_LOGIC_AND, f->y.at(), f->a.at(), f->b.at(), desc.data()));
  };
  body();
  for (const int64_t i : samples(n, 5000)) check("and", i, f->y[i], f->a[i] & f->b[i], 0);
  return body;
}

const bool added = add_group([] {
  constexpr int64_t kSmall = 1 << 14, kLarge = 1 << 24;
  add("select_greater/16k", {0, 9.0 * kSmall}, [] { return greater(kSmall, 1); });
  add("select_greater/16m", {0, 9.0 * kLarge}, [] { return greater(kLarge, 1); });
  add("select_greater_scalar/16m", {0, 5.0 * kLarge}, [] { return greater(kLarge, 0); });
  add("select_and/16m", {0, 3.0 * kLarge}, [] { return logic(kLarge); });
  add("select_where/16k", {0, 13.0 * kSmall}, [] { return where(kSmall, 1); });
  add("select_where/16m", {0, 13.0 * kLarge}, [] { return where(kLarge, 1); });
  add("select_where_scalar/16m", {0, 9.0 * kLarge}, [] { return where(kLarge, 0); });
});

}  // namespace
}  // namespace neurite_bench
