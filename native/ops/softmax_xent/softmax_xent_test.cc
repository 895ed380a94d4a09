#include "ops/softmax_xent/softmax_xent.h"

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

constexpr int64_t kIgnore = -100;

struct Size {
  int64_t rows, cols;
};

std::vector<Size> sizes() {
  std::vector<Size> all{{0, 10}, {65, 1}, {200, 2}, {3001, 10}, {1, 100003}};
  for (int64_t cols : {7, 16, 17, 31, 32, 33, 63, 64, 65, 1000}) all.push_back({37, cols});
  return all;
}

// Every ninth row is ignored.
std::vector<int64_t> labels(Size s) {
  std::vector<int64_t> v;
  for (int64_t r = 0; r < s.rows; ++r) v.push_back(r % 9 == 4 ? kIgnore : r * 7 % s.cols);
  return v;
}

template <typename T>
double lse_of(const T* x, int64_t cols) {
  double max = -INFINITY, sum = 0;
  for (int64_t c = 0; c < cols; ++c) max = std::max(max, static_cast<double>(x[c]));
  for (int64_t c = 0; c < cols; ++c) sum += std::exp(static_cast<double>(x[c]) - max);
  return max + std::log(sum);
}

template <typename T>
void sparse_matches(double tolerance) {
  for (const Size s : sizes()) {
    const auto x = uniform<T>(s.rows * s.cols, 1, -5, 5), dloss = uniform<T>(s.rows, 2);
    const auto target = labels(s);
    for (double smoothing : {0.0, 0.1, 1.0}) {
      std::vector<double> want_loss, want_lse, want_dx;
      for (int64_t r = 0; r < s.rows; ++r) {
        const T* row = x.data() + r * s.cols;
        const double lse = lse_of(row, s.cols);
        const int64_t label = target[static_cast<size_t>(r)];
        const bool counts = label != kIgnore;
        double total = 0;
        for (int64_t c = 0; c < s.cols; ++c) total += static_cast<double>(row[c]);
        want_lse.push_back(lse);
        want_loss.push_back(counts ? lse - (1 - smoothing) * static_cast<double>(row[label]) -
                                         smoothing / static_cast<double>(s.cols) * total
                                   : 0);
        for (int64_t c = 0; c < s.cols; ++c) {
          const double p = std::exp(static_cast<double>(row[c]) - lse);
          const double t = (1 - smoothing) * (c == label) + smoothing / static_cast<double>(s.cols);
          want_dx.push_back(counts ? static_cast<double>(dloss[static_cast<size_t>(r)]) * (p - t) : 0);
        }
      }
      const auto rows = static_cast<size_t>(s.rows);
      std::vector<T> loss(rows), lse(rows), dx(x.size());
      NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), Code<T>::value, addr(loss), addr(lse), addr(x),
                                         addr(target), s.rows, s.cols, smoothing, kIgnore));
      NRT_ASSERT_OK(nrt_softmax_xent_bwd(ctx(), Code<T>::value, addr(dx), addr(dloss), addr(x),
                                         addr(lse), addr(target), s.rows, s.cols, smoothing, kIgnore));
      SCOPED_TRACE(testing::Message() << s.rows << " x " << s.cols << " smoothing " << smoothing);
      for (size_t r = 0; r < rows; ++r) {  // an ignored row's lse is not part of the contract
        if (target[r] == kIgnore) lse[r] = static_cast<T>(want_lse[r]);
      }
      expect_close(loss, want_loss, tolerance, tolerance);
      expect_close(lse, want_lse, tolerance, tolerance);
      expect_close(dx, want_dx, tolerance, tolerance);
    }
  }
}

TEST(SoftmaxXentTest, Float32LabelsMatchTheReference) { sparse_matches<float>(3e-6); }
TEST(SoftmaxXentTest, Float64LabelsMatchTheReference) { sparse_matches<double>(1e-13); }

