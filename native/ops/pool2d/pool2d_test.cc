// pool2d against a naive reference, over strides, dilations, paddings, channel counts and NaNs.
#include "ops/pool2d/pool2d.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Shape {
  const char* name;
  int64_t n, h, w, c, kh, kw;
  int64_t sh, sw;
  int64_t dh = 1, dw = 1;
  int64_t top = 0, bottom = 0, left = 0, right = 0;
  bool ceil = false;

  static int64_t out(int64_t in, int64_t k, int64_t s, int64_t d, int64_t pad, bool ceil) {
    const int64_t room = in + pad - (k - 1) * d - 1;
    return room < 0 ? 0 : (room + (ceil ? s - 1 : 0)) / s + 1;
  }
  int64_t oh() const { return out(h, kh, sh, dh, top + bottom, ceil); }
  int64_t ow() const { return out(w, kw, sw, dw, left + right, ceil); }
  int64_t x_size() const { return n * h * w * c; }
  int64_t y_size() const { return n * oh() * ow() * c; }
  std::vector<int64_t> desc(bool count_pad = false) const {
    return {n,  h,  w,   c,    oh(),          ow(), kh, kw, sh, sw,
            dh, dw, top, left, count_pad ? 1 : 0, bottom << 32 | right};
  }
};

void PrintTo(const Shape& s, std::ostream* out) { *out << s.name; }

Shape padded(Shape s, int64_t top, int64_t bottom, int64_t left, int64_t right) {
  s.top = top;
  s.bottom = bottom;
  s.left = left;
  s.right = right;
  return s;
}
Shape dilated(Shape s, int64_t dh, int64_t dw) {
  s.dh = dh;
  s.dw = dw;
  return s;
}
Shape ceiled(Shape s) {
  s.ceil = true;
  return s;
}

const Shape kShapes[] = {
    {"One", 1, 1, 1, 1, 1, 1, 1, 1},
    {"LenetFirst", 3, 28, 28, 6, 2, 2, 2, 2},
    {"LenetSecond", 3, 10, 10, 16, 2, 2, 2, 2},
    {"OneChannel", 2, 9, 8, 1, 2, 2, 2, 2},
    {"ThreeChannels", 1, 7, 8, 3, 3, 3, 2, 2},
    {"FiveChannels", 1, 7, 8, 5, 2, 3, 1, 1},
    {"ManyChannels", 2, 8, 7, 33, 3, 3, 2, 2},
    {"Channels64", 1, 14, 14, 64, 2, 2, 2, 2},
    padded({"Padded", 2, 8, 9, 4, 3, 3, 2, 2}, 1, 1, 1, 1),
    padded({"PaddedMany", 1, 8, 9, 40, 3, 3, 1, 2}, 1, 1, 1, 1),
    padded({"Asymmetric", 1, 6, 7, 2, 4, 3, 3, 2}, 0, 2, 1, 0),
    padded({"KernelLargerThanInput", 1, 2, 3, 6, 5, 5, 1, 1}, 2, 2, 2, 2),
    ceiled({"Ceil", 2, 8, 8, 8, 3, 3, 2, 2}),
    ceiled(padded({"CeilPadded", 1, 7, 8, 36, 3, 2, 3, 3}, 1, 1, 0, 1)),
    dilated({"Dilated", 1, 11, 12, 5, 3, 3, 1, 2}, 2, 3),
    dilated(padded({"DilatedPadded", 1, 9, 9, 34, 2, 3, 2, 1}, 1, 1, 2, 2), 3, 2),
    {"StrideLargerThanKernel", 1, 13, 12, 3, 2, 2, 5, 4},
    {"Global", 2, 5, 6, 17, 5, 6, 1, 1},
    {"EmptyBatch", 0, 4, 4, 3, 2, 2, 2, 2},
    {"EmptyOutput", 1, 2, 2, 3, 3, 3, 1, 1},
    {"NoChannels", 1, 4, 4, 0, 2, 2, 2, 2},
};

