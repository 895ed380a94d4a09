// conv2d against a naive double reference, over strides, dilations, groups, paddings and sizes.
#include "ops/conv2d/conv2d.h"

#include <gmock/gmock.h>

#include "core/test_support.h"
#include "ops/unary/unary.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Shape {
  const char* name;
  int64_t n, h, w, c, oc, kh, kw;
  int64_t sh = 1, sw = 1, dh = 1, dw = 1;
  int64_t top = 0, bottom = 0, left = 0, right = 0;
  int64_t groups = 1;

  static int64_t out(int64_t in, int64_t k, int64_t s, int64_t d, int64_t pad) {
    const int64_t room = in + pad - (k - 1) * d - 1;
    return room < 0 ? 0 : room / s + 1;
  }
  int64_t oh() const { return out(h, kh, sh, dh, top + bottom); }
  int64_t ow() const { return out(w, kw, sw, dw, left + right); }
  int64_t x_size() const { return n * h * w * c; }
  int64_t y_size() const { return n * oh() * ow() * oc; }
  int64_t w_size() const { return kh * kw * (c / groups) * oc; }
  std::vector<int64_t> desc(int64_t activation = NRT_UNARY_IDENTITY) const {
    return {n, h, w, c, oh(), ow(), oc, kh, kw, sh, sw, dh, dw, top, left, groups, activation};
  }
};

void PrintTo(const Shape& s, std::ostream* out) { *out << s.name; }

Shape strided(Shape s, int64_t sh, int64_t sw) {
  s.sh = sh;
  s.sw = sw;
  return s;
}
Shape dilated(Shape s, int64_t dh, int64_t dw) {
  s.dh = dh;
  s.dw = dw;
  return s;
}
Shape padded(Shape s, int64_t top, int64_t bottom, int64_t left, int64_t right) {
  s.top = top;
  s.bottom = bottom;
  s.left = left;
  s.right = right;
  return s;
}
Shape same(Shape s, int64_t pad) { return padded(s, pad, pad, pad, pad); }
Shape grouped(Shape s, int64_t groups) {
  s.groups = groups;
  return s;
}