template <typename T>
void dense_matches(double tolerance) {
  for (const Size s : sizes()) {
    const auto x = uniform<T>(s.rows * s.cols, 1, -5, 5), dloss = uniform<T>(s.rows, 2);
    auto t = uniform<T>(s.rows * s.cols, 3, 0, 2);
    for (T& v : t) v /= static_cast<T>(s.cols);
    std::vector<double> want_loss, want_dx;
    for (int64_t r = 0; r < s.rows; ++r) {
      const double lse = lse_of(x.data() + r * s.cols, s.cols);
      double loss = 0, total = 0;
      for (int64_t c = 0; c < s.cols; ++c) {
        const auto i = static_cast<size_t>(r * s.cols + c);
        loss += static_cast<double>(t[i]) * (lse - static_cast<double>(x[i]));
        total += static_cast<double>(t[i]);
      }
      want_loss.push_back(loss);
      for (int64_t c = 0; c < s.cols; ++c) {
        const auto i = static_cast<size_t>(r * s.cols + c);
        const double p = std::exp(static_cast<double>(x[i]) - lse);
        want_dx.push_back(static_cast<double>(dloss[static_cast<size_t>(r)]) *
                          (p * total - static_cast<double>(t[i])));
      }
    }
    const auto rows = static_cast<size_t>(s.rows);
    std::vector<T> loss(rows), lse(rows), dx(x.size());
    NRT_ASSERT_OK(nrt_softmax_xent_dense_fwd(ctx(), Code<T>::value, addr(loss), addr(lse), addr(x),
                                             addr(t), s.rows, s.cols));
    NRT_ASSERT_OK(nrt_softmax_xent_dense_bwd(ctx(), Code<T>::value, addr(dx), addr(dloss), addr(x),
                                             addr(lse), addr(t), s.rows, s.cols));
    SCOPED_TRACE(testing::Message() << s.rows << " x " << s.cols);
    expect_close(loss, want_loss, tolerance, tolerance);
    expect_close(dx, want_dx, tolerance, tolerance);
  }
}

TEST(SoftmaxXentTest, Float32DenseTargetsMatchTheReference) { dense_matches<float>(5e-6); }
TEST(SoftmaxXentTest, Float64DenseTargetsMatchTheReference) { dense_matches<double>(1e-13); }

TEST(SoftmaxXentTest, OneHotTargetsGiveTheLossOfLabels) {
  const auto x = uniform<double>(40 * 12, 5, -4, 4);
  std::vector<int64_t> target;
  std::vector<double> hot(40 * 12), loss(40), dense(40), lse(40);
  for (size_t r = 0; r < 40; ++r) {
    target.push_back(static_cast<int64_t>(r * 5 % 12));
    hot[r * 12 + r * 5 % 12] = 1;
  }
  NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT64, addr(loss), addr(lse), addr(x), addr(target),
                                     40, 12, 0, kIgnore));
  NRT_ASSERT_OK(nrt_softmax_xent_dense_fwd(ctx(), NRT_FLOAT64, addr(dense), addr(lse), addr(x),
                                           addr(hot), 40, 12));
  expect_close(dense, loss, 1e-13, 1e-14);
}

TEST(SoftmaxXentTest, LargeLogitsStayFinite) {
  for (int64_t cols : {10, 100}) {
    std::vector<float> x(static_cast<size_t>(cols), -10000.0f), dx(x.size());
    x[3] = 10000.0f;
    std::vector<float> loss(1), lse(1);
    const std::vector<float> dloss{1};
    std::vector<int64_t> label{3};
    NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(label),
                                       1, cols, 0, kIgnore));
    EXPECT_EQ(0.0f, loss[0]);
    label[0] = 4;
    NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(label),
                                       1, cols, 0, kIgnore));
    EXPECT_EQ(20000.0f, loss[0]);
    NRT_ASSERT_OK(nrt_softmax_xent_bwd(ctx(), NRT_FLOAT32, addr(dx), addr(dloss), addr(x), addr(lse),
                                       addr(label), 1, cols, 0, kIgnore));
    EXPECT_EQ(1.0f, dx[3]);
    EXPECT_EQ(-1.0f, dx[4]);
    EXPECT_EQ(0.0f, dx[5]);
  }
}

