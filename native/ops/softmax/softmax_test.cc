#include "ops/softmax/softmax.h"

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Size {
  int64_t rows, cols;
};

std::vector<Size> sizes() {
  std::vector<Size> all{{0, 10}, {3, 0}, {1, 1}, {65, 1}, {200, 2}, {3001, 10}, {1, 100003}};
  for (int64_t cols : {3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 257, 1000}) all.push_back({37, cols});
  return all;
}

template <typename T>
std::vector<double> reference(const std::vector<T>& x, Size s, bool log_form) {
  std::vector<double> y;
  for (int64_t r = 0; r < s.rows; ++r) {
    const T* row = x.data() + r * s.cols;
    double max = -INFINITY, sum = 0;
    for (int64_t c = 0; c < s.cols; ++c) max = std::max(max, static_cast<double>(row[c]));
    for (int64_t c = 0; c < s.cols; ++c) sum += std::exp(static_cast<double>(row[c]) - max);
    for (int64_t c = 0; c < s.cols; ++c) {
      const double z = static_cast<double>(row[c]) - max;
      y.push_back(log_form ? z - std::log(sum) : std::exp(z) / sum);
    }
  }
  return y;
}

template <typename T>
void forward_matches(double rtol, double atol) {
  for (const Size s : sizes()) {
    const auto x = uniform<T>(s.rows * s.cols, 1, -9, 9);
    for (int log_form = 0; log_form < 2; ++log_form) {
      std::vector<T> y(x.size());
      NRT_ASSERT_OK(
          nrt_softmax_fwd(ctx(), Code<T>::value, addr(y), addr(x), s.rows, s.cols, log_form));
      SCOPED_TRACE(testing::Message() << s.rows << " x " << s.cols << " log " << log_form);
      expect_close(y, reference(x, s, log_form != 0), rtol, atol);
    }
  }
}

TEST(SoftmaxTest, Float32MatchesTheReference) { forward_matches<float>(5e-6, 2e-6); }
TEST(SoftmaxTest, Float64MatchesTheReference) { forward_matches<double>(1e-13, 1e-14); }

template <typename T>
void backward_matches(double rtol, double atol) {
  for (const Size s : sizes()) {
    const auto x = uniform<T>(s.rows * s.cols, 1, -3, 3), dy = uniform<T>(s.rows * s.cols, 2);
    for (int log_form = 0; log_form < 2; ++log_form) {
      std::vector<T> y(x.size()), dx(x.size());
      NRT_ASSERT_OK(
          nrt_softmax_fwd(ctx(), Code<T>::value, addr(y), addr(x), s.rows, s.cols, log_form));
      NRT_ASSERT_OK(nrt_softmax_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), addr(y), s.rows, s.cols,
                                    log_form));
      const auto p = reference(x, s, false);
      std::vector<double> want;
      for (int64_t r = 0; r < s.rows; ++r) {
        double dot = 0, sum = 0;
        for (int64_t c = 0; c < s.cols; ++c) {
          const auto i = static_cast<size_t>(r * s.cols + c);
          dot += static_cast<double>(dy[i]) * p[i];
          sum += static_cast<double>(dy[i]);
        }
        for (int64_t c = 0; c < s.cols; ++c) {
          const auto i = static_cast<size_t>(r * s.cols + c);
          const auto up = static_cast<double>(dy[i]);
          want.push_back(log_form ? up - p[i] * sum : p[i] * (up - dot));
        }
      }
      SCOPED_TRACE(testing::Message() << s.rows << " x " << s.cols << " log " << log_form);
      expect_close(dx, want, rtol, atol);
    }
  }
}

TEST(SoftmaxTest, Float32GradientMatchesTheReference) { backward_matches<float>(1e-5, 2e-6); }
TEST(SoftmaxTest, Float64GradientMatchesTheReference) { backward_matches<double>(1e-12, 1e-13); }

