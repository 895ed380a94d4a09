// pool2d against a naive reference, over strides, dilations, paddings, channel counts and NaNs.
#include "ops/pool2d/pool2d.h"

#include "core/pool_test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::check_average;
using nrt_test::check_max_backward;
using nrt_test::check_max_forward;
using nrt_test::ctx;
using nrt_test::uniform;
using nrt_test::with_ties;

const nrt_test::PoolCalls kCalls = {nrt_pool2d_max_fwd, nrt_pool2d_max_bwd, nrt_pool2d_avg_fwd,
                                    nrt_pool2d_avg_bwd};

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

// As core/pool_test_support.h wants it.
template <typename F>
void each_output(const Shape& s, bool count_pad, F body) {
  int64_t at = 0;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t i = 0; i < s.oh(); ++i) {
      for (int64_t j = 0; j < s.ow(); ++j) {
        const WindowCells w = window(s, i, j, count_pad);
        for (int64_t d = 0; d < s.c; ++d) body(at++, w.cells, w.counted, n * s.h * s.w * s.c + d);
      }
    }
  }
}

class Pool2d : public ::testing::TestWithParam<Shape> {};

TEST_P(Pool2d, MaxPicksTheFirstOfTheLargest) {
  check_max_forward(kCalls, GetParam(), uniform<float>(GetParam().x_size(), 1));
  check_max_forward(kCalls, GetParam(), uniform<double>(GetParam().x_size(), 1));
}

TEST_P(Pool2d, MaxSettlesTiesInfinitiesAndNaNs) {
  check_max_forward(kCalls, GetParam(), with_ties<float>(GetParam().x_size(), 2));
  check_max_forward(kCalls, GetParam(), with_ties<double>(GetParam().x_size(), 2));
}

TEST_P(Pool2d, MaxHandsTheGradientToTheWinners) {
  check_max_backward(kCalls, GetParam(), uniform<float>(GetParam().x_size(), 3));
  check_max_backward(kCalls, GetParam(), uniform<double>(GetParam().x_size(), 3));
}

TEST_P(Pool2d, AverageDividesByTheCellsInsideTheInput) {
  check_average<float>(kCalls, GetParam(), false, 2e-6);
  check_average<double>(kCalls, GetParam(), false, 1e-14);
}

TEST_P(Pool2d, AverageMayCountTheExplicitPadding) {
  check_average<float>(kCalls, GetParam(), true, 2e-6);
  check_average<double>(kCalls, GetParam(), true, 1e-14);
}

TEST_P(Pool2d, ResultsDoNotDependOnTheNumberOfThreads) { nrt_test::check_threads(kCalls, GetParam()); }

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

class Pool2dErrors : public nrt_test::PoolErrors {
 protected:
  Pool2dErrors() : PoolErrors(kCalls, Shape{"", 1, 4, 4, 4, 2, 2, 2, 2}.desc()) {}
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

TEST_F(Pool2dErrors, NullTensorsAreRefused) { null_tensors_are_refused(); }

}  // namespace
