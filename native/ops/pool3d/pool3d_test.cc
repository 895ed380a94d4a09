// pool3d against a naive reference, over strides, dilations, paddings, channel counts, NaNs and bins.
#include "ops/pool3d/pool3d.h"

#include "core/pool_test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::check_average;
using nrt_test::check_max_backward;
using nrt_test::check_max_forward;
using nrt_test::ctx;
using nrt_test::uniform;
using nrt_test::with_ties;

const nrt_test::PoolCalls kCalls = {nrt_pool3d_max_fwd, nrt_pool3d_max_bwd, nrt_pool3d_avg_fwd,
                                    nrt_pool3d_avg_bwd};

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

// As core/pool_test_support.h wants it.
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

template <typename T>
void check_max(const Shape& s, const std::vector<T>& x) {
  check_max_forward(kCalls, s, x);
  check_max_backward(kCalls, s, x);
}

class Pool3d : public ::testing::TestWithParam<Shape> {};

TEST_P(Pool3d, MaxPicksTheFirstOfTheLargestAndGivesItTheGradient) {
  check_max(GetParam(), uniform<float>(GetParam().x_size(), 1));
  check_max(GetParam(), uniform<double>(GetParam().x_size(), 1));
}

TEST_P(Pool3d, MaxSettlesTiesInfinitiesAndNaNs) {
  check_max(GetParam(), with_ties<float>(GetParam().x_size(), 2));
  check_max(GetParam(), with_ties<double>(GetParam().x_size(), 2));
}

TEST_P(Pool3d, AverageDividesByTheCellsThatCount) {
  for (const bool count_pad : {false, true}) {
    check_average<float>(kCalls, GetParam(), count_pad, 4e-6);
    check_average<double>(kCalls, GetParam(), count_pad, 1e-14);
  }
}

TEST_P(Pool3d, ResultsDoNotDependOnTheNumberOfThreads) { nrt_test::check_threads(kCalls, GetParam()); }

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

// The shapes above are single chunks; this one is shared out.
TEST(Pool3dThreads, ManyChunksGiveTheSameBits) {
  const Shape s = {"", 3, 131, {{16, 8, 3, 2, 1, 1, 1}, {16, 8, 3, 2, 1, 1, 1}, {16, 8, 3, 2, 1, 1, 1}}};
  const auto x = uniform<float>(s.x_size(), 1), dy = uniform<float>(s.y_size(), 2);
  const auto desc = s.desc();
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    std::vector<float> y(dy.size()), z(dy.size()), dx(x.size()), dz(x.size());
    std::vector<int32_t> at(dy.size());
    EXPECT_EQ(NRT_OK, nrt_pool3d_max_fwd(c, NRT_FLOAT32, addr(y), addr(at), addr(x), desc.data()));
    EXPECT_EQ(NRT_OK, nrt_pool3d_max_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), addr(at), desc.data()));
    EXPECT_EQ(NRT_OK, nrt_pool3d_avg_fwd(c, NRT_FLOAT32, addr(z), addr(x), desc.data()));
    EXPECT_EQ(NRT_OK, nrt_pool3d_avg_bwd(c, NRT_FLOAT32, addr(dz), addr(dy), desc.data()));
    for (const auto* part : {&z, &dx, &dz}) y.insert(y.end(), part->begin(), part->end());
    return y;
  });
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

class Pool3dErrors : public nrt_test::PoolErrors {
 protected:
  Pool3dErrors() : PoolErrors(kCalls, Shape{"", 1, 4, {{4, 2, 2, 2}, {4, 2, 2, 2}, {4, 2, 2, 2}}}.desc()) {}
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

TEST_F(Pool3dErrors, NullTensorsAreRefused) { null_tensors_are_refused(); }

}  // namespace