const Shape kShapes[] = {
    {"OneByOneWeight", 1, 1, 1, 1, 1, 1, 1},
    same({"LenetFirst", 3, 28, 28, 1, 6, 5, 5}, 2),
    {"LenetFirstValid", 1, 28, 28, 1, 6, 5, 5},
    {"LenetSecond", 3, 14, 14, 6, 16, 5, 5},
    same({"LenetSecondSame", 1, 14, 14, 6, 16, 5, 5}, 2),
    same({"Channels3To5", 2, 9, 11, 3, 5, 3, 3}, 1),
    same({"Channels5To17", 1, 10, 7, 5, 17, 3, 3}, 1),
    same({"Channels17To33", 2, 8, 8, 17, 33, 3, 3}, 1),
    same({"Channels33To64", 1, 8, 9, 33, 64, 3, 3}, 1),
    same({"Channels64To64", 1, 13, 30, 64, 64, 3, 3}, 1),
    same({"Channels16To96", 1, 12, 15, 16, 96, 5, 5}, 2),
    {"Pointwise", 3, 7, 9, 20, 34, 1, 1},
    {"PointwiseLong", 2, 33, 31, 5, 7, 1, 1},
    strided({"PointwiseStride2", 2, 9, 8, 12, 10, 1, 1}, 2, 2),
    same({"PointwisePadded", 1, 4, 4, 3, 3, 1, 1}, 1),
    strided(same({"Stem", 2, 31, 29, 3, 20, 7, 7}, 3), 2, 2),
    strided(same({"Stride2", 1, 12, 12, 18, 24, 3, 3}, 1), 2, 2),
    strided({"Stride3Kernel2", 2, 11, 10, 4, 6, 2, 2}, 3, 3),
    strided(same({"StrideUneven", 1, 13, 17, 4, 9, 4, 3}, 2), 3, 2),
    dilated(same({"Dilated2", 1, 12, 13, 6, 8, 3, 3}, 2), 2, 2),
    dilated({"DilatedRows", 1, 15, 9, 3, 4, 3, 2}, 4, 1),
    strided(dilated(same({"DilatedStrided", 2, 17, 16, 5, 6, 3, 3}, 3), 3, 2), 2, 4),
    strided(dilated(same({"DilatedStridedCommon", 1, 19, 18, 4, 3, 4, 4}, 5), 4, 2), 6, 2),
    padded({"AsymmetricPadding", 1, 6, 7, 4, 5, 4, 4}, 0, 3, 2, 1),
    same({"KernelLargerThanInput", 2, 3, 2, 4, 6, 5, 5}, 3),
    padded({"OnlyPadding", 1, 2, 2, 2, 3, 2, 2}, 5, 5, 6, 4),
    grouped(same({"Groups2", 2, 9, 9, 8, 12, 3, 3}, 1), 2),
    grouped(strided(same({"Groups3Strided", 1, 11, 9, 9, 51, 3, 3}, 1), 2, 1), 3),
    grouped({"GroupsPointwise", 1, 6, 5, 12, 8, 1, 1}, 4),
    grouped(same({"Depthwise", 2, 10, 9, 17, 17, 3, 3}, 1), 17),
    grouped(same({"Depthwise64", 1, 15, 14, 64, 64, 3, 3}, 1), 64),
    grouped(strided(same({"DepthwiseStrided", 1, 13, 12, 33, 33, 5, 5}, 2), 2, 2), 33),
    grouped(strided(dilated(same({"DepthwiseDilated", 2, 14, 13, 8, 8, 3, 3}, 3), 3, 2), 2, 3), 8),
    grouped(same({"DepthwiseMultiplier", 2, 9, 8, 6, 18, 3, 3}, 1), 6),
    grouped(strided({"DepthwiseMultiplierStrided", 1, 9, 11, 5, 10, 2, 3}, 2, 2), 5),
    grouped(same({"DepthwiseOnlyMultiplier", 1, 5, 5, 1, 3, 3, 3}, 1), 1),
    same({"StackedImages", 13, 4, 4, 16, 40, 3, 3}, 1),
    same({"StackedPowerOfTwo", 7, 8, 8, 32, 33, 3, 3}, 1),
    strided(same({"StackedStrided", 15, 9, 8, 12, 20, 5, 5}, 2), 2, 2),
    dilated(same({"StackedDilated", 8, 7, 7, 10, 6, 3, 3}, 2), 2, 2),
    {"StackedValid", 9, 7, 6, 20, 17, 5, 5},
    same({"EdgesOfOneTile", 2, 9, 14, 8, 33, 5, 5}, 2),
    same({"EdgesOfManyTiles", 1, 6, 61, 9, 34, 5, 5}, 2),
    strided(same({"EdgesStrided", 1, 11, 32, 16, 16, 3, 3}, 1), 2, 2),
    padded({"EdgesUneven", 1, 5, 17, 8, 40, 4, 4}, 1, 2, 1, 2),
    dilated(same({"EdgesDilated", 1, 9, 23, 8, 9, 3, 3}, 2), 2, 2),
    same({"EdgesTooWide", 1, 6, 15, 8, 8, 7, 7}, 3),
    same({"LargeWeights", 2, 5, 6, 64, 256, 3, 3}, 1),
    same({"LargeWeightsRagged", 2, 5, 6, 66, 250, 3, 3}, 1),
    grouped(strided(same({"Depthwise3Rows", 3, 12, 13, 35, 35, 3, 3}, 1), 2, 1), 35),
    grouped(dilated(same({"Depthwise1Row", 2, 9, 16, 40, 40, 1, 3}, 2), 1, 2), 40),
    grouped({"DepthwiseValid", 5, 7, 6, 16, 16, 3, 3}, 16),
    grouped(same({"DepthwiseNarrow", 5, 7, 2, 16, 16, 3, 3}, 2), 16),
    grouped(same({"LargeWeightsGroups", 1, 4, 5, 256, 256, 3, 3}, 1), 2),
    {"EmptyBatch", 0, 5, 5, 3, 4, 3, 3},
    {"EmptyOutput", 2, 2, 2, 3, 4, 3, 3},
    padded({"WideRow", 1, 1, 1100, 2, 3, 1, 3}, 0, 0, 1, 1),
    same({"NarrowImage", 2, 40, 1, 3, 8, 3, 3}, 1),
    same({"ManyPixels", 20, 16, 16, 8, 8, 3, 3}, 1),
};

