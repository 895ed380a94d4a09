#include "ops/batch_norm/batch_norm.h"

#include <cmath>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Size {
  int64_t rows, channels;
};
const Size kSizes[] = {{1, 1},    {1, 5},    {2, 3},      {7, 1},   {97, 3},   {1031, 8},
                       {63, 64},  {65, 65},  {300, 257},  {64, 0},  {131, 31}, {40009, 3},
                       {2053, 64}, {100003, 1}};
constexpr double kEps = 1e-3;

std::vector<double> to_double(const std::vector<float>& v) { return {v.begin(), v.end()}; }
std::vector<double> to_double(const std::vector<double>& v) { return v; }

// The naive reference, in double.
struct Reference {
  std::vector<double> y, mean, var, rstd, dx, dgamma, dbeta;
};

template <typename T>
Reference reference(const Size& s, const std::vector<T>& x, const std::vector<T>& gamma,
                    const std::vector<T>& beta, const std::vector<T>& dy) {
  Reference r;
  const auto channels = static_cast<size_t>(s.channels), rows = static_cast<size_t>(s.rows);
  r.y.resize(x.size());
  r.dx.resize(x.size());
  for (size_t c = 0; c < channels; ++c) {
    const double n = static_cast<double>(rows);
    double mean = 0, var = 0, sum = 0, product = 0;
    for (size_t i = 0; i < rows; ++i) mean += static_cast<double>(x[i * channels + c]) / n;
    for (size_t i = 0; i < rows; ++i) {
      var += std::pow(static_cast<double>(x[i * channels + c]) - mean, 2) / n;
    }
    const double rstd = 1 / std::sqrt(var + kEps), g = static_cast<double>(gamma[c]);
    for (size_t i = 0; i < rows; ++i) {
      const double hat = (static_cast<double>(x[i * channels + c]) - mean) * rstd;
      r.y[i * channels + c] = g * hat + static_cast<double>(beta[c]);
      sum += static_cast<double>(dy[i * channels + c]);
      product += static_cast<double>(dy[i * channels + c]) * hat;
    }
    for (size_t i = 0; i < rows; ++i) {
      const double hat = (static_cast<double>(x[i * channels + c]) - mean) * rstd;
      r.dx[i * channels + c] =
          g * rstd * (static_cast<double>(dy[i * channels + c]) - sum / n - hat * product / n);
    }
    r.mean.push_back(mean);
    r.var.push_back(var);
    r.rstd.push_back(rstd);
    r.dgamma.push_back(product);
    r.dbeta.push_back(sum);
  }
  return r;
}

template <typename T>
class BatchNorm : public ::testing::Test {
 protected:
  struct Forward {
    std::vector<T> y, mean, var, rstd;
  };
  static constexpr double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-11;

  static Forward forward(const Size& s, const std::vector<T>& x, const std::vector<T>* gamma,
                         const std::vector<T>* beta, nrt_ctx context = ctx()) {
    const auto c = static_cast<size_t>(s.channels);
    Forward f = {std::vector<T>(x.size()), std::vector<T>(c), std::vector<T>(c), std::vector<T>(c)};
    EXPECT_EQ(NRT_OK, nrt_batch_norm_fwd(context, Code<T>::value, addr(f.y), addr(f.mean),
                                         addr(f.var), addr(f.rstd), addr(x),
                                         gamma ? addr(*gamma) : 0, beta ? addr(*beta) : 0, 0,
                                         s.rows, s.channels, kEps, 0))
        << nrt_last_error();
    return f;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(BatchNorm, Types);

TYPED_TEST(BatchNorm, ForwardAndBackwardFollowTheFormulas) {
  for (const Size& s : kSizes) {
    SCOPED_TRACE(testing::Message() << s.rows << " x " << s.channels);
    const auto x = uniform<TypeParam>(s.rows * s.channels, 1, -2, 5);
    const auto dy = uniform<TypeParam>(s.rows * s.channels, 2);
    const auto gamma = uniform<TypeParam>(s.channels, 3, 0.5, 2);
    const auto beta = uniform<TypeParam>(s.channels, 4);
    const Reference want = reference(s, x, gamma, beta, dy);
    const auto f = this->forward(s, x, &gamma, &beta);
    expect_close(f.mean, want.mean, this->tolerance, this->tolerance);
    expect_close(f.var, want.var, this->tolerance, this->tolerance);
    expect_close(f.rstd, want.rstd, this->tolerance, this->tolerance);
    expect_close(f.y, want.y, this->tolerance, this->tolerance);
    std::vector<TypeParam> dx(x.size()), dgamma(gamma.size()), dbeta(gamma.size());
    NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<TypeParam>::value, addr(dx), addr(dgamma),
                                     addr(dbeta), 0, addr(dy), addr(x), 0, addr(gamma), 0,
                                     addr(f.mean), addr(f.rstd), s.rows, s.channels, 0));
    // A channel of one or two rows has rstd near 30: its gradient is a difference of large terms.
    const double loose = this->tolerance * (s.rows < 8 ? 100 : 1);
    expect_close(dx, want.dx, loose, loose);
    const double sums = this->tolerance * std::sqrt(static_cast<double>(s.rows));
    expect_close(dgamma, want.dgamma, loose, sums);
    expect_close(dbeta, want.dbeta, loose, sums);
  }
}