// One window of the reference: every cell (offset in the plane) and how many count in the mean.
struct WindowCells {
  std::vector<int64_t> cells;
  int64_t counted = 0;
};

WindowCells window(const Shape& s, int64_t i, int64_t j, bool count_pad) {
  WindowCells result;
  for (int64_t p = 0; p < s.kh; ++p) {
    for (int64_t q = 0; q < s.kw; ++q) {
      const int64_t row = i * s.sh + p * s.dh - s.top, col = j * s.sw + q * s.dw - s.left;
      const bool inside = row >= 0 && row < s.h && col >= 0 && col < s.w;
      if (inside) result.cells.push_back(row * s.w + col);
      const bool in_padding = row >= -s.top && row < s.h + s.bottom && col >= -s.left &&
                              col < s.w + s.right;
      if (inside || (count_pad && in_padding)) ++result.counted;
    }
  }
  return result;
}

// Calls body(output element, its window, x offset of the image's first cell and this channel).
template <typename F>
void each_output(const Shape& s, bool count_pad, F body) {
  int64_t at = 0;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t i = 0; i < s.oh(); ++i) {
      for (int64_t j = 0; j < s.ow(); ++j) {
        const WindowCells w = window(s, i, j, count_pad);
        for (int64_t d = 0; d < s.c; ++d) body(at++, w, n * s.h * s.w * s.c + d);
      }
    }
  }
}

// Winner of a window: the first NaN, or else the first of the largest.
template <typename T>
int64_t winner(const std::vector<T>& x, const WindowCells& w, int64_t base, int64_t c) {
  int64_t best = -1;
  for (const int64_t cell : w.cells) {
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
void check_max_forward(const Shape& s, const std::vector<T>& x) {
  std::vector<double> want(static_cast<size_t>(s.y_size()));
  std::vector<int32_t> want_at(want.size());
  each_output(s, false, [&](int64_t at, const WindowCells& w, int64_t base) {
    const int64_t cell = winner(x, w, base, s.c);
    want_at[at] = static_cast<int32_t>(cell);
    want[at] = cell < 0 ? -INFINITY : static_cast<double>(x[base + cell * s.c]);
  });
  std::vector<T> y(want.size(), T(-77));
  std::vector<int32_t> at(want.size(), -77);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(
      nrt_pool2d_max_fwd(ctx(), Code<T>::value, addr(y), addr(at), addr(x), desc.data()));
  expect_close(y, want, 0, 0);
  EXPECT_EQ(want_at, at);
  std::vector<T> inference(want.size(), T(-77));
  NRT_ASSERT_OK(
      nrt_pool2d_max_fwd(ctx(), Code<T>::value, addr(inference), 0, addr(x), desc.data()));
  expect_close(inference, want, 0, 0);
}

template <typename T>
void check_max_backward(const Shape& s) {
  const std::vector<T> x = uniform<T>(s.x_size(), 3), dy = uniform<T>(s.y_size(), 4);
  std::vector<double> want(x.size(), 0);
  std::vector<int32_t> at(dy.size());
  each_output(s, false, [&](int64_t o, const WindowCells& w, int64_t base) {
    at[o] = static_cast<int32_t>(winner(x, w, base, s.c));
    if (at[o] >= 0) want[base + at[o] * s.c] += static_cast<double>(dy[o]);
  });
  std::vector<T> dx(x.size(), T(-77));
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(
      nrt_pool2d_max_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), addr(at), desc.data()));
  expect_close(dx, want, 1e-6, 1e-6);
}

