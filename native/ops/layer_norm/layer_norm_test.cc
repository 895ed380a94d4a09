#include "ops/layer_norm/layer_norm.h"

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
  int64_t batch, positions, groups, width;
  size_t elements() const { return static_cast<size_t>(batch * positions * groups * width); }
  size_t channels() const { return static_cast<size_t>(groups * width); }
  size_t statistics() const { return static_cast<size_t>(batch * groups); }
};

const Size kSizes[] = {
    {1, 1, 1, 1},     {1, 1, 1, 7},    {5, 1, 1, 13},   {67, 1, 1, 4},    {131, 1, 1, 64},  {3, 1, 1, 5003},
    {900, 1, 1, 37},  {7, 1, 3, 5},    {2, 9, 2, 2},    {3, 1031, 3, 1},  {2, 67, 1, 61},   {1, 4099, 2, 16},
    {2, 131, 64, 1},  {1, 20011, 1, 3}, {5, 2, 1, 1},   {2, 33, 5, 29},   {0, 4, 2, 3},     {4, 0, 2, 3},
    {4, 3, 0, 3},     {4, 3, 2, 0},    {0, 1, 1, 5},    {3, 1, 1, 0},
};
constexpr double kEps = 1e-3;

struct Reference {
  std::vector<double> y, mean, rstd, dx, dgamma, dbeta;
};

template <typename T>
double number(const std::vector<T>& v, size_t i, double otherwise) {
  return v.empty() ? otherwise : static_cast<double>(v[i]);
}

// The naive reference, in double; gamma and beta may be empty.
template <typename T>
Reference reference(const Size& s, const std::vector<T>& x, const std::vector<T>& gamma,
                    const std::vector<T>& beta, const std::vector<T>& dy, double correction, bool centred) {
  Reference r;
  r.y.resize(x.size());
  r.dx.resize(x.size());
  r.dgamma.resize(s.channels());
  r.dbeta.resize(s.channels());
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t g = 0; g < s.groups; ++g) {
      std::vector<size_t> at, channel;
      for (int64_t p = 0; p < s.positions; ++p) {
        for (int64_t w = 0; w < s.width; ++w) {
          at.push_back(static_cast<size_t>(((b * s.positions + p) * s.groups + g) * s.width + w));
          channel.push_back(static_cast<size_t>(g * s.width + w));
        }
      }
      const double n = static_cast<double>(at.size());
      double mean = 0, squares = 0, sum = 0, product = 0;
      for (size_t i : at) mean += centred ? static_cast<double>(x[i]) / n : 0;
      for (size_t i : at) squares += std::pow(static_cast<double>(x[i]) - mean, 2);
      const double rstd = 1 / std::sqrt(squares / (n - correction) + kEps);
      for (size_t k = 0; k < at.size(); ++k) {
        const double hat = (static_cast<double>(x[at[k]]) - mean) * rstd, up = static_cast<double>(dy[at[k]]);
        const double weight = number(gamma, channel[k], 1);
        r.y[at[k]] = weight * hat + number(beta, channel[k], 0);
        r.dgamma[channel[k]] += up * hat;
        r.dbeta[channel[k]] += up;
        sum += centred ? up * weight : 0;
        product += up * weight * hat;
      }
      for (size_t k = 0; k < at.size(); ++k) {
        const double hat = (static_cast<double>(x[at[k]]) - mean) * rstd, up = static_cast<double>(dy[at[k]]);
        r.dx[at[k]] = rstd * (up * number(gamma, channel[k], 1) - sum / n - hat * product / (n - correction));
      }
      r.mean.push_back(mean);
      r.rstd.push_back(rstd);
    }
  }
  return r;
}

template <typename T>
class LayerNorm : public ::testing::Test {
 protected:
  struct Result {
    std::vector<T> y, mean, rstd, dx, dgamma, dbeta;
  };
  static constexpr double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-11;

