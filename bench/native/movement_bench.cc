#include "ops/movement/movement.h"

#include <functional>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

template <typename T>
struct Pair {
  Pair(int64_t to, int64_t from) : y(to), x(from, 1, 0, 100) {}
  Array<T> y, x;
};

// A copy of all elements of `shape`, which is the fastest order of `y`, from x with these strides.
template <typename T>
Body copy(const std::vector<int64_t>& shape, const std::vector<int64_t>& to,
          const std::vector<int64_t>& from, int64_t from_size, bool sum) {
  const auto rank = static_cast<int64_t>(shape.size());
  int64_t n = 1;
  for (const int64_t length : shape) n *= length;
  int64_t to_size = 1;
  for (int64_t d = 0; d < rank; ++d) to_size += (shape[d] - 1) * to[d];
  auto t = std::make_shared<Pair<T>>(to_size, from_size);
  std::vector<int64_t> desc = {rank};
  for (const auto& part : {shape, to, from}) desc.insert(desc.end(), part.begin(), part.end());
  const auto index = [=](const std::vector<int64_t>& strides, int64_t i) {
    int64_t at = 0;
    for (int64_t d = rank - 1; d >= 0; i /= shape[d--]) at += i % shape[d] * strides[d];
    return at;
  };
  Body body = [t, desc, sum] {
    must(sum ? nrt_movement_add(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), desc.data())
             : nrt_movement_copy(ctx(), sizeof(T), t->y.at(), t->x.at(), desc.data()));
  };
  for (const int64_t i : samples(n, 5000)) t->y[index(to, i)] = 0;
  body();
  for (const int64_t i : samples(n, 5000)) {
    check("movement", i, static_cast<double>(t->y[index(to, i)]),
          static_cast<double>(t->x[index(from, i)]), 0);
  }
  return body;
}

template <typename T>
Body transpose(int64_t rows, int64_t columns, bool sum) {
  return copy<T>({columns, rows}, {rows, 1}, {1, columns}, rows * columns, sum);
}

template <typename To, typename From>
Body cast(int32_t to, int32_t from, int64_t n) {
  struct Arrays {
    explicit Arrays(int64_t n) : y(n), x(n, 1, 0, 100) {}
    Array<To> y;
    Array<From> x;
  };
  auto t = std::make_shared<Arrays>(n);
  if (from == NRT_BOOL) {
    for (int64_t i = 0; i < n; ++i) t->x[i] = i % 3 == 0;
  }
  Body body = [t, to, from, n] { must(nrt_movement_cast(ctx(), to, from, t->y.at(), t->x.at(), n)); };
  body();
  for (const int64_t i : samples(n, 5000)) {
    const double x = static_cast<double>(t->x[i]);
    const double want = to == NRT_BOOL ? (x != 0 ? 1 : 0) : static_cast<double>(static_cast<To>(x));
    if (to != NRT_BFLOAT16) check("cast", i, static_cast<double>(t->y[i]), want, 0);
  }
  return body;
}

Body fill(int64_t n) {
  auto t = std::make_shared<Array<float>>(n);
  Body body = [t, n] { must(nrt_movement_fill(ctx(), NRT_FLOAT32, t->at(), n, 1.5)); };
  body();
  for (const int64_t i : samples(n, 5000)) check("fill", i, static_cast<double>((*t)[i]), 1.5, 0);
  return body;
}

Body one_hot(int64_t count, int64_t depth) {
  struct Arrays {
    Arrays(int64_t c, int64_t d) : y(c * d), ids(c, 1, 0, static_cast<double>(d)) {}
    Array<float> y;
    Array<int64_t> ids;
  };
  auto t = std::make_shared<Arrays>(count, depth);
  Body body = [t, count, depth] {
    must(nrt_movement_one_hot(ctx(), NRT_FLOAT32, t->y.at(), t->ids.at(), count, depth, 1, 0));
  };
  body();
  for (const int64_t i : samples(count * depth, 5000)) {
    check("one_hot", i, static_cast<double>(t->y[i]), t->ids[i / depth] == i % depth ? 1 : 0, 0);
  }
  return body;
}