// Calls body(image, output row, output column, p, q, input channel, output channel) for every
// product of the convolution whose input lies inside the image; offsets instead of coordinates.
template <typename F>
void each_product(const Shape& s, F body) {
  const int64_t cg = s.c / s.groups, og = s.oc / s.groups;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t i = 0; i < s.oh(); ++i) {
      for (int64_t j = 0; j < s.ow(); ++j) {
        for (int64_t p = 0; p < s.kh; ++p) {
          for (int64_t q = 0; q < s.kw; ++q) {
            const int64_t row = i * s.sh + p * s.dh - s.top, col = j * s.sw + q * s.dw - s.left;
            if (row < 0 || row >= s.h || col < 0 || col >= s.w) continue;
            for (int64_t o = 0; o < s.oc; ++o) {
              for (int64_t d = 0; d < cg; ++d) {
                body(((n * s.h + row) * s.w + col) * s.c + o / og * cg + d,
                     ((p * s.kw + q) * cg + d) * s.oc + o,
                     ((n * s.oh() + i) * s.ow() + j) * s.oc + o);
              }
            }
          }
        }
      }
    }
  }
}

double activated(double v, int64_t activation) {
  switch (activation) {
    case NRT_UNARY_RELU:
      return v < 0 ? 0 : v;
    case NRT_UNARY_SIGMOID:
      return 1 / (1 + std::exp(-v));
    case NRT_UNARY_TANH:
      return std::tanh(v);
    default:
      return v;
  }
}

template <typename T>
double tolerance() {
  return sizeof(T) == 4 ? 2e-5 : 1e-13;
}

template <typename T>
void check_forward(const Shape& s, bool with_bias, int64_t activation) {
  const std::vector<T> x = uniform<T>(s.x_size(), 1), w = uniform<T>(s.w_size(), 2);
  const std::vector<T> bias = uniform<T>(s.oc, 3);
  std::vector<T> y(static_cast<size_t>(s.y_size()), T(-77));
  std::vector<double> want(y.size(), 0);
  each_product(s, [&](int64_t a, int64_t b, int64_t c) {
    want[c] += static_cast<double>(x[a]) * static_cast<double>(w[b]);
  });
  for (size_t i = 0; i < want.size(); ++i) {
    want[i] = activated(want[i] + (with_bias ? bias[i % s.oc] : 0), activation);
  }
  const std::vector<int64_t> desc = s.desc(activation);
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), Code<T>::value, addr(y), addr(x), addr(w),
                               with_bias ? addr(bias) : 0, desc.data()));
  const double scale = std::sqrt(static_cast<double>(s.kh * s.kw * s.c / s.groups));
  expect_close(y, want, tolerance<T>(), tolerance<T>() * scale);
}

template <typename T>
void check_backward_data(const Shape& s) {
  const std::vector<T> dy = uniform<T>(s.y_size(), 4), w = uniform<T>(s.w_size(), 2);
  std::vector<T> dx(static_cast<size_t>(s.x_size()), T(-77));
  std::vector<double> want(dx.size(), 0);
  each_product(s, [&](int64_t a, int64_t b, int64_t c) {
    want[a] += static_cast<double>(dy[c]) * static_cast<double>(w[b]);
  });
  const std::vector<int64_t> desc = s.desc(NRT_UNARY_RELU);
  NRT_ASSERT_OK(
      nrt_conv2d_bwd_data(ctx(), Code<T>::value, addr(dx), addr(dy), addr(w), desc.data()));
  const double scale = std::sqrt(static_cast<double>(s.kh * s.kw * s.oc / s.groups));
  expect_close(dx, want, tolerance<T>(), tolerance<T>() * scale);
}