  // Forward and backward; empty gamma or beta are not given.
  static Result run(const Size& s, const std::vector<T>& x, const std::vector<T>& gamma,
                    const std::vector<T>& beta, const std::vector<T>& dy, double correction = 0,
                    bool centred = true, nrt_ctx context = ctx()) {
    Result r = {std::vector<T>(x.size()),     std::vector<T>(s.statistics()), std::vector<T>(s.statistics()),
                std::vector<T>(x.size()),     std::vector<T>(s.channels()),   std::vector<T>(s.channels())};
    const nrt_ptr mean = centred ? addr(r.mean) : 0;
    EXPECT_EQ(NRT_OK, nrt_layer_norm_fwd(context, Code<T>::value, addr(r.y), mean, addr(r.rstd), addr(x),
                                         gamma.empty() ? 0 : addr(gamma), beta.empty() ? 0 : addr(beta),
                                         s.batch, s.positions, s.groups, s.width, kEps, correction, centred))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_layer_norm_bwd(context, Code<T>::value, addr(r.dx), addr(r.dgamma), addr(r.dbeta),
                                         addr(dy), addr(x), gamma.empty() ? 0 : addr(gamma), mean,
                                         addr(r.rstd), s.batch, s.positions, s.groups, s.width, correction,
                                         centred))
        << nrt_last_error();
    return r;
  }

  static void compare(const Size& s, double correction, bool centred, bool affine) {
    SCOPED_TRACE(testing::Message() << s.batch << " x " << s.positions << " x " << s.groups << " x " << s.width
                                    << " correction " << correction << " centred " << centred << " affine " << affine);
    const auto n = static_cast<int64_t>(s.elements()), c = static_cast<int64_t>(s.channels());
    const auto x = uniform<T>(n, 1, -2, 5), dy = uniform<T>(n, 2);
    const auto gamma = affine ? uniform<T>(c, 3, 0.5, 2) : std::vector<T>();
    const auto beta = affine ? uniform<T>(c, 4) : std::vector<T>();
    const Reference want = reference(s, x, gamma, beta, dy, correction, centred);
    const Result got = run(s, x, gamma, beta, dy, correction, centred);
    // Few values may lie close together: rstd is then near 30 and the gradient a difference of large terms.
    const double loose = tolerance * (s.positions * s.width < 16 ? 100 : 4);
    expect_close(got.y, want.y, loose, loose);
    expect_close(got.dx, want.dx, loose, loose);
    const double sums = loose * std::sqrt(static_cast<double>(s.batch * s.positions) + 1);
    expect_close(got.dgamma, want.dgamma, loose, sums);
    expect_close(got.dbeta, want.dbeta, loose, sums);
    if (s.positions * s.width > 0) {
      if (centred) expect_close(got.mean, want.mean, tolerance, tolerance);
      expect_close(got.rstd, want.rstd, loose, loose);
    }
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(LayerNorm, Types);

TYPED_TEST(LayerNorm, FollowsTheFormulas) {
  for (const Size& s : kSizes) {
    this->compare(s, 0, true, true);
    this->compare(s, 0, true, false);
    this->compare(s, 0, false, true);
  }
}

TYPED_TEST(LayerNorm, DividesByOneLessWhenCorrected) {
  this->compare({5, 1, 1, 13}, 1, true, true);
  this->compare({2, 67, 2, 3}, 1, true, true);
}

TYPED_TEST(LayerNorm, GammaAloneAndBetaAloneAreEnough) {
  for (const Size& s : {Size{5, 1, 2, 7}, Size{2, 9, 2, 7}}) {
    const auto n = static_cast<int64_t>(s.elements());
    const auto x = uniform<TypeParam>(n, 1), dy = uniform<TypeParam>(n, 2), weights = uniform<TypeParam>(14, 3);
    const std::vector<TypeParam> ones(14, TypeParam(1)), zeros(14);
    const auto scaled = this->run(s, x, weights, zeros, dy).y, moved = this->run(s, x, ones, weights, dy).y;
    expect_close(this->run(s, x, weights, {}, dy).y, {scaled.begin(), scaled.end()}, 1e-6, 1e-6);
    expect_close(this->run(s, x, {}, weights, dy).y, {moved.begin(), moved.end()}, 1e-6, 1e-6);
  }
}

TYPED_TEST(LayerNorm, AFarMeanDoesNotSpoilTheVariance) {
  for (const Size& s : {Size{2, 1, 1, 20000}, Size{2, 10000, 1, 2}}) {
    auto x = uniform<TypeParam>(40000, 1);
    for (auto& v : x) v += TypeParam(4096);  // a sum of squares would lose the variance in float
    const Reference want = reference(s, x, {}, {}, x, 0, true);
    const auto got = this->run(s, x, {}, {}, x);
    expect_close(got.rstd, want.rstd, sizeof(TypeParam) == 4 ? 1e-5 : 1e-10, 0);
    expect_close(got.mean, want.mean, 1e-6, 0);
  }
}

TYPED_TEST(LayerNorm, ConstantValuesBecomeBeta) {
  for (const Size& s : {Size{3, 1, 1, 10}, Size{3, 5, 1, 2}}) {
    const std::vector<TypeParam> x(30, TypeParam(0.1)), none;
    for (TypeParam v : this->run(s, x, none, none, x).y) ASSERT_NEAR(0, static_cast<double>(v), 1e-5);
  }
}

TYPED_TEST(LayerNorm, NanStaysInItsGroup) {
  for (const Size& s : {Size{4, 1, 1, 25}, Size{4, 25, 1, 1}}) {
    auto x = uniform<TypeParam>(100, 1);
    x[30] = TypeParam(NAN);  // sample 1
    const auto r = this->run(s, x, {}, {}, x);
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(i / 25 == 1, std::isnan(r.y[i])) << i;
  }
}

TYPED_TEST(LayerNorm, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  for (const Size& s : {Size{3001, 1, 1, 37}, Size{2, 8009, 2, 3}}) {
    const auto n = static_cast<int64_t>(s.elements());
    const auto x = uniform<TypeParam>(n, 1), dy = uniform<TypeParam>(n, 2);
    const auto gamma = uniform<TypeParam>(static_cast<int64_t>(s.channels()), 3);
    const auto f = this->run(s, x, gamma, {}, dy, 0, true, one), g = this->run(s, x, gamma, {}, dy, 0, true, many);
    EXPECT_EQ(f.y, g.y);
    EXPECT_EQ(f.dx, g.dx);
    EXPECT_EQ(f.dgamma, g.dgamma);
    EXPECT_EQ(f.dbeta, g.dbeta);
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(LayerNormErrors, WrongArgumentsAreRefused) {
  std::vector<float> x(6), c(3);
  const nrt_ptr p = addr(x), q = addr(c);
  const auto run = [&](int32_t dtype, nrt_ptr y, nrt_ptr mean, int64_t batch, int64_t width, double correction) {
    return nrt_layer_norm_fwd(ctx(), dtype, y, mean, q, p, 0, 0, batch, 1, 1, width, 1e-3, correction, 1);
  };
  EXPECT_EQ(NRT_OK, run(NRT_FLOAT32, p, q, 2, 3, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, p, q, 2, 3, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, q, 2, 3, 0));
  EXPECT_STREQ("layer_norm: y is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, 0, 2, 3, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, q, -2, 3, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, q, INT64_MAX / 2, 3, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, q, 2, 3, -1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_layer_norm_bwd(ctx(), NRT_FLOAT32, p, 0, 0, 0, p, 0, q, q, 2, 1, 1, 3, 0, 1));
  EXPECT_STREQ("layer_norm: dy is null", nrt_last_error());
}

}  // namespace