void add_copies() {
  constexpr int64_t kSide = 4096, kAll = kSide * kSide;
  const double bytes = 8.0 * kAll;
  add("movement_copy/contiguous_16m", {0, bytes}, [] { return copy<float>({kAll}, {1}, {1}, kAll, false); });
  add("movement_copy/transpose_4096x4096", {0, bytes}, [] { return transpose<float>(kSide, kSide, false); });
  add("movement_copy/transpose_4099x4093", {0, 8.0 * 4099 * 4093},
      [] { return transpose<float>(4099, 4093, false); });
  add("movement_copy/transpose_256x256", {0, 8.0 * 65536}, [] { return transpose<float>(256, 256, false); });
  add("movement_copy/transpose_f64_2048x2048", {0, 16.0 * 2048 * 2048},
      [] { return transpose<double>(2048, 2048, false); });
  add("movement_copy/transpose_u8_4096x4096", {0, 2.0 * kAll},
      [] { return transpose<uint8_t>(kSide, kSide, false); });
  add("movement_copy/nchw_to_nhwc_32x64x56x56", {0, 8.0 * 32 * 64 * 3136}, [] {
    return copy<float>({32, 3136, 64}, {3136 * 64, 64, 1}, {3136 * 64, 1, 3136}, 32 * 64 * 3136, false);
  });
  add("movement_copy/nhwc_to_nchw_64x224x224x3", {0, 8.0 * 64 * 50176 * 3}, [] {
    return copy<float>({64, 3, 50176}, {3 * 50176, 50176, 1}, {3 * 50176, 1, 3}, 64 * 3 * 50176, false);
  });
  add("movement_copy/heads_8x512x8x64", {0, 8.0 * 2097152}, [] {
    return copy<float>({8, 8, 512, 64}, {262144, 32768, 64, 1}, {262144, 64, 512, 1}, 2097152, false);
  });
  add("movement_copy/every_second_16m", {0, 4.0 * kAll},
      [] { return copy<float>({kAll / 2}, {1}, {2}, kAll, false); });
  add("movement_copy/columns_4096x1024_of_4096", {0, 8.0 * kSide * 1024},
      [] { return copy<float>({kSide, 1024}, {1024, 1}, {kSide, 1}, kAll, false); });
  add("movement_copy/pad_32x56x56x64", {0, 8.0 * 32 * 3136 * 64}, [] {
    return copy<float>({32, 56, 3584}, {3364 * 64, 58 * 64, 1}, {3136 * 64, 3584, 1}, 32 * 3136 * 64, false);
  });
  add("movement_copy/tile_row_4096x4096", {0, 4.0 * kAll},
      [] { return copy<float>({kSide, kSide}, {kSide, 1}, {0, 1}, kSide, false); });
}

void add_others() {
  constexpr int64_t kAll = int64_t{1} << 24;
  const double n = static_cast<double>(kAll);
  // Adds into the same sums again and again: check only that the first call was right.
  add("movement_add/transpose_4096x4096", {0, 12 * n}, [] { return transpose<float>(4096, 4096, true); });
  add("movement_cast/f64_to_f32_16m", {0, 12 * n},
      [] { return cast<float, double>(NRT_FLOAT32, NRT_FLOAT64, kAll); });
  add("movement_cast/f32_to_i32_16m", {0, 8 * n},
      [] { return cast<int32_t, float>(NRT_INT32, NRT_FLOAT32, kAll); });
  add("movement_cast/f32_to_i64_16m", {0, 12 * n},
      [] { return cast<int64_t, float>(NRT_INT64, NRT_FLOAT32, kAll); });
  add("movement_cast/i64_to_f32_16m", {0, 12 * n},
      [] { return cast<float, int64_t>(NRT_FLOAT32, NRT_INT64, kAll); });
  add("movement_cast/u8_to_f32_16m", {0, 5 * n},
      [] { return cast<float, uint8_t>(NRT_FLOAT32, NRT_UINT8, kAll); });
  add("movement_cast/f32_to_u8_16m", {0, 5 * n},
      [] { return cast<uint8_t, float>(NRT_UINT8, NRT_FLOAT32, kAll); });
  add("movement_cast/bool_to_f32_16m", {0, 5 * n},
      [] { return cast<float, uint8_t>(NRT_FLOAT32, NRT_BOOL, kAll); });
  add("movement_cast/f32_to_bool_16m", {0, 5 * n},
      [] { return cast<uint8_t, float>(NRT_BOOL, NRT_FLOAT32, kAll); });
  add("movement_cast/f32_to_bf16_16m", {0, 6 * n},
      [] { return cast<uint16_t, float>(NRT_BFLOAT16, NRT_FLOAT32, kAll); });
  add("movement_fill/16k", {0, 4.0 * (1 << 14)}, [] { return fill(1 << 14); });
  add("movement_fill/16m", {0, 4 * n}, [] { return fill(kAll); });
  add("movement_one_hot/16384x1000", {0, 4.0 * 16384 * 1000}, [] { return one_hot(16384, 1000); });
  add("movement_one_hot/1048576x10", {0, 4.0 * 1048576 * 10}, [] { return one_hot(1048576, 10); });
}

const bool copies = add_group(add_copies);
const bool others = add_group(add_others);

}  // namespace
}  // namespace neurite_bench
