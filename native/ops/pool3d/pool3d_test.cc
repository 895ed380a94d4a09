// pool3d against a naive reference, over strides, dilations, paddings, channel counts, NaNs and bins.
#include "ops/pool3d/pool3d.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Axis {
  int64_t in, out, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
};

struct Shape {
  const char* name;
  int64_t n, c;
  Axis axis[3];
  bool adaptive = false;

  int64_t cells() const { return axis[0].in * axis[1].in * axis[2].in; }
  int64_t outputs() const { return axis[0].out * axis[1].out * axis[2].out; }
  int64_t x_size() const { return n * cells() * c; }
  int64_t y_size() const { return n * outputs() * c; }
  std::vector<int64_t> desc(bool count_pad = false) const {
    std::vector<int64_t> d = {n,           axis[0].in,  axis[1].in,  axis[2].in, c,
                              axis[0].out, axis[1].out, axis[2].out};
    for (const Axis& a : axis) {
      d.insert(d.end(), {a.kernel, a.stride, a.dilation, a.before, a.after});
    }
    d.push_back(count_pad ? 1 : 0);
    d.push_back(adaptive ? 1 : 0);
    return d;
  }
};

void PrintTo(const Shape& s, std::ostream* out) { *out << s.name; }

const Shape kShapes[] = {
    {"One", 1, 1, {{1, 1}, {1, 1}, {1, 1}}},
    {"Halves", 2, 3, {{4, 2, 2, 2}, {6, 3, 2, 2}, {8, 4, 2, 2}}},
    {"OddChannels", 1, 17, {{5, 2, 3, 2}, {7, 3, 3, 2}, {5, 4, 2, 1}}},
    {"ManyChannels", 2, 131, {{3, 2, 2, 1}, {4, 2, 2, 2}, {3, 1, 3, 3}}},
    {"Padded", 1, 5, {{5, 3, 3, 2, 1, 1, 1}, {4, 4, 2, 1, 1, 0, 1}, {4, 3, 2, 2, 1, 1, 1}}},
    {"HangingOver", 1, 4, {{5, 3, 3, 2, 1, 0, 0}, {4, 2, 3, 3, 1, 1, 0}, {7, 3, 3, 3, 1, 1, 1}}},
    {"Dilated", 1, 6, {{7, 3, 3, 1, 2, 0, 0}, {9, 3, 2, 2, 3, 1, 1}, {8, 2, 3, 2, 2, 0, 1}}},
    {"KernelLargerThanInput", 1, 2, {{2, 3, 4, 1, 1, 2, 2}, {1, 2, 3, 1, 1, 1, 2}, {3, 1, 3, 1}}},
    {"StrideLargerThanKernel", 1, 3, {{9, 2, 2, 5}, {13, 3, 1, 6}, {5, 2, 2, 3}}},
    {"Global", 2, 9, {{3, 1, 3, 1}, {5, 1, 5, 1}, {7, 1, 7, 1}}},
    {"Bins", 2, 5, {{5, 2}, {7, 3}, {4, 4}}, true},
    {"MoreBinsThanCells", 1, 3, {{1, 1}, {3, 5}, {2, 7}}, true},
    {"EmptyBatch", 0, 3, {{4, 2, 2, 2}, {4, 2, 2, 2}, {4, 2, 2, 2}}},
    {"EmptyOutput", 1, 3, {{4, 2, 2, 2}, {4, 0, 2, 2}, {4, 2, 2, 2}}},
    {"NoChannels", 1, 0, {{4, 2, 2, 2}, {4, 2, 2, 2}, {4, 2, 2, 2}}},
};

// What window i covers on one axis: the cells inside, and how many count.
struct Cover {
  std::vector<int64_t> cells;
  int64_t counted = 0;
};

Cover cover(const Axis& a, int64_t i, bool count_pad, bool adaptive) {
  Cover result;
  if (adaptive) {
    for (int64_t cell = 0; cell < a.in; ++cell) {
      if (cell * a.out + a.out > i * a.in && cell * a.out < (i + 1) * a.in) result.cells.push_back(cell);
    }
    result.counted = static_cast<int64_t>(result.cells.size());
    return result;
  }
  for (int64_t k = 0; k < a.kernel; ++k) {
    const int64_t cell = i * a.stride + k * a.dilation - a.before;
    const bool inside = cell >= 0 && cell < a.in;
    if (inside) result.cells.push_back(cell);
    if (inside || (count_pad && cell < a.in + a.after)) ++result.counted;
  }
  return result;
}

