#include "ops/unary/unary.h"

#include <functional>
#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Op {
  int32_t code;
  const char* name;
  std::function<double(double)> f;
  double low, high;  // where it is tested
  double p0 = 0, p1 = 0, p2 = 0, p3 = 0;
  std::vector<double> kinks = {};  // where no derivative exists
  double minus_infinity = 0, plus_infinity = 0;  // limits, for activations
};

double clamp(double x, double low, double high) { return std::min(std::max(x, low), high); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double cdf(double x) { return 0.5 * std::erfc(-x * std::sqrt(0.5)); }

// psi by the definition's limit: a difference of log-gamma is enough as a reference.
double digamma(double x) {
  double shift = 0;
  for (; x < 300; x += 1) shift -= 1 / x;
  return shift + std::log(x) - 0.5 / x - 1 / (12 * x * x) + 1 / (120 * std::pow(x, 4));
}

std::vector<Op> functions() {
  return {
      {NRT_UNARY_IDENTITY, "identity", [](double x) { return x; }, -5, 5},
      {NRT_UNARY_NEG, "neg", [](double x) { return -x; }, -5, 5},
      {NRT_UNARY_ABS, "abs", [](double x) { return std::fabs(x); }, -5, 5, 0, 0, 0, 0, {0}},
      {NRT_UNARY_EXP, "exp", [](double x) { return std::exp(x); }, -20, 20},
      {NRT_UNARY_EXPM1, "expm1", [](double x) { return std::expm1(x); }, -5, 5},
      {NRT_UNARY_LOG, "log", [](double x) { return std::log(x); }, 0.1, 30},
      {NRT_UNARY_LOG1P, "log1p", [](double x) { return std::log1p(x); }, -0.9, 30},
      {NRT_UNARY_LOG2, "log2", [](double x) { return std::log2(x); }, 0.1, 30},
      {NRT_UNARY_LOG10, "log10", [](double x) { return std::log10(x); }, 0.1, 30},
      {NRT_UNARY_SQRT, "sqrt", [](double x) { return std::sqrt(x); }, 0.1, 30},
      {NRT_UNARY_RSQRT, "rsqrt", [](double x) { return 1 / std::sqrt(x); }, 0.1, 30},
      {NRT_UNARY_RECIPROCAL, "reciprocal", [](double x) { return 1 / x; }, 0.1, 5},
      {NRT_UNARY_SQUARE, "square", [](double x) { return x * x; }, -5, 5},
      {NRT_UNARY_SIN, "sin", [](double x) { return std::sin(x); }, -9, 9},
      {NRT_UNARY_COS, "cos", [](double x) { return std::cos(x); }, -9, 9},
      {NRT_UNARY_TAN, "tan", [](double x) { return std::tan(x); }, -1.4, 1.4},
      {NRT_UNARY_ASIN, "asin", [](double x) { return std::asin(x); }, -0.95, 0.95},
      {NRT_UNARY_ACOS, "acos", [](double x) { return std::acos(x); }, -0.95, 0.95},
      {NRT_UNARY_ATAN, "atan", [](double x) { return std::atan(x); }, -9, 9},
      {NRT_UNARY_SINH, "sinh", [](double x) { return std::sinh(x); }, -5, 5},
      {NRT_UNARY_COSH, "cosh", [](double x) { return std::cosh(x); }, -5, 5},
      {NRT_UNARY_ASINH, "asinh", [](double x) { return std::asinh(x); }, -5, 5},
      {NRT_UNARY_ACOSH, "acosh", [](double x) { return std::acosh(x); }, 1.1, 9},
      {NRT_UNARY_ATANH, "atanh", [](double x) { return std::atanh(x); }, -0.9, 0.9},
      {NRT_UNARY_ERF, "erf", [](double x) { return std::erf(x); }, -4, 4},
      {NRT_UNARY_ERFC, "erfc", [](double x) { return std::erfc(x); }, -4, 4},
      {NRT_UNARY_SIGN, "sign", [](double x) { return double((x > 0) - (x < 0)); }, -5, 5, 0, 0, 0,
       0, {0}},
      {NRT_UNARY_ROUND, "round", [](double x) { return std::nearbyint(x); }, 0.6, 1.4},
      {NRT_UNARY_FLOOR, "floor", [](double x) { return std::floor(x); }, -1.9, -1.1},
      {NRT_UNARY_CEIL, "ceil", [](double x) { return std::ceil(x); }, -1.9, -1.1},
      {NRT_UNARY_TRUNC, "trunc", [](double x) { return std::trunc(x); }, -1.9, -1.1},
      {NRT_UNARY_CLAMP, "clamp", [](double x) { return clamp(x, -1, 2); }, -5, 5, -1, 2, 0, 0,
       {-1, 2}},
      {NRT_UNARY_POWS, "pow 2.5", [](double x) { return std::pow(x, 2.5); }, 0.1, 5, 2.5},
      {NRT_UNARY_POWS, "pow 2", [](double x) { return x * x; }, -5, 5, 2},
      {NRT_UNARY_POWS, "pow 1", [](double x) { return x; }, -5, 5, 1},
      {NRT_UNARY_POWS, "pow 0", [](double) { return 1.0; }, -5, 5, 0},
      {NRT_UNARY_POWS, "pow -1", [](double x) { return 1 / x; }, 0.1, 5, -1},
      {NRT_UNARY_AFFINE, "affine", [](double x) { return 3 * x - 2; }, -5, 5, 3, -2},
      {NRT_UNARY_LGAMMA, "lgamma", [](double x) { return std::lgamma(x); }, 0.1, 9},
      {NRT_UNARY_DIGAMMA, "digamma", digamma, 0.1, 9},
  };
}

std::vector<Op> activations() {
  const double selu = 1.0507009873554804934, alpha = 1.6732632423543772848;
  return {
      {NRT_UNARY_RELU, "relu", [](double x) { return std::max(x, 0.0); }, -5, 5, 0, 0, 0, 0, {0}, 0,
       kInf},
      {NRT_UNARY_RELU6, "relu6", [](double x) { return clamp(x, 0, 6); }, -9, 9, 0, 0, 0, 0, {0, 6},
       0, 6},
      {NRT_UNARY_LEAKY_RELU, "leaky", [](double x) { return x < 0 ? 0.2 * x : x; }, -5, 5, 0.2, 0, 0,
       0, {0}, -kInf, kInf},
      {NRT_UNARY_ELU, "elu", [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); }, -9, 9, 0.5, 0,
       0, 0, {0}, -0.5, kInf},
      {NRT_UNARY_SELU, "selu",
       [=](double x) { return selu * (x > 0 ? x : alpha * std::expm1(x)); }, -9, 9, 0, 0, 0, 0, {0},
       -selu * alpha, kInf},
      {NRT_UNARY_CELU, "celu", [](double x) { return x > 0 ? x : 0.5 * std::expm1(x / 0.5); }, -9, 9,
       0.5, 0, 0, 0, {0}, -0.5, kInf},
      {NRT_UNARY_GELU, "gelu", [](double x) { return x * cdf(x); }, -9, 9, 0, 0, 0, 0, {}, 0, kInf},
      {NRT_UNARY_GELU_TANH, "gelu tanh",
       [](double x) {
         return x * sigmoid(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
       },
       -6, 6, 0, 0, 0, 0, {}, 0, kInf},
      {NRT_UNARY_SILU, "silu", [](double x) { return x * sigmoid(x); }, -20, 20, 0, 0, 0, 0, {}, 0,
       kInf},
      {NRT_UNARY_SWISH, "swish", [](double x) { return x * sigmoid(1.5 * x); }, -20, 20, 1.5, 0, 0, 0,
       {}, 0, kInf},
      {NRT_UNARY_MISH, "mish", [](double x) { return x * std::tanh(softplus(x)); }, -20, 30, 0, 0, 0,
       0, {}, 0, kInf},
      {NRT_UNARY_SIGMOID, "sigmoid", sigmoid, -30, 30, 0, 0, 0, 0, {}, 0, 1},
      {NRT_UNARY_LOG_SIGMOID, "log sigmoid", [](double x) { return -softplus(-x); }, -30, 30, 0, 0, 0,
       0, {}, -kInf, 0},
      {NRT_UNARY_HARD_SIGMOID, "hard sigmoid", [](double x) { return clamp(0.2 * x + 0.5, 0, 1); },
       -5, 5, 0.2, 0.5, 0, 0, {-2.5, 2.5}, 0, 1},
      {NRT_UNARY_HARD_SWISH, "hard swish", [](double x) { return x * clamp(x / 6 + 0.5, 0, 1); }, -5,
       5, 0, 0, 0, 0, {-3, 3}, 0, kInf},
      {NRT_UNARY_TANH, "tanh", [](double x) { return std::tanh(x); }, -9, 9, 0, 0, 0, 0, {}, -1, 1},
      {NRT_UNARY_HARD_TANH, "hard tanh", [](double x) { return clamp(x, -2, 0.5); }, -5, 5, -2, 0.5,
       0, 0, {-2, 0.5}, -2, 0.5},
      {NRT_UNARY_SMHT, "smht",
       [](double x) {
         return (std::exp(0.5 * x) - std::exp(-x)) / (std::exp(1.5 * x) + std::exp(-1.25 * x));
       },
       -9, 9, 0.5, 1, 1.5, 1.25, {}, 0, 0},
      {NRT_UNARY_SOFTPLUS, "softplus", [](double x) { return softplus(2 * x) / 2; }, -20, 20, 2, 0, 0,
       0, {}, 0, kInf},
      {NRT_UNARY_SOFTSIGN, "softsign", [](double x) { return x / (1 + std::fabs(x)); }, -9, 9, 0, 0,
       0, 0, {}, -1, 1},
      {NRT_UNARY_GAUSSIAN, "gaussian", [](double x) { return std::exp(-x * x); }, -5, 5, 0, 0, 0, 0,
       {}, 0, 0},
      {NRT_UNARY_TANH_SHRINK, "tanh shrink", [](double x) { return x - std::tanh(x); }, -9, 9, 0, 0,
       0, 0, {}, -kInf, kInf},
      {NRT_UNARY_SOFT_SHRINK, "soft shrink",
       [](double x) { return x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0; }, -5, 5, 0.5, 0, 0, 0,
       {-0.5, 0.5}, -kInf, kInf},
      {NRT_UNARY_HARD_SHRINK, "hard shrink", [](double x) { return std::fabs(x) > 0.5 ? x : 0; }, -5,
       5, 0.5, 0, 0, 0, {-0.5, 0.5}, -kInf, kInf},
      {NRT_UNARY_THRESHOLD, "threshold", [](double x) { return x > 0.5 ? x : 2; }, -5, 5, 0.5, 2, 0, 0,
       {0.5}, 2, kInf},
      {NRT_UNARY_SQUAREPLUS, "squareplus", [](double x) { return (x + std::sqrt(x * x + 4)) / 2; },
       -9, 9, 4, 0, 0, 0, {}, 0, kInf},
      {NRT_UNARY_BINARY_STEP, "binary step", [](double x) { return x >= 0.5 ? 1.0 : 0.0; }, -5, 5,
       0.5, 0, 0, 0, {0.5}, 0, 1},
      {NRT_UNARY_RELU_GENERAL, "relu general",
       [](double x) { return x >= 1.5 ? 1.5 : x >= 0.5 ? x : 0.25 * (x - 0.5); }, -5, 5, 0.25, 1.5,
       0.5, 0, {0.5, 1.5}, -kInf, 1.5},
  };
}

std::vector<Op> all() {
  auto ops = functions();
  for (const Op& op : activations()) ops.push_back(op);
  return ops;
}

template <typename T>
std::vector<T> forward(const Op& op, const std::vector<T>& x, nrt_ctx c = ctx()) {
  std::vector<T> y(x.size());
  EXPECT_EQ(NRT_OK, nrt_unary_fwd(c, Code<T>::value, op.code, addr(y), addr(x),
                                  static_cast<int64_t>(x.size()), op.p0, op.p1, op.p2, op.p3));
  return y;
}

template <typename T>
std::vector<T> backward(const Op& op, const std::vector<T>& dy, const std::vector<T>& x) {
  const auto y = forward(op, x);
  std::vector<T> dx(x.size());
  const int32_t needs = nrt_unary_needs(op.code);
  EXPECT_EQ(NRT_OK,
            nrt_unary_bwd(ctx(), Code<T>::value, op.code, addr(dx), addr(dy),
                          needs == 1 ? addr(x) : 0, needs == 2 ? addr(y) : 0,
                          static_cast<int64_t>(x.size()), op.p0, op.p1, op.p2, op.p3));
  return dx;
}

template <typename T>
std::vector<double> reference(const Op& op, const std::vector<T>& x) {
  std::vector<double> want;
  for (T v : x) want.push_back(op.f(static_cast<double>(v)));
  return want;
}

template <typename T>
void matches_reference(double rtol, double atol) {
  for (const Op& op : all()) {
    for (int64_t n : {0, 1, 7, 63, 64, 65, 1000, 100003}) {
      SCOPED_TRACE(testing::Message() << op.name << ", n " << n);
      const auto x = uniform<T>(n, 11, op.low, op.high);
      expect_close(forward(op, x), reference(op, x), rtol, atol);
    }
  }
}

TEST(UnaryTest, Float32MatchesTheReferenceAtEverySize) { matches_reference<float>(2e-6, 4e-7); }
TEST(UnaryTest, Float64MatchesTheReferenceAtEverySize) { matches_reference<double>(1e-13, 4e-14); }

TEST(UnaryTest, DerivativesMatchFiniteDifferences) {
  for (const Op& op : all()) {
    SCOPED_TRACE(op.name);
    std::vector<double> x;
    for (double v : uniform<double>(500, 3, op.low, op.high)) {
      bool smooth = true;
      for (double kink : op.kinks) smooth = smooth && std::fabs(v - kink) > 1e-2;
      if (smooth) x.push_back(v);
    }
    const auto dy = uniform<double>(static_cast<int64_t>(x.size()), 4);
    std::vector<double> want;
    const double h = 1e-3;
    for (size_t i = 0; i < x.size(); ++i) {  // five points, error of order h^4
      const double d = (8 * (op.f(x[i] + h) - op.f(x[i] - h)) - (op.f(x[i] + 2 * h) - op.f(x[i] - 2 * h))) / (12 * h);
      want.push_back(dy[i] * d);
    }
    expect_close(backward(op, dy, x), want, 1e-6, 1e-8);
  }
}

TEST(UnaryTest, Float32DerivativesFollowFloat64) {
  for (const Op& op : all()) {
    SCOPED_TRACE(op.name);
    auto x = uniform<float>(1000, 7, op.low, op.high);
    const auto dy = uniform<float>(1000, 8);
    const std::vector<double> wide(x.begin(), x.end()), wide_dy(dy.begin(), dy.end());
    expect_close(backward(op, dy, x), backward(op, wide_dy, wide), 2e-5, 2e-6);
  }
}

TEST(UnaryTest, SubgradientsAtKinks) {
  const std::vector<double> dy{1, 1};
  const auto at = [&](int32_t code, std::vector<double> x, double p0 = 0, double p1 = 0) {
    return backward(Op{code, "", nullptr, 0, 0, p0, p1}, dy, x);
  };
  EXPECT_EQ((std::vector<double>{0, 0}), at(NRT_UNARY_RELU, {0, -0.0}));
  EXPECT_EQ((std::vector<double>{0, 0}), at(NRT_UNARY_ABS, {0, -0.0}));
  EXPECT_EQ((std::vector<double>{1, 1}), at(NRT_UNARY_CLAMP, {-1, 2}, -1, 2));
  EXPECT_EQ((std::vector<double>{1, 1}), at(NRT_UNARY_HARD_TANH, {-1, 2}, -1, 2));
}

template <typename T>
void nan_passes() {
  const std::vector<T> x(67, static_cast<T>(NAN));
  for (const Op& op : all()) {
    if (op.code == NRT_UNARY_POWS && op.p0 == 0) continue;  // x^0 is 1 for every x
    for (T v : forward(op, x)) ASSERT_TRUE(std::isnan(v)) << op.name;
  }
}

TEST(UnaryTest, NanPassesThroughEveryFunction) {
  nan_passes<float>();
  nan_passes<double>();
}

template <typename T>
void limits_and_large_arguments(double rtol) {
  const T inf = std::numeric_limits<T>::infinity();
  for (const Op& op : activations()) {
    const auto y = forward(op, std::vector<T>{-inf, inf, -10000, 10000});
    const std::vector<double> ends{op.minus_infinity, op.plus_infinity};
    SCOPED_TRACE(op.name);
    expect_close(std::vector<T>{y[0], y[1]}, ends, rtol, 0);
    EXPECT_TRUE(std::isfinite(y[2]) && std::isfinite(y[3])) << y[2] << ", " << y[3];
    const auto dx = backward(op, std::vector<T>{1, 1}, std::vector<T>{-10000, 10000});
    EXPECT_TRUE(std::isfinite(dx[0]) && std::isfinite(dx[1])) << dx[0] << ", " << dx[1];
  }
}

TEST(UnaryTest, ActivationsReachTheirLimitsAndStayFinite) {
  limits_and_large_arguments<float>(1e-6);
  limits_and_large_arguments<double>(1e-14);
}

TEST(UnaryTest, EdgesOfExpAndLogAreThoseOfC) {
  const std::vector<float> x{-200, -103, -87.5f, 88.7f, 89, 1e30f, -1e30f, 0};
  const Op exp{NRT_UNARY_EXP, "exp", [](double v) { return std::exp(v); }, 0, 0};
  std::vector<double> want;
  for (float v : x) want.push_back(static_cast<double>(static_cast<float>(std::exp(double{v}))));
  expect_close(forward(exp, x), want, 1e-6, 2e-45);
  const Op log{NRT_UNARY_LOG, "log", nullptr, 0, 0};
  const float inf = std::numeric_limits<float>::infinity();
  const auto y = forward(log, std::vector<float>{0, -1, inf, 1, 1e-45f, 3e-39f});
  EXPECT_EQ(-inf, y[0]);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(inf, y[2]);
  EXPECT_EQ(0, y[3]);
  EXPECT_NEAR(std::log(1.401298464e-45), y[4], 1e-5);
  EXPECT_NEAR(std::log(3e-39), y[5], 1e-5);
}

TEST(UnaryTest, RoundGoesToEven) {
  const Op round{NRT_UNARY_ROUND, "round", nullptr, 0, 0};
  EXPECT_EQ((std::vector<float>{-2, -2, -0.0f, 0, 2, 2, 2, -3}),
            forward(round, std::vector<float>{-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 2.4f, -2.6f}));
}

TEST(UnaryTest, StridedInputGivesTheContiguousResult) {
  const auto data = uniform<float>(60000, 9, 0.2, 0.9);
  struct Layout {
    std::vector<int64_t> desc;
    int64_t start;
  };
  const std::vector<Layout> layouts{
      {{0}, 5},
      {{1, 1000, 3}, 0},
      {{1, 1000, -1}, 999},
      {{1, 1000, 0}, 7},
      {{2, 200, 300, 1, 200}, 0},
      {{2, 200, 300, 300, -1}, 299},
      {{3, 20, 30, 40, 40, 800, 1}, 0},
      {{3, 20, 30, 40, 0, 1, 30}, 0},
  };
  for (const Op& op : all()) {
    for (const Layout& l : layouts) {
      const auto rank = static_cast<size_t>(l.desc[0]);
      int64_t n = 1;
      for (size_t d = 0; d < rank; ++d) n *= l.desc[1 + d];
      std::vector<float> x, y(static_cast<size_t>(n));
      for (int64_t i = 0; i < n; ++i) {
        int64_t rest = i, from = l.start;
        for (size_t d = rank; d-- > 0;) {
          from += rest % l.desc[1 + d] * l.desc[1 + rank + d];
          rest /= l.desc[1 + d];
        }
        x.push_back(data[static_cast<size_t>(from)]);
      }
      NRT_ASSERT_OK(nrt_unary_fwd_strided(ctx(), NRT_FLOAT32, op.code, addr(y),
                                          addr(data) + l.start * 4, l.desc.data(), op.p0, op.p1,
                                          op.p2, op.p3));
      const auto want = forward(op, x);
      expect_close(y, std::vector<double>(want.begin(), want.end()), 1e-6, 1e-7);
    }
  }
}

template <typename T>
void integers(int32_t dtype) {
  const T low = std::numeric_limits<T>::min();
  const std::vector<T> x{3, -4, 0, low};
  const auto run = [&](int32_t op) {
    std::vector<T> y(4);
    EXPECT_EQ(NRT_OK, nrt_unary_fwd(ctx(), dtype, op, addr(y), addr(x), 4, 0, 0, 0, 0));
    return y;
  };
  EXPECT_EQ((std::vector<T>{-3, 4, 0, low}), run(NRT_UNARY_NEG));
  EXPECT_EQ((std::vector<T>{3, 4, 0, low}), run(NRT_UNARY_ABS));
  EXPECT_EQ((std::vector<T>{9, 16, 0, 0}), run(NRT_UNARY_SQUARE));
  EXPECT_EQ((std::vector<T>{1, -1, 0, -1}), run(NRT_UNARY_SIGN));
  const std::vector<int64_t> desc{2, 2, 2, 1, 2};
  std::vector<T> y(4);
  NRT_ASSERT_OK(nrt_unary_fwd_strided(ctx(), dtype, NRT_UNARY_SIGN, addr(y), addr(x), desc.data(), 0,
                                      0, 0, 0));
  EXPECT_EQ((std::vector<T>{1, 0, -1, -1}), y);
}

TEST(UnaryTest, IntegersHaveNegAbsSquareAndSign) {
  integers<int32_t>(NRT_INT32);
  integers<int64_t>(NRT_INT64);
}

TEST(UnaryTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  for (const Op& op : all()) {
    const auto x = uniform<float>(150001, 12, op.low, op.high);
    EXPECT_EQ(forward(op, x, one), forward(op, x, two)) << op.name;
  }
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(UnaryTest, WrongArgumentsAreRefusedByName) {
  std::vector<float> x(4);
  const auto call = [&](int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr in, int64_t n) {
    return nrt_unary_fwd(ctx(), dtype, op, y, in, n, 0, 0, 0, 0);
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, 39, addr(x), addr(x), 4));
  EXPECT_STREQ("unary: unknown operation 39", nrt_last_error());
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_INT32, NRT_UNARY_EXP, addr(x), addr(x), 4));
  EXPECT_STREQ("unary: operation 3 does not support dtype int32", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_UNARY_EXP, addr(x), 0, 4));
  EXPECT_STREQ("unary: x is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_UNARY_EXP, addr(x), addr(x), -4));
  EXPECT_EQ(NRT_OK, call(NRT_FLOAT32, NRT_UNARY_EXP, 0, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_unary_bwd(ctx(), NRT_FLOAT32, NRT_UNARY_RELU, addr(x), addr(x),
                                                addr(x), 0, 4, 0, 0, 0, 0));
  EXPECT_STREQ("unary: y is null", nrt_last_error());
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_unary_bwd(ctx(), NRT_INT32, NRT_UNARY_NEG, addr(x), addr(x), 0, 0, 4,
                                           0, 0, 0, 0));
}

}  // namespace