TEST(SoftmaxTest, ExtremeRowsStayFinite) {
  const std::vector<double> x{1000, 999, -1000, -10000, -10000, -10000, 0, 700, 710};
  std::vector<double> y(9), log_y(9);
  NRT_ASSERT_OK(nrt_softmax_fwd(ctx(), NRT_FLOAT64, addr(y), addr(x), 3, 3, 0));
  NRT_ASSERT_OK(nrt_softmax_fwd(ctx(), NRT_FLOAT64, addr(log_y), addr(x), 3, 3, 1));
  expect_close(y, reference(x, {3, 3}, false), 1e-13, 0);
  expect_close(log_y, reference(x, {3, 3}, true), 1e-13, 1e-16);
}

// Both the short-row path and the long one.
class SoftmaxSpecialTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(SoftmaxSpecialTest, OneMinusInfinityGetsProbabilityZero) {
  const int64_t cols = GetParam();
  std::vector<float> x(static_cast<size_t>(cols), 0.0f), y(x.size());
  x[1] = -std::numeric_limits<float>::infinity();
  NRT_ASSERT_OK(nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), 1, cols, 0));
  EXPECT_EQ(0.0f, y[1]);
  EXPECT_NEAR(1.0 / static_cast<double>(cols - 1), y[0], 1e-6);
  NRT_ASSERT_OK(nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), 1, cols, 1));
  EXPECT_EQ(x[1], y[1]);
}

TEST_P(SoftmaxSpecialTest, ARowOfMinusInfinityOrWithNanGivesNan) {
  const int64_t cols = GetParam();
  const auto width = static_cast<size_t>(cols);
  std::vector<float> x(3 * width, 0.5f);
  for (size_t i = 0; i < width; ++i) x[i] = -std::numeric_limits<float>::infinity();
  x[2 * width - 1] = std::nanf("");
  for (int log_form = 0; log_form < 2; ++log_form) {
    std::vector<float> y(x.size());
    NRT_ASSERT_OK(nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), 3, cols, log_form));
    for (size_t i = 0; i < 2 * width; ++i) ASSERT_TRUE(std::isnan(y[i])) << i;
    for (size_t i = 2 * width; i < 3 * width; ++i) ASSERT_TRUE(std::isfinite(y[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SoftmaxSpecialTest, ::testing::Values(10, 1000));

TEST(SoftmaxTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  for (const Size s : {Size{20011, 10}, Size{301, 1000}}) {
    const auto x = uniform<float>(s.rows * s.cols, 1, -9, 9), dy = uniform<float>(s.rows * s.cols, 2);
    std::vector<float> a(x.size()), b(x.size());
    NRT_ASSERT_OK(nrt_softmax_fwd(one, NRT_FLOAT32, addr(a), addr(x), s.rows, s.cols, 0));
    NRT_ASSERT_OK(nrt_softmax_fwd(two, NRT_FLOAT32, addr(b), addr(x), s.rows, s.cols, 0));
    EXPECT_EQ(a, b);
    const auto y = a;
    NRT_ASSERT_OK(nrt_softmax_bwd(one, NRT_FLOAT32, addr(a), addr(dy), addr(y), s.rows, s.cols, 0));
    NRT_ASSERT_OK(nrt_softmax_bwd(two, NRT_FLOAT32, addr(b), addr(dy), addr(y), s.rows, s.cols, 0));
    EXPECT_EQ(a, b);
  }
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(SoftmaxTest, WrongArgumentsAreRefused) {
  std::vector<float> x(4);
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_softmax_fwd(ctx(), NRT_INT32, addr(x), addr(x), 2, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(x), 0, 2, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_softmax_fwd(ctx(), NRT_FLOAT32, 0, addr(x), 2, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(x), addr(x), -2, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_softmax_fwd(ctx(), NRT_FLOAT32, addr(x), addr(x), INT64_MAX, INT64_MAX, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_softmax_bwd(ctx(), NRT_FLOAT32, addr(x), addr(x), 0, 2, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_softmax_fwd(0, NRT_FLOAT32, addr(x), addr(x), 2, 2, 0));
}

}  // namespace