// Calls body(output element, cells of its window, how many count, x offset of the first cell).
template <typename F>
void each_output(const Shape& s, bool count_pad, F body) {
  for (int64_t at = 0; at < s.y_size(); ++at) {
    const int64_t o = at / s.c, w = s.axis[2].out, h = s.axis[1].out, d = s.axis[0].out;
    const Cover z = cover(s.axis[0], o / w / h % d, count_pad, s.adaptive);
    const Cover y = cover(s.axis[1], o / w % h, count_pad, s.adaptive);
    const Cover x = cover(s.axis[2], o % w, count_pad, s.adaptive);
    std::vector<int64_t> cells;
    for (const int64_t p : z.cells) {
      for (const int64_t q : y.cells) {
        for (const int64_t r : x.cells) cells.push_back((p * s.axis[1].in + q) * s.axis[2].in + r);
      }
    }
    body(at, cells, z.counted * y.counted * x.counted, o / (w * h * d) * s.cells() * s.c + at % s.c);
  }
}

// Winner of a window: the first NaN, or else the first of the largest; -1 for no cell.
template <typename T>
int64_t winner(const std::vector<T>& x, const std::vector<int64_t>& cells, int64_t base, int64_t c) {
  int64_t best = -1;
  for (const int64_t cell : cells) {
    const T v = x[base + cell * c];
    const T so_far = best < 0 ? v : x[base + best * c];
    if (best < 0 || (!std::isnan(so_far) && (std::isnan(v) || v > so_far))) best = cell;
  }
  return best;
}

// Few distinct values (ties), some NaN and infinities.
template <typename T>
std::vector<T> with_ties(int64_t n, uint64_t seed) {
  std::vector<T> x = uniform<T>(n, seed, -3, 3);
  for (T& v : x) {
    v = std::floor(v * 2) / 2;
    if (v == T(-1.5)) v = -std::numeric_limits<T>::infinity();
    if (v == T(2.5)) v = std::numeric_limits<T>::quiet_NaN();
  }
  return x;
}

template <typename T>
void check_max(const Shape& s, const std::vector<T>& x) {
  const std::vector<T> dy = uniform<T>(s.y_size(), 4);
  std::vector<double> want(dy.size()), want_dx(x.size(), 0);
  std::vector<int32_t> want_at(dy.size());
  each_output(s, false, [&](int64_t at, const std::vector<int64_t>& cells, int64_t, int64_t base) {
    const int64_t cell = winner(x, cells, base, s.c);
    want_at[at] = static_cast<int32_t>(cell);
    want[at] = cell < 0 ? -INFINITY : static_cast<double>(x[base + cell * s.c]);
    if (cell >= 0) want_dx[base + cell * s.c] += static_cast<double>(dy[at]);
  });
  std::vector<T> y(dy.size(), T(-77)), inference(dy.size(), T(-77)), dx(x.size(), T(-77));
  std::vector<int32_t> at(dy.size(), -77);
  const std::vector<int64_t> d = s.desc();
  NRT_ASSERT_OK(nrt_pool3d_max_fwd(ctx(), Code<T>::value, addr(y), addr(at), addr(x), d.data()));
  NRT_ASSERT_OK(nrt_pool3d_max_fwd(ctx(), Code<T>::value, addr(inference), 0, addr(x), d.data()));
  NRT_ASSERT_OK(nrt_pool3d_max_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), addr(at), d.data()));
  expect_close(y, want, 0, 0);
  expect_close(inference, want, 0, 0);
  EXPECT_EQ(want_at, at);
  expect_close(dx, want_dx, 1e-6, 1e-6);
}