TYPED_TEST(BatchNorm, GammaAndBetaMayBeAbsent) {
  const Size s = {50, 7};
  const auto x = uniform<TypeParam>(350, 1), dy = uniform<TypeParam>(350, 2);
  const std::vector<TypeParam> ones(7, TypeParam(1)), zeros(7);
  const auto f = this->forward(s, x, nullptr, nullptr), g = this->forward(s, x, &ones, &zeros);
  EXPECT_EQ(g.y, f.y);
  std::vector<TypeParam> dx(350), want(350);
  NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<TypeParam>::value, addr(dx), 0, 0, 0, addr(dy),
                                   addr(x), 0, 0, 0, addr(f.mean), addr(f.rstd), 50, 7, 0));
  NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<TypeParam>::value, addr(want), 0, 0, 0, addr(dy),
                                   addr(x), 0, addr(ones), 0, addr(f.mean), addr(f.rstd), 50, 7, 0));
  EXPECT_EQ(want, dx);
}

TYPED_TEST(BatchNorm, AFarMeanDoesNotSpoilTheVariance) {
  const Size s = {50000, 2};
  auto x = uniform<TypeParam>(100000, 1, -1, 1);
  for (auto& v : x) v += TypeParam(4096);  // sum of squares would lose the variance in float
  x[0] = TypeParam(-4096);                 // and a first row that is no typical one
  const std::vector<TypeParam> ones(2, TypeParam(1));
  const Reference want = reference(s, x, ones, ones, x);
  const auto f = this->forward(s, x, &ones, &ones);
  expect_close(f.var, want.var, sizeof(TypeParam) == 4 ? 1e-5 : 1e-10, 0);
  expect_close(f.mean, want.mean, 1e-6, 0);
}

TYPED_TEST(BatchNorm, ConstantChannelsHaveVarianceZero) {
  const Size s = {1000, 3};
  const std::vector<TypeParam> x(3000, TypeParam(0.1));
  const auto f = this->forward(s, x, nullptr, nullptr);
  for (TypeParam v : f.var) EXPECT_NEAR(0, static_cast<double>(v), 1e-15);
  for (TypeParam v : f.y) ASSERT_NEAR(0, static_cast<double>(v), 1e-5);
}

TYPED_TEST(BatchNorm, NoRowsGiveFiniteStatistics) {
  const auto f = this->forward({0, 4}, {}, nullptr, nullptr);
  for (TypeParam v : f.mean) EXPECT_EQ(TypeParam(0), v);
  for (TypeParam v : f.var) EXPECT_EQ(TypeParam(0), v);
  for (TypeParam v : f.rstd) EXPECT_TRUE(std::isfinite(v));
  std::vector<TypeParam> dgamma(4, TypeParam(9)), none;
  NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<TypeParam>::value, addr(none), addr(dgamma), 0, 0,
                                   addr(none), addr(none), 0, 0, 0, addr(f.mean), addr(f.rstd), 0, 4,
                                   0));
  EXPECT_EQ(std::vector<TypeParam>(4), dgamma);
}

TYPED_TEST(BatchNorm, NanReachesTheStatisticsOfItsChannelOnly) {
  auto x = uniform<TypeParam>(300, 1);
  x[31] = TypeParam(NAN);  // row 10, channel 1
  const auto f = this->forward({100, 3}, x, nullptr, nullptr);
  EXPECT_TRUE(std::isnan(f.mean[1]) && std::isnan(f.var[1]));
  EXPECT_TRUE(std::isfinite(f.mean[0]) && std::isfinite(f.mean[2]));
}