template <typename T>
void check_average(const Shape& s, bool count_pad) {
  const std::vector<T> x = uniform<T>(s.x_size(), 5), dy = uniform<T>(s.y_size(), 6);
  std::vector<double> want(dy.size(), 0), want_dx(x.size(), 0);
  each_output(s, count_pad, [&](int64_t at, const WindowCells& w, int64_t base) {
    const double cells = static_cast<double>(std::max<int64_t>(w.counted, 1));
    for (const int64_t cell : w.cells) {
      want[at] += static_cast<double>(x[base + cell * s.c]) / cells;
      want_dx[base + cell * s.c] += static_cast<double>(dy[at]) / cells;
    }
  });
  std::vector<T> y(dy.size(), T(-77)), dx(x.size(), T(-77));
  const std::vector<int64_t> desc = s.desc(count_pad);
  NRT_ASSERT_OK(nrt_pool2d_avg_fwd(ctx(), Code<T>::value, addr(y), addr(x), desc.data()));
  NRT_ASSERT_OK(nrt_pool2d_avg_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), desc.data()));
  const double close = sizeof(T) == 4 ? 2e-6 : 1e-14;
  expect_close(y, want, close, close);
  expect_close(dx, want_dx, close, close);
}

class Pool2d : public ::testing::TestWithParam<Shape> {};

TEST_P(Pool2d, MaxPicksTheFirstOfTheLargest) {
  check_max_forward<float>(GetParam(), uniform<float>(GetParam().x_size(), 1));
  check_max_forward<double>(GetParam(), uniform<double>(GetParam().x_size(), 1));
}

TEST_P(Pool2d, MaxSettlesTiesInfinitiesAndNaNs) {
  check_max_forward<float>(GetParam(), with_ties<float>(GetParam().x_size(), 2));
  check_max_forward<double>(GetParam(), with_ties<double>(GetParam().x_size(), 2));
}

TEST_P(Pool2d, MaxHandsTheGradientToTheWinners) {
  check_max_backward<float>(GetParam());
  check_max_backward<double>(GetParam());
}

TEST_P(Pool2d, AverageDividesByTheCellsInsideTheInput) {
  check_average<float>(GetParam(), false);
  check_average<double>(GetParam(), false);
}

TEST_P(Pool2d, AverageMayCountTheExplicitPadding) {
  check_average<float>(GetParam(), true);
  check_average<double>(GetParam(), true);
}

TEST_P(Pool2d, ResultsDoNotDependOnTheNumberOfThreads) {
  const Shape s = GetParam();
  const std::vector<float> x = uniform<float>(s.x_size(), 7), dy = uniform<float>(s.y_size(), 8);
  const std::vector<int64_t> desc = s.desc();
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), mean(dy.size()), dx(x.size()), dmean(x.size());
    std::vector<int32_t> at(dy.size());
    NRT_ASSERT_OK(nrt_pool2d_max_fwd(c, NRT_FLOAT32, addr(y), addr(at), addr(x), desc.data()));
    NRT_ASSERT_OK(nrt_pool2d_max_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), addr(at), desc.data()));
    NRT_ASSERT_OK(nrt_pool2d_avg_fwd(c, NRT_FLOAT32, addr(mean), addr(x), desc.data()));
    NRT_ASSERT_OK(nrt_pool2d_avg_bwd(c, NRT_FLOAT32, addr(dmean), addr(dy), desc.data()));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx, mean, dmean};
  }
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Pool2d, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Pool2dEdges, PositionsOutsideTheImageAreIgnored) {
  const Shape s{"", 1, 2, 2, 1, 2, 2, 2, 2};
  const std::vector<float> dy = {5.0F};
  const std::vector<int64_t> desc = s.desc();
  for (const int32_t wrong : {-1, 4, 1000000, std::numeric_limits<int32_t>::min()}) {
    const std::vector<int32_t> at = {wrong};
    std::vector<float> dx(4, 7.0F);
    NRT_ASSERT_OK(
        nrt_pool2d_max_bwd(ctx(), NRT_FLOAT32, addr(dx), addr(dy), addr(at), desc.data()));
    EXPECT_EQ(std::vector<float>(4, 0.0F), dx);
  }
}