template <typename T>
void check_average(const Shape& s, bool count_pad) {
  const std::vector<T> x = uniform<T>(s.x_size(), 5), dy = uniform<T>(s.y_size(), 6);
  std::vector<double> want(dy.size(), 0), want_dx(x.size(), 0);
  each_output(s, count_pad, [&](int64_t at, const std::vector<int64_t>& cells, int64_t counted, int64_t base) {
    for (const int64_t cell : cells) {
      want[at] += static_cast<double>(x[base + cell * s.c]) / static_cast<double>(counted);
      want_dx[base + cell * s.c] += static_cast<double>(dy[at]) / static_cast<double>(counted);
    }
  });
  std::vector<T> y(dy.size(), T(-77)), dx(x.size(), T(-77));
  const std::vector<int64_t> d = s.desc(count_pad);
  NRT_ASSERT_OK(nrt_pool3d_avg_fwd(ctx(), Code<T>::value, addr(y), addr(x), d.data()));
  NRT_ASSERT_OK(nrt_pool3d_avg_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), d.data()));
  const double close = sizeof(T) == 4 ? 4e-6 : 1e-14;
  expect_close(y, want, close, close);
  expect_close(dx, want_dx, close, close);
}

class Pool3d : public ::testing::TestWithParam<Shape> {};

TEST_P(Pool3d, MaxPicksTheFirstOfTheLargestAndGivesItTheGradient) {
  check_max<float>(GetParam(), uniform<float>(GetParam().x_size(), 1));
  check_max<double>(GetParam(), uniform<double>(GetParam().x_size(), 1));
}

TEST_P(Pool3d, MaxSettlesTiesInfinitiesAndNaNs) {
  check_max<float>(GetParam(), with_ties<float>(GetParam().x_size(), 2));
  check_max<double>(GetParam(), with_ties<double>(GetParam().x_size(), 2));
}

TEST_P(Pool3d, AverageDividesByTheCellsThatCount) {
  for (const bool count_pad : {false, true}) {
    check_average<float>(GetParam(), count_pad);
    check_average<double>(GetParam(), count_pad);
  }
}

TEST_P(Pool3d, ResultsDoNotDependOnTheNumberOfThreads) {
  const Shape s = GetParam();
  const std::vector<float> x = uniform<float>(s.x_size(), 7), dy = uniform<float>(s.y_size(), 8);
  const std::vector<int64_t> d = s.desc();
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), mean(dy.size()), dx(x.size()), dmean(x.size());
    std::vector<int32_t> at(dy.size());
    NRT_ASSERT_OK(nrt_pool3d_max_fwd(c, NRT_FLOAT32, addr(y), addr(at), addr(x), d.data()));
    NRT_ASSERT_OK(nrt_pool3d_max_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), addr(at), d.data()));
    NRT_ASSERT_OK(nrt_pool3d_avg_fwd(c, NRT_FLOAT32, addr(mean), addr(x), d.data()));
    NRT_ASSERT_OK(nrt_pool3d_avg_bwd(c, NRT_FLOAT32, addr(dmean), addr(dy), d.data()));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx, mean, dmean};
  }
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Pool3d, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Pool3dEdges, PositionsOutsideTheVolumeAreIgnored) {
  const Shape s = {"", 1, 1, {{2, 1, 2, 2}, {2, 1, 2, 2}, {2, 1, 2, 2}}};
  const std::vector<float> dy = {5.0F};
  const std::vector<int64_t> d = s.desc();
  for (const int32_t wrong : {-1, 8, 1000000, std::numeric_limits<int32_t>::min()}) {
    const std::vector<int32_t> at = {wrong};
    std::vector<float> dx(8, 7.0F);
    NRT_ASSERT_OK(nrt_pool3d_max_bwd(ctx(), NRT_FLOAT32, addr(dx), addr(dy), addr(at), d.data()));
    EXPECT_EQ(std::vector<float>(8, 0.0F), dx);
  }
}

TEST(Pool3dEdges, WindowsBeyondAnyIntegerAreCounted) {
  constexpr int64_t kLargest = (int64_t{1} << 31) - 1;
  std::vector<int64_t> desc = Shape{"", 1, 1, {{2, 1, 1, 1}, {2, 1, 1, 1}, {2, 1, 1, 1}}}.desc();
  for (int axis = 0; axis < 3; ++axis) {
    desc[static_cast<size_t>(5 + axis)] = 1;
    desc[static_cast<size_t>(8 + 5 * axis)] = kLargest;
    desc[static_cast<size_t>(12 + 5 * axis)] = kLargest;
  }
  desc[23] = 1;
  const std::vector<double> x(8, 1.0);
  std::vector<double> y(1, -1.0), dx(8);
  NRT_ASSERT_OK(nrt_pool3d_avg_fwd(ctx(), NRT_FLOAT64, addr(y), addr(x), desc.data()));
  EXPECT_DOUBLE_EQ(8 / std::pow(static_cast<double>(kLargest), 3), y[0]);
  NRT_ASSERT_OK(nrt_pool3d_avg_bwd(ctx(), NRT_FLOAT64, addr(dx), addr(x), desc.data()));
  EXPECT_DOUBLE_EQ(1 / std::pow(static_cast<double>(kLargest), 3), dx[7]);
}