TYPED_TEST(BatchNorm, InferenceUsesTheGivenStatistics) {
  for (const Size& s : kSizes) {
    const auto x = uniform<TypeParam>(s.rows * s.channels, 1), dy = uniform<TypeParam>(s.rows * s.channels, 2);
    const auto gamma = uniform<TypeParam>(s.channels, 3), beta = uniform<TypeParam>(s.channels, 4);
    const auto mean = uniform<TypeParam>(s.channels, 5), var = uniform<TypeParam>(s.channels, 6, 0.5, 2);
    std::vector<TypeParam> y(x.size()), dx(x.size()), dgamma(gamma.size()), dbeta(gamma.size());
    NRT_ASSERT_OK(nrt_batch_norm_infer_fwd(ctx(), Code<TypeParam>::value, addr(y), addr(x),
                                           addr(gamma), addr(beta), addr(mean), addr(var), 0,
                                           s.rows, s.channels, kEps, 0));
    NRT_ASSERT_OK(nrt_batch_norm_infer_bwd(ctx(), Code<TypeParam>::value, addr(dx), addr(dgamma),
                                           addr(dbeta), addr(dy), addr(x), addr(gamma), addr(mean),
                                           addr(var), s.rows, s.channels, kEps));
    std::vector<double> want_y, want_dx, want_dgamma(gamma.size()), want_dbeta(gamma.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t c = i % gamma.size();
      const double rstd = 1 / std::sqrt(static_cast<double>(var[c]) + kEps);
      const double hat = (static_cast<double>(x[i]) - static_cast<double>(mean[c])) * rstd;
      const double g = static_cast<double>(dy[i]), scale = static_cast<double>(gamma[c]);
      want_y.push_back(scale * hat + static_cast<double>(beta[c]));
      want_dx.push_back(g * scale * rstd);
      want_dgamma[c] += g * hat;
      want_dbeta[c] += g;
    }
    const double sums = this->tolerance * std::sqrt(static_cast<double>(s.rows));
    expect_close(y, want_y, this->tolerance, this->tolerance);
    expect_close(dx, want_dx, this->tolerance, this->tolerance);
    expect_close(dgamma, want_dgamma, this->tolerance, sums);
    expect_close(dbeta, want_dbeta, this->tolerance, sums);
  }
}

TYPED_TEST(BatchNorm, UpdateMovesTheAverages) {
  std::vector<TypeParam> moving_mean = {1, 2}, moving_var = {3, 4};
  const std::vector<TypeParam> mean = {5, 6}, var = {8, 16};
  NRT_ASSERT_OK(nrt_batch_norm_update(ctx(), Code<TypeParam>::value, addr(moving_mean),
                                      addr(moving_var), addr(mean), addr(var), 2, 0.75, 1.5));
  EXPECT_EQ((std::vector<double>{2, 3}), to_double(moving_mean));
  EXPECT_EQ((std::vector<double>{5.25, 9}), to_double(moving_var));
}