template <typename T>
void check_backward_weights(const Shape& s, bool with_bias) {
  const std::vector<T> x = uniform<T>(s.x_size(), 1), dy = uniform<T>(s.y_size(), 4);
  std::vector<T> dw(static_cast<size_t>(s.w_size()), T(-77));
  std::vector<T> dbias(static_cast<size_t>(s.oc), T(-77));
  std::vector<double> want(dw.size(), 0), want_bias(dbias.size(), 0);
  each_product(s, [&](int64_t a, int64_t b, int64_t c) {
    want[b] += static_cast<double>(x[a]) * static_cast<double>(dy[c]);
  });
  for (size_t i = 0; i < dy.size(); ++i) want_bias[i % s.oc] += static_cast<double>(dy[i]);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(nrt_conv2d_bwd_weights(ctx(), Code<T>::value, addr(dw),
                                       with_bias ? addr(dbias) : 0, addr(x), addr(dy),
                                       desc.data()));
  const double scale = std::sqrt(static_cast<double>(s.n * s.oh() * s.ow()) + 1);
  expect_close(dw, want, tolerance<T>(), tolerance<T>() * scale);
  if (with_bias) expect_close(dbias, want_bias, tolerance<T>(), tolerance<T>() * scale);
}

class Conv2d : public ::testing::TestWithParam<Shape> {};

TEST_P(Conv2d, ForwardMatchesTheDefinition) {
  check_forward<float>(GetParam(), false, NRT_UNARY_IDENTITY);
  check_forward<double>(GetParam(), false, NRT_UNARY_IDENTITY);
}

TEST_P(Conv2d, ForwardAddsTheBiasAndAppliesTheActivation) {
  for (const int64_t activation :
       {NRT_UNARY_IDENTITY, NRT_UNARY_RELU, NRT_UNARY_SIGMOID, NRT_UNARY_TANH}) {
    check_forward<float>(GetParam(), true, activation);
    check_forward<double>(GetParam(), true, activation);
  }
}

TEST_P(Conv2d, BackwardDataIsTheTransposeWithRespectToX) {
  check_backward_data<float>(GetParam());
  check_backward_data<double>(GetParam());
}

TEST_P(Conv2d, BackwardWeightsIsTheTransposeWithRespectToW) {
  check_backward_weights<float>(GetParam(), true);
  check_backward_weights<double>(GetParam(), false);
}

// <conv(x, w), y> = <x, conv_x^T(y)> = <w, conv_w^T(y)>.
TEST_P(Conv2d, TheThreeDirectionsGiveOneInnerProduct) {
  const Shape s = GetParam();
  const std::vector<double> x = uniform<double>(s.x_size(), 5), w = uniform<double>(s.w_size(), 6);
  const std::vector<double> dy = uniform<double>(s.y_size(), 7);
  std::vector<double> y(dy.size()), dx(x.size()), dw(w.size());
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), NRT_FLOAT64, addr(y), addr(x), addr(w), 0, desc.data()));
  NRT_ASSERT_OK(nrt_conv2d_bwd_data(ctx(), NRT_FLOAT64, addr(dx), addr(dy), addr(w), desc.data()));
  NRT_ASSERT_OK(
      nrt_conv2d_bwd_weights(ctx(), NRT_FLOAT64, addr(dw), 0, addr(x), addr(dy), desc.data()));
  double forward = 0, data = 0, weights = 0;
  for (size_t i = 0; i < y.size(); ++i) forward += y[i] * dy[i];
  for (size_t i = 0; i < x.size(); ++i) data += x[i] * dx[i];
  for (size_t i = 0; i < w.size(); ++i) weights += w[i] * dw[i];
  const double scale = 1e-10 * (1 + static_cast<double>(y.size()));
  EXPECT_NEAR(forward, data, scale);
  EXPECT_NEAR(forward, weights, scale);
}