TEST(Pool3dEdges, AnEmptyResultNeedsNoTables) {
  std::vector<int64_t> desc = Shape{"", 1, 1, {{2, 1, 1, 1}, {2, 1, 1, 1}, {2, 1, 1, 1}}}.desc();
  desc[5] = (int64_t{1} << 31) - 1;
  desc[6] = 0;
  std::vector<float> dx(8, 7.0F);
  NRT_ASSERT_OK(nrt_pool3d_avg_bwd(ctx(), NRT_FLOAT32, addr(dx), 0, desc.data()));
  EXPECT_EQ(std::vector<float>(8), dx);
}

class Pool3dErrors : public ::testing::Test {
 protected:
  // Expects that all four functions refuse `desc` and that the message contains `part`.
  void refused(const std::vector<int64_t>& desc, const char* part,
               nrt_status code = NRT_INVALID_ARGUMENT, int32_t dtype = NRT_FLOAT32) {
    const nrt_ptr p = addr(memory_);
    const nrt_status all[] = {nrt_pool3d_max_fwd(ctx(), dtype, p, p, p, desc.data()),
                              nrt_pool3d_max_bwd(ctx(), dtype, p, p, p, desc.data()),
                              nrt_pool3d_avg_fwd(ctx(), dtype, p, p, desc.data()),
                              nrt_pool3d_avg_bwd(ctx(), dtype, p, p, desc.data())};
    for (const nrt_status status : all) EXPECT_EQ(code, status);
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }
  std::vector<int64_t> with(int index, int64_t value) {
    std::vector<int64_t> desc =
        Shape{"", 1, 4, {{4, 2, 2, 2}, {4, 2, 2, 2}, {4, 2, 2, 2}}}.desc();
    desc[static_cast<size_t>(index)] = value;
    return desc;
  }
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

TEST_F(Pool3dErrors, EveryExtentIsChecked) {
  const char* names[] = {"n", "depth in", "height in", "width in", "c",
                         "depth out", "height out", "width out"};
  for (int i = 0; i < 8; ++i) refused(with(i, -1), names[i]);
  const char* fields[] = {"kernel", "stride", "dilation", "pad_before", "pad_after"};
  for (int i = 8; i < 23; ++i) {
    refused(with(i, -1), fields[(i - 8) % 5]);
    refused(with(i, int64_t{1} << 31), fields[(i - 8) % 5]);
    if ((i - 8) % 5 < 3) refused(with(i, 0), fields[(i - 8) % 5]);
  }
  refused(with(23, 2), "count_pad");
  refused(with(24, -1), "adaptive");
}

TEST_F(Pool3dErrors, VolumesBeyondInt32PositionsAreRefused) {
  std::vector<int64_t> desc = with(1, 1 << 16);
  desc[2] = 1 << 15;
  refused(desc, "volume");
}

TEST_F(Pool3dErrors, SizesThatNoMemoryHoldsAreRefused) {
  std::vector<int64_t> desc = with(0, (int64_t{1} << 31) - 1);
  desc[1] = desc[4] = (int64_t{1} << 31) - 1;
  refused(desc, "too large");
}

TEST_F(Pool3dErrors, OtherDtypesAreRefused) {
  refused(with(0, 1), "dtype", NRT_UNSUPPORTED, NRT_INT64);
}

TEST_F(Pool3dErrors, NullTensorsAreRefused) {
  const std::vector<int64_t> desc = with(0, 1);
  const nrt_ptr p = addr(memory_);
  const int64_t* d = desc.data();
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_max_fwd(ctx(), NRT_FLOAT32, 0, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_max_fwd(ctx(), NRT_FLOAT32, p, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_max_bwd(ctx(), NRT_FLOAT32, p, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_avg_fwd(ctx(), NRT_FLOAT32, 0, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_avg_bwd(ctx(), NRT_FLOAT32, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool3d_avg_bwd(ctx(), NRT_FLOAT32, p, p, nullptr));
}

}  // namespace