TYPED_TEST(BatchNorm, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  for (const Size& s : {Size{30011, 5}, Size{3001, 130}}) {
    const auto x = uniform<TypeParam>(s.rows * s.channels, 1), dy = uniform<TypeParam>(s.rows * s.channels, 2);
    const auto f = this->forward(s, x, nullptr, nullptr, one), g = this->forward(s, x, nullptr, nullptr, many);
    EXPECT_EQ(f.y, g.y);
    EXPECT_EQ(f.var, g.var);
    const auto c = static_cast<size_t>(s.channels);
    std::vector<TypeParam> dx(x.size()), dx2(x.size()), dgamma(c), dgamma2(c);
    NRT_ASSERT_OK(nrt_batch_norm_bwd(one, Code<TypeParam>::value, addr(dx), addr(dgamma), 0, 0,
                                     addr(dy), addr(x), 0, 0, 0, addr(f.mean), addr(f.rstd), s.rows,
                                     s.channels, 0));
    NRT_ASSERT_OK(nrt_batch_norm_bwd(many, Code<TypeParam>::value, addr(dx2), addr(dgamma2), 0, 0,
                                     addr(dy), addr(x), 0, 0, 0, addr(f.mean), addr(f.rstd), s.rows,
                                     s.channels, 0));
    EXPECT_EQ(dx, dx2);
    EXPECT_EQ(dgamma, dgamma2);
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

// The fused forms against the plain one with the same steps in single loops.
TYPED_TEST(BatchNorm, AResidualAndAReluBehindItAreFused) {
  using T = TypeParam;
  for (const Size& s : kSizes) {
    SCOPED_TRACE(testing::Message() << s.rows << " x " << s.channels);
    const int64_t n = s.rows * s.channels;
    const auto x = uniform<T>(n, 1, -2, 5), dy = uniform<T>(n, 2), residual = uniform<T>(n, 5);
    const auto gamma = uniform<T>(s.channels, 3, 0.5, 2), beta = uniform<T>(s.channels, 4);
    const auto plain = this->forward(s, x, &gamma, &beta);
    for (const bool with_residual : {false, true}) {
      for (const int32_t relu : {0, 1}) {
        auto want = plain.y;
        auto masked = dy;
        for (size_t i = 0; i < want.size(); ++i) {
          if (with_residual) want[i] += residual[i];
          if (relu == 1 && want[i] <= 0) masked[i] = want[i] = 0;
        }
        const nrt_ptr r = with_residual ? addr(residual) : 0;
        auto f = plain;
        NRT_ASSERT_OK(nrt_batch_norm_fwd(ctx(), Code<T>::value, addr(f.y), addr(f.mean), addr(f.var),
                                         addr(f.rstd), addr(x), addr(gamma), addr(beta), r, s.rows,
                                         s.channels, kEps, relu));
        EXPECT_EQ(want, f.y);
        std::vector<T> inferred(x.size()), dz(x.size()), dx(x.size()), want_dx(x.size());
        NRT_ASSERT_OK(nrt_batch_norm_infer_fwd(ctx(), Code<T>::value, addr(inferred), addr(x),
                                               addr(gamma), addr(beta), addr(f.mean), addr(f.var), r,
                                               s.rows, s.channels, kEps, relu));
        EXPECT_EQ(want, inferred);
        std::vector<T> dgamma(gamma.size()), dbeta(gamma.size()), want_dgamma(dgamma), want_dbeta(dbeta);
        const bool joined = with_residual && relu == 1;
        NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<T>::value, addr(dx), addr(dgamma), addr(dbeta),
                                         joined ? addr(dz) : 0, addr(dy), addr(x),
                                         joined ? addr(f.y) : 0, addr(gamma), addr(beta),
                                         addr(f.mean), addr(f.rstd), s.rows, s.channels,
                                         relu));
        NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<T>::value, addr(want_dx), addr(want_dgamma),
                                         addr(want_dbeta), 0, addr(masked), addr(x), 0, addr(gamma), 0,
                                         addr(f.mean), addr(f.rstd), s.rows, s.channels, 0));
        const double near = sizeof(T) == 4 ? 1e-5 : 1e-13;  // the compiler may round a product or not
        expect_close(dx, to_double(want_dx), near, near);
        expect_close(dgamma, to_double(want_dgamma), near, near);
        expect_close(dbeta, to_double(want_dbeta), near, near);
        if (joined) {
          EXPECT_EQ(masked, dz);
        }
      }
    }
  }
}

TYPED_TEST(BatchNorm, ResultsLargerThanTheCachesAreTheSame) {
  using T = TypeParam;
  const Size s = {24001, 96};  // 9 MB of float
  const auto x = uniform<T>(s.rows * s.channels, 1), gamma = uniform<T>(96, 2), beta = uniform<T>(96, 3);
  const auto f = this->forward(s, x, &gamma, &beta);
  std::vector<T> dx(x.size());
  NRT_ASSERT_OK(nrt_batch_norm_bwd(ctx(), Code<T>::value, addr(dx), 0, 0, 0, addr(f.y), addr(x), 0, 0,
                                   0, addr(f.mean), addr(f.rstd), s.rows, s.channels, 0));
  const Reference want = reference(s, x, std::vector<T>(96, T(1)), beta, f.y);
  expect_close(dx, want.dx, this->tolerance, this->tolerance);
  expect_close(f.y, reference(s, x, gamma, beta, x).y, this->tolerance, this->tolerance);
}

TEST(BatchNormErrors, WrongArgumentsAreRefused) {
  std::vector<float> x(6), c(3);
  const nrt_ptr p = addr(x), q = addr(c);
  const auto run = [&](int32_t dtype, nrt_ptr y, nrt_ptr mean, int64_t rows, int64_t channels) {
    return nrt_batch_norm_fwd(ctx(), dtype, y, mean, q, q, p, 0, 0, 0, rows, channels, 1e-3, 0);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, p, q, 2, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, q, 2, 3));
  EXPECT_STREQ("batch_norm: y is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, 0, 2, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, q, -2, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, q, INT64_MAX / 2, 3));
}

}  // namespace