// The same bits with weights that were packed before the call.
template <typename T>
void check_packed(const Shape& s) {
  const std::vector<T> x = uniform<T>(s.x_size(), 12), w = uniform<T>(s.w_size(), 13);
  const std::vector<T> bias = uniform<T>(s.oc, 14);
  const std::vector<int64_t> desc = s.desc(NRT_UNARY_RELU);
  std::vector<T> want(static_cast<size_t>(s.y_size())), got(want.size());
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), Code<T>::value, addr(want), addr(x), addr(w), addr(bias), desc.data()));
  int32_t form = nrt_conv2d_form(ctx(), Code<T>::value, desc.data());
  if (form == NRT_CONV2D_PLAIN) form = NRT_CONV2D_PANELS;  // not worth it, but right
  const int64_t bytes = nrt_conv2d_packed_bytes(ctx(), Code<T>::value, desc.data(), form);
  if (bytes == 0) return;  // depthwise
  const nrt_ptr packed = nrt_alloc(ctx(), bytes);
  ASSERT_NE(0, packed);
  NRT_ASSERT_OK(nrt_conv2d_pack(ctx(), Code<T>::value, packed, addr(w), desc.data(), form));
  NRT_ASSERT_OK(nrt_conv2d_fwd_packed(ctx(), Code<T>::value, addr(got), addr(x), addr(w), packed, addr(bias),
                                      desc.data(), form));
  NRT_ASSERT_OK(nrt_free(ctx(), packed));
  EXPECT_EQ(want, got);
}

TEST_P(Conv2d, PackedWeightsGiveTheSameBits) {
  check_packed<float>(GetParam());
  check_packed<double>(GetParam());
}

// The same bits with one thread and with two.
TEST_P(Conv2d, ResultsDoNotDependOnTheNumberOfThreads) {
  const Shape s = GetParam();
  const std::vector<float> x = uniform<float>(s.x_size(), 8), w = uniform<float>(s.w_size(), 9);
  const std::vector<float> dy = uniform<float>(s.y_size(), 10), bias = uniform<float>(s.oc, 11);
  const std::vector<int64_t> desc = s.desc(NRT_UNARY_RELU);
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), dx(x.size()), dw(w.size()), dbias(bias.size());
    NRT_ASSERT_OK(
        nrt_conv2d_fwd(c, NRT_FLOAT32, addr(y), addr(x), addr(w), addr(bias), desc.data()));
    NRT_ASSERT_OK(nrt_conv2d_bwd_data(c, NRT_FLOAT32, addr(dx), addr(dy), addr(w), desc.data()));
    NRT_ASSERT_OK(nrt_conv2d_bwd_weights(c, NRT_FLOAT32, addr(dw), addr(dbias), addr(x), addr(dy),
                                         desc.data()));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx, dw, dbias};
  }
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Conv2d, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

// A channel that does not exist in a padded panel must neither be written nor leak a NaN.
TEST(Conv2dEdges, WritesNothingBeyondTheResult) {
  const Shape s = same({"", 1, 7, 7, 3, 5, 3, 3}, 1);
  const std::vector<float> x = uniform<float>(s.x_size(), 1), w = uniform<float>(s.w_size(), 2);
  std::vector<float> y(static_cast<size_t>(s.y_size()) + 64, 42.0F);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), addr(w), 0, desc.data()));
  for (size_t i = static_cast<size_t>(s.y_size()); i < y.size(); ++i) EXPECT_EQ(42.0F, y[i]);
}

TEST(Conv2dEdges, ReluKeepsNaN) {
  const Shape s{"", 1, 1, 2, 1, 1, 1, 1};
  const std::vector<float> x = {std::nanf(""), -1.0F}, w = {1.0F};
  std::vector<float> y(2);
  const std::vector<int64_t> desc = s.desc(NRT_UNARY_RELU);
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), addr(w), 0, desc.data()));
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(0.0F, y[1]);
}

TEST(Conv2dEdges, OutputsBeyondThePaddedInputSeeZeros) {
  std::vector<int64_t> desc = Shape{"", 1, 3, 3, 1, 1, 2, 2}.desc();
  desc[4] = 5;  // two rows more than the input has
  const std::vector<float> x(9, 1.0F), w(4, 1.0F);
  std::vector<float> y(10, -1.0F);
  NRT_ASSERT_OK(nrt_conv2d_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), addr(w), 0, desc.data()));
  EXPECT_EQ((std::vector<float>{4, 4, 4, 4, 2, 2, 0, 0, 0, 0}), y);
}

TEST(Conv2dEdges, EmptyBatchGivesZeroGradients) {
  const Shape s{"", 0, 4, 4, 2, 3, 3, 3};
  std::vector<float> dw(static_cast<size_t>(s.w_size()), 7.0F), dbias(3, 7.0F);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(
      nrt_conv2d_bwd_weights(ctx(), NRT_FLOAT32, addr(dw), addr(dbias), 0, 0, desc.data()));
  EXPECT_EQ(std::vector<float>(dw.size(), 0.0F), dw);
  EXPECT_EQ(std::vector<float>(3, 0.0F), dbias);
}