TEST(SoftmaxXentTest, AnIgnoredRowHasNoGradientEvenWhenItHoldsNan) {
  for (int64_t cols : {10, 100}) {
    const std::vector<float> x(static_cast<size_t>(cols), std::nanf(""));
    std::vector<float> dx(x.size(), 5.0f), loss(1), lse(1);
    const std::vector<float> dloss{1};
    const std::vector<int64_t> label{kIgnore};
    NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(label),
                                       1, cols, 0.1, kIgnore));
    EXPECT_EQ(0.0f, loss[0]);
    NRT_ASSERT_OK(nrt_softmax_xent_bwd(ctx(), NRT_FLOAT32, addr(dx), addr(dloss), addr(x), addr(lse),
                                       addr(label), 1, cols, 0.1, kIgnore));
    EXPECT_EQ(std::vector<float>(x.size(), 0.0f), dx);
  }
}

TEST(SoftmaxXentTest, NanInALogitShowsInTheLoss) {
  for (int64_t cols : {10, 100}) {
    std::vector<float> x(static_cast<size_t>(cols), 1.0f), loss(1), lse(1);
    x[7] = std::nanf("");
    const std::vector<int64_t> label{0};
    NRT_ASSERT_OK(nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(label),
                                       1, cols, 0, kIgnore));
    EXPECT_TRUE(std::isnan(loss[0]));
  }
}

TEST(SoftmaxXentTest, ALabelOutOfRangeIsNamedWithItsRow) {
  const std::vector<float> x(30, 0.0f), dloss(3, 1.0f);
  std::vector<float> loss(3), lse(3), dx(30);
  const std::vector<int64_t> high{1, 10, 2}, low{1, kIgnore, -1};
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_softmax_xent_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(high), 3, 10,
                                 0, kIgnore));
  EXPECT_STREQ("label 10 at row 1 is outside [0, 10)", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_softmax_xent_bwd(ctx(), NRT_FLOAT32, addr(dx), addr(dloss), addr(x), addr(lse),
                                 addr(low), 3, 10, 0, kIgnore));
  EXPECT_STREQ("label -1 at row 2 is outside [0, 10)", nrt_last_error());
}

TEST(SoftmaxXentTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  for (const Size s : {Size{20011, 10}, Size{301, 1000}}) {
    const auto x = uniform<float>(s.rows * s.cols, 1, -9, 9), dloss = uniform<float>(s.rows, 2);
    const auto target = labels(s);
    const auto run = [&](nrt_ctx c) {
      std::vector<float> out(static_cast<size_t>(s.rows)), lse(out.size()), dx(x.size());
      EXPECT_EQ(NRT_OK, nrt_softmax_xent_fwd(c, NRT_FLOAT32, addr(out), addr(lse), addr(x),
                                             addr(target), s.rows, s.cols, 0.1, kIgnore));
      EXPECT_EQ(NRT_OK, nrt_softmax_xent_bwd(c, NRT_FLOAT32, addr(dx), addr(dloss), addr(x), addr(lse),
                                             addr(target), s.rows, s.cols, 0.1, kIgnore));
      out.insert(out.end(), dx.begin(), dx.end());
      return out;
    };
    EXPECT_EQ(run(one), run(two));
  }
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(SoftmaxXentTest, WrongArgumentsAreRefused) {
  std::vector<float> x(4);
  const std::vector<int64_t> label{0, 1};
  const auto call = [&](int32_t dtype, nrt_ptr loss, nrt_ptr in, nrt_ptr ids, int64_t rows) {
    return nrt_softmax_xent_fwd(ctx(), dtype, loss, addr(x), in, ids, rows, 2, 0, kIgnore);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_INT32, addr(x), addr(x), addr(label), 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, 0, addr(x), addr(label), 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, addr(x), 0, addr(label), 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, addr(x), addr(x), 0, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, addr(x), addr(x), addr(label), -2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_softmax_xent_dense_fwd(ctx(), NRT_FLOAT32, addr(x), addr(x), addr(x), 0, 2, 2));
}

}  // namespace