TEST(Pool2dEdges, WindowsOfPaddingOnlyGiveMinusInfinityAndZero) {
  const Shape s = padded({"", 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 1, 0);
  const std::vector<float> x = {3.0F};
  std::vector<float> y(2);
  std::vector<int32_t> at(2);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(nrt_pool2d_max_fwd(ctx(), NRT_FLOAT32, addr(y), addr(at), addr(x), desc.data()));
  EXPECT_EQ((std::vector<float>{-INFINITY, 3.0F}), y);
  EXPECT_EQ((std::vector<int32_t>{-1, 0}), at);
  NRT_ASSERT_OK(nrt_pool2d_avg_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), desc.data()));
  EXPECT_EQ((std::vector<float>{0.0F, 3.0F}), y);
}

class Pool2dErrors : public ::testing::Test {
 protected:
  // Expects that all four functions refuse `desc` and that the message contains `part`.
  void refused(const std::vector<int64_t>& desc, const char* part,
               nrt_status code = NRT_INVALID_ARGUMENT, int32_t dtype = NRT_FLOAT32) {
    const nrt_ptr p = addr(memory_);
    const nrt_status all[] = {nrt_pool2d_max_fwd(ctx(), dtype, p, p, p, desc.data()),
                              nrt_pool2d_max_bwd(ctx(), dtype, p, p, p, desc.data()),
                              nrt_pool2d_avg_fwd(ctx(), dtype, p, p, desc.data()),
                              nrt_pool2d_avg_bwd(ctx(), dtype, p, p, desc.data())};
    for (const nrt_status status : all) EXPECT_EQ(code, status);
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }
  std::vector<int64_t> with(int index, int64_t value) {
    std::vector<int64_t> desc = Shape{"", 1, 4, 4, 4, 2, 2, 2, 2}.desc();
    desc[static_cast<size_t>(index)] = value;
    return desc;
  }
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

TEST_F(Pool2dErrors, EveryExtentIsChecked) {
  const char* names[] = {"n",  "h",        "w",        "c",          "oh",         "ow",      "kh",
                         "kw", "stride_h", "stride_w", "dilation_h", "dilation_w", "pad_top",
                         "pad_left"};
  for (int i = 0; i < 14; ++i) {
    refused(with(i, -1), names[i]);
    refused(with(i, int64_t{1} << 31), names[i]);
    if (i >= 6 && i < 12) refused(with(i, 0), names[i]);
  }
  refused(with(14, 2), "count_pad");
  refused(with(15, -(int64_t{1} << 32)), "pad_bottom");
}

TEST_F(Pool2dErrors, PlanesBeyondInt32PositionsAreRefused) {
  std::vector<int64_t> desc = with(1, 1 << 16);
  desc[2] = 1 << 15;
  refused(desc, "image plane");
}

TEST_F(Pool2dErrors, SizesThatNoMemoryHoldsAreRefused) {
  std::vector<int64_t> desc = with(0, (int64_t{1} << 31) - 1);
  desc[1] = desc[3] = (int64_t{1} << 31) - 1;
  refused(desc, "too large");
}

TEST_F(Pool2dErrors, OtherDtypesAreRefused) {
  refused(with(0, 1), "dtype", NRT_UNSUPPORTED, NRT_INT64);
}

TEST_F(Pool2dErrors, NullTensorsAreRefused) {
  const std::vector<int64_t> desc = with(0, 1);
  const nrt_ptr p = addr(memory_);
  const int64_t* d = desc.data();
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_max_fwd(ctx(), NRT_FLOAT32, 0, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_max_fwd(ctx(), NRT_FLOAT32, p, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_max_bwd(ctx(), NRT_FLOAT32, p, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_avg_fwd(ctx(), NRT_FLOAT32, 0, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_avg_bwd(ctx(), NRT_FLOAT32, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_pool2d_avg_bwd(ctx(), NRT_FLOAT32, p, p, nullptr));
}

}  // namespace