class Conv2dErrors : public ::testing::Test {
 protected:
  // Expects that all three directions refuse `desc` and that the message contains `part`.
  void refused(std::vector<int64_t> desc, const char* part, nrt_status code = NRT_INVALID_ARGUMENT,
               int32_t dtype = NRT_FLOAT32) {
    const nrt_ptr p = addr(memory_);
    EXPECT_EQ(code, nrt_conv2d_fwd(ctx(), dtype, p, p, p, p, desc.data()));
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
    EXPECT_EQ(code, nrt_conv2d_bwd_data(ctx(), dtype, p, p, p, desc.data()));
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
    EXPECT_EQ(code, nrt_conv2d_bwd_weights(ctx(), dtype, p, p, p, p, desc.data()));
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }
  std::vector<int64_t> with(int index, int64_t value) {
    std::vector<int64_t> desc = Shape{"", 1, 4, 4, 4, 6, 3, 3}.desc();
    desc[static_cast<size_t>(index)] = value;
    return desc;
  }
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

TEST_F(Conv2dErrors, EveryExtentIsChecked) {
  const char* names[] = {"n",          "h",          "w",       "c",        "oh",     "ow",
                         "oc",         "kh",         "kw",      "stride_h", "stride_w",
                         "dilation_h", "dilation_w", "pad_top", "pad_left", "groups"};
  for (int i = 0; i < 16; ++i) {
    refused(with(i, -1), names[i]);
    refused(with(i, int64_t{1} << 31), names[i]);
    const bool may_be_zero = i < 3 || i == 4 || i == 5 || i == 13 || i == 14;
    if (!may_be_zero) refused(with(i, 0), names[i]);
  }
}

TEST_F(Conv2dErrors, GroupsMustDivideTheChannels) { refused(with(15, 3), "groups is 3"); }

TEST_F(Conv2dErrors, SizesThatNoMemoryHoldsAreRefused) {
  std::vector<int64_t> desc = with(0, (int64_t{1} << 31) - 1);
  desc[1] = desc[2] = (int64_t{1} << 31) - 1;
  refused(desc, "too large");
}

TEST_F(Conv2dErrors, OtherActivationsAreRefused) {
  refused(with(16, NRT_UNARY_GELU), "activation");
}

TEST_F(Conv2dErrors, OtherDtypesAreRefused) {
  refused(with(0, 1), "dtype", NRT_UNSUPPORTED, NRT_INT32);
}

TEST_F(Conv2dErrors, UnknownFormsAreRefused) {
  const std::vector<int64_t> desc = with(0, 1);
  const nrt_ptr p = addr(memory_);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv2d_pack(ctx(), NRT_FLOAT32, p, p, desc.data(), 7));
  EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr("form is 7"));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_conv2d_fwd_packed(ctx(), NRT_FLOAT32, p, p, p, p, p, desc.data(), NRT_CONV2D_TRANSFORMED));
  EXPECT_EQ(-1, nrt_conv2d_packed_bytes(ctx(), NRT_FLOAT32, nullptr, NRT_CONV2D_PANELS));
}

TEST_F(Conv2dErrors, NullTensorsAreRefused) {
  const std::vector<int64_t> desc = with(0, 1);
  const nrt_ptr p = addr(memory_);
  const auto fwd = [&](nrt_ptr y, nrt_ptr x, nrt_ptr w) {
    return nrt_conv2d_fwd(ctx(), NRT_FLOAT32, y, x, w, 0, desc.data());
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(0, p, p));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(p, 0, p));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(p, p, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv2d_fwd(ctx(), NRT_FLOAT32, p, p, p, 0, nullptr));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_conv2d_bwd_data(ctx(), NRT_FLOAT32, 0, p, p, desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_conv2d_bwd_weights(ctx(), NRT_FLOAT32, 0, 0, p, p, desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv2d_fwd(0, NRT_FLOAT32, p, p, p, 0, desc.data()));
}

}  // namespace
