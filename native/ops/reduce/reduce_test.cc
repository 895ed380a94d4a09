#include "ops/reduce/reduce.h"

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Case {
  std::vector<int64_t> shape, strides, reduced;

  std::vector<int64_t> desc() const {
    std::vector<int64_t> d{static_cast<int64_t>(shape.size())};
    for (const auto* part : {&shape, &strides, &reduced}) d.insert(d.end(), part->begin(), part->end());
    return d;
  }
  int64_t start() const {
    int64_t low = 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (strides[d] < 0) low -= strides[d] * (shape[d] - 1);
    }
    return low;
  }
  int64_t length() const {
    int64_t n = 1;
    for (size_t d = 0; d < shape.size(); ++d) n += std::abs(strides[d]) * (shape[d] - 1);
    return n;
  }
  int64_t size() const {
    int64_t n = 1;
    for (int64_t s : shape) n *= s;
    return n;
  }
  int64_t outputs() const {
    int64_t n = 1;
    for (size_t d = 0; d < shape.size(); ++d) n *= reduced[d] ? 1 : shape[d];
    return n;
  }
  void locate(int64_t i, int64_t* from, int64_t* to) const {
    *from = start();
    *to = 0;
    int64_t step = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      const int64_t at = i % shape[d];
      i /= shape[d];
      *from += at * strides[d];
      if (!reduced[d]) {
        *to += at * step;
        step *= shape[d];
      }
    }
  }
};

std::vector<Case> cases() {
  std::vector<Case> all{
      {{}, {}, {}},
      {{5, 7}, {7, 1}, {0, 0}},            // nothing reduced
      {{500, 10}, {10, 1}, {0, 1}},        // many short rows
      {{500, 10}, {10, 1}, {1, 0}},
      {{3000, 3}, {3, 1}, {1, 0}},         // a narrow bias gradient
      {{130, 257}, {257, 1}, {0, 1}},
      {{130, 257}, {257, 1}, {1, 0}},
      {{130, 257}, {1, 130}, {0, 1}},      // transposed
      {{130, 257}, {1, 130}, {1, 0}},
      {{130, 257}, {-257, -1}, {1, 1}},    // flipped
      {{130, 257}, {257, -1}, {0, 1}},
      {{20, 30}, {0, 1}, {0, 1}},          // broadcast rows
      {{20, 30}, {0, 0}, {1, 0}},
      {{6, 7, 8}, {56, 8, 1}, {0, 1, 0}},
      {{6, 7, 8}, {56, 8, 1}, {1, 0, 1}},
      {{6, 700, 8}, {5600, 8, 1}, {0, 1, 0}},
      {{16, 9, 9, 33}, {2673, 297, 33, 1}, {1, 1, 1, 0}},  // channels last
      {{4, 5, 6, 7}, {1, 4, 20, 120}, {0, 1, 0, 1}},
      {{2, 1, 300}, {300, 9, 1}, {0, 1, 1}},
      {{1, 100003}, {100003, 1}, {1, 0}},
      {{200, 400}, {400, 1}, {1, 1}},
      {{3, 70000}, {70000, 1}, {0, 1}},
      {{20000, 40}, {40, 1}, {1, 0}},
  };
  for (int64_t n : {1, 7, 63, 64, 65, 1000, 100003}) all.push_back({{n}, {1}, {1}});
  return all;
}

double finish(int32_t op, const std::vector<double>& v, double correction) {
  double sum = 0, product = 1, low = kInf, high = -kInf, absolute = 0, squares = 0;
  for (double x : v) {
    sum += x;
    product *= x;
    low = std::min(low, x);
    high = std::max(high, x);
    absolute += std::fabs(x);
    squares += x * x;
  }
  const auto n = static_cast<double>(v.size());
  double exponentials = 0, deviation = 0;
  for (double x : v) {
    exponentials += std::exp(x - high);
    deviation += (x - sum / n) * (x - sum / n);
  }
  switch (op) {
    case NRT_REDUCE_SUM:
      return sum;
    case NRT_REDUCE_MEAN:
      return sum / n;
    case NRT_REDUCE_MAX:
      return high;
    case NRT_REDUCE_MIN:
      return low;
    case NRT_REDUCE_PROD:
      return product;
    case NRT_REDUCE_L1:
      return absolute;
    case NRT_REDUCE_L2:
      return std::sqrt(squares);
    case NRT_REDUCE_SUM_SQUARES:
      return squares;
    case NRT_REDUCE_LOGSUMEXP:
      return high + std::log(exponentials);
    default:
      return deviation / std::max(n - correction, 0.0);
  }
}

template <typename T>
void matches_reference(double tolerance) {
  for (const Case& c : cases()) {
    for (int32_t op = NRT_REDUCE_SUM; op <= NRT_REDUCE_VAR; ++op) {
      if (op == NRT_REDUCE_ANY || op == NRT_REDUCE_ALL) continue;
      const bool product = op == NRT_REDUCE_PROD;  // near 1, or the product leaves float
      const auto x = uniform<T>(c.length(), 3, product ? 0.99 : -0.5, product ? 1.01 : 1);
      std::vector<std::vector<double>> groups(static_cast<size_t>(c.outputs()));
      for (int64_t i = 0; i < c.size(); ++i) {
        int64_t from, to;
        c.locate(i, &from, &to);
        groups[static_cast<size_t>(to)].push_back(static_cast<double>(x[static_cast<size_t>(from)]));
      }
      const double correction = op == NRT_REDUCE_VAR && groups[0].size() > 1 ? 1 : 0;
      std::vector<double> want;
      for (const auto& g : groups) want.push_back(finish(op, g, correction));
      std::vector<T> y(groups.size());
      const auto desc = c.desc();
      NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), Code<T>::value, op, addr(y),
                                   addr(x) + c.start() * int64_t{sizeof(T)}, desc.data(), correction));
      SCOPED_TRACE(testing::Message() << "op " << op << " rank " << c.shape.size() << " of "
                                      << c.size() << " to " << c.outputs());
      expect_close(y, want, tolerance * (product ? 100 : 1), tolerance);
    }
  }
}

TEST(ReduceTest, Float32MatchesTheReference) { matches_reference<float>(3e-6); }
TEST(ReduceTest, Float64MatchesTheReference) { matches_reference<double>(1e-13); }

TEST(ReduceTest, SumOfSixteenMillionFloatsKeepsItsDigits) {
  const int64_t n = 16 << 20;
  const auto x = uniform<float>(n, 9, 0, 1);
  double want = 0;
  for (float v : x) want += static_cast<double>(v);
  std::vector<float> y(1);
  const std::vector<int64_t> desc{1, n, 1, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_FLOAT32, NRT_REDUCE_SUM, addr(y), addr(x), desc.data(), 0));
  EXPECT_NEAR(1, static_cast<double>(y[0]) / want, 1e-6);
  std::vector<float> columns(16);
  const std::vector<int64_t> tall{2, n / 16, 16, 16, 1, 1, 0};
  NRT_ASSERT_OK(
      nrt_reduce_fwd(ctx(), NRT_FLOAT32, NRT_REDUCE_SUM, addr(columns), addr(x), tall.data(), 0));
  double total = 0;
  for (float v : columns) total += static_cast<double>(v);
  EXPECT_NEAR(1, total / want, 1e-6);
}

TEST(ReduceTest, VarianceIsNotLostBesideALargeMean) {
  auto x = uniform<float>(10000, 4);
  for (float& v : x) v = 4096 + std::round(v * 64) / 64;
  std::vector<double> wide(x.begin(), x.end());
  std::vector<float> y(1);
  const std::vector<int64_t> desc{1, 10000, 1, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_FLOAT32, NRT_REDUCE_VAR, addr(y), addr(x), desc.data(), 0));
  EXPECT_NEAR(finish(NRT_REDUCE_VAR, wide, 0), static_cast<double>(y[0]), 1e-6);
}

double reduce_one(int32_t op, const std::vector<double>& x, double p0 = 0) {
  std::vector<double> y(1, -77);
  const std::vector<int64_t> desc{1, static_cast<int64_t>(x.size()), 1, 1};
  EXPECT_EQ(NRT_OK, nrt_reduce_fwd(ctx(), NRT_FLOAT64, op, addr(y), addr(x), desc.data(), p0))
      << nrt_last_error();
  return y[0];
}

TEST(ReduceTest, EmptyReductionsGiveTheNeutralElement) {
  EXPECT_EQ(0, reduce_one(NRT_REDUCE_SUM, {}));
  EXPECT_EQ(1, reduce_one(NRT_REDUCE_PROD, {}));
  EXPECT_TRUE(std::isnan(reduce_one(NRT_REDUCE_MEAN, {})));
  EXPECT_EQ(-kInf, reduce_one(NRT_REDUCE_LOGSUMEXP, {}));
  EXPECT_TRUE(std::isnan(reduce_one(NRT_REDUCE_VAR, {})));
  std::vector<double> y(3, -1);
  const std::vector<int64_t> rows{2, 3, 0, 0, 1, 0, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_FLOAT64, NRT_REDUCE_SUM, addr(y), 0, rows.data(), 0));
  EXPECT_EQ((std::vector<double>{0, 0, 0}), y);
  const std::vector<int64_t> columns{2, 0, 3, 3, 1, 1, 0};
  y = {-1, -1, -1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_FLOAT64, NRT_REDUCE_PROD, addr(y), 0, columns.data(), 0));
  EXPECT_EQ((std::vector<double>{1, 1, 1}), y);
  for (int32_t op : {NRT_REDUCE_MAX, NRT_REDUCE_MIN}) {
    EXPECT_EQ(NRT_INVALID_ARGUMENT,
              nrt_reduce_fwd(ctx(), NRT_FLOAT64, op, addr(y), addr(y), rows.data(), 0));
  }
}

TEST(ReduceTest, NanWinsAndInfinitiesAreKept) {
  for (size_t n : {3u, 100u, 5000u}) {
    std::vector<double> x(n, 1.0);
    x[n / 2] = NAN;
    for (int32_t op = NRT_REDUCE_SUM; op <= NRT_REDUCE_LOGSUMEXP; ++op) {
      EXPECT_TRUE(std::isnan(reduce_one(op, x))) << "op " << op << " n " << n;
    }
    x[n / 2] = -kInf;
    EXPECT_EQ(1, reduce_one(NRT_REDUCE_MAX, x));
    EXPECT_EQ(-kInf, reduce_one(NRT_REDUCE_MIN, x));
    x[n / 2] = kInf;
    EXPECT_EQ(kInf, reduce_one(NRT_REDUCE_LOGSUMEXP, x));
  }
}

TEST(ReduceTest, LogSumExpOfExtremeRows) {
  const std::vector<double> x{1000, 1000, -1000, -1001, -kInf, 0, -kInf, -kInf};
  std::vector<double> y(4);
  const std::vector<int64_t> desc{2, 4, 2, 2, 1, 0, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_FLOAT64, NRT_REDUCE_LOGSUMEXP, addr(y), addr(x),
                               desc.data(), 0));
  expect_close(y, {1000 + std::log(2), -1000 + std::log1p(std::exp(-1)), 0, -kInf}, 1e-14, 0);
}

TEST(ReduceTest, VarianceDividesByCountMinusCorrectionButNeverLessThanZero) {
  EXPECT_DOUBLE_EQ(1.25, reduce_one(NRT_REDUCE_VAR, {1, 2, 3, 4}, 0));
  EXPECT_DOUBLE_EQ(5.0 / 3, reduce_one(NRT_REDUCE_VAR, {1, 2, 3, 4}, 1));
  EXPECT_TRUE(std::isnan(reduce_one(NRT_REDUCE_VAR, {4}, 1)));
  EXPECT_EQ(kInf, reduce_one(NRT_REDUCE_VAR, {1, 3}, 5));
}

template <typename T>
void integers(int32_t dtype) {
  std::vector<T> x;
  for (int i = 0; i < 600; ++i) x.push_back(static_cast<T>(i * 37 % 101 - 50));
  for (const std::vector<int64_t>& reduced : {std::vector<int64_t>{0, 1}, {1, 0}, {1, 1}}) {
    const Case c{{60, 10}, {10, 1}, reduced};
    const auto desc = c.desc();
    for (int32_t op : {NRT_REDUCE_SUM, NRT_REDUCE_MAX, NRT_REDUCE_MIN}) {
      std::vector<std::vector<double>> groups(static_cast<size_t>(c.outputs()));
      for (int64_t i = 0; i < c.size(); ++i) {
        int64_t from, to;
        c.locate(i, &from, &to);
        groups[static_cast<size_t>(to)].push_back(static_cast<double>(x[static_cast<size_t>(from)]));
      }
      std::vector<T> y(groups.size()), want;
      for (const auto& g : groups) want.push_back(static_cast<T>(finish(op, g, 0)));
      NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), dtype, op, addr(y), addr(x), desc.data(), 0));
      EXPECT_EQ(want, y) << op;
    }
  }
  const std::vector<T> high{std::numeric_limits<T>::max(), 1};
  std::vector<T> y(1);
  const std::vector<int64_t> desc{1, 2, 1, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), dtype, NRT_REDUCE_SUM, addr(y), addr(high), desc.data(), 0));
  EXPECT_EQ(std::numeric_limits<T>::min(), y[0]);
  const std::vector<T> factors{-3, 7};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), dtype, NRT_REDUCE_PROD, addr(y), addr(factors), desc.data(), 0));
  EXPECT_EQ(-21, y[0]);
}

TEST(ReduceTest, IntegersSumMultiplyAndCompare) {
  integers<int32_t>(NRT_INT32);
  integers<int64_t>(NRT_INT64);
}

TEST(ReduceTest, AnyAndAllOfBooleans) {
  const std::vector<uint8_t> x{0, 0, 0, 0, 1, 0, 1, 1, 1};
  std::vector<uint8_t> y(3);
  const std::vector<int64_t> desc{2, 3, 3, 3, 1, 0, 1}, empty{2, 3, 0, 0, 1, 0, 1};
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_BOOL, NRT_REDUCE_ANY, addr(y), addr(x), desc.data(), 0));
  EXPECT_EQ((std::vector<uint8_t>{0, 1, 1}), y);
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_BOOL, NRT_REDUCE_ALL, addr(y), addr(x), desc.data(), 0));
  EXPECT_EQ((std::vector<uint8_t>{0, 0, 1}), y);
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_BOOL, NRT_REDUCE_ANY, addr(y), 0, empty.data(), 0));
  EXPECT_EQ((std::vector<uint8_t>{0, 0, 0}), y);
  NRT_ASSERT_OK(nrt_reduce_fwd(ctx(), NRT_BOOL, NRT_REDUCE_ALL, addr(y), 0, empty.data(), 0));
  EXPECT_EQ((std::vector<uint8_t>{1, 1, 1}), y);
}

TEST(ReduceTest, GradientOfTheExtremeIsSharedEvenlyBetweenTies) {
  const std::vector<double> x{1, 3, 3, 2, 2, 2, 0, 1, -1}, y{3, 2, 1}, dy{1.25, 0.75, -0.5};
  std::vector<double> dx(9, -1);
  const std::vector<int64_t> desc{2, 3, 3, 3, 1, 0, 1};
  NRT_ASSERT_OK(nrt_reduce_extreme_bwd(ctx(), NRT_FLOAT64, addr(dx), addr(dy), addr(y), addr(x),
                                       desc.data()));
  expect_close(dx, {0, 0.625, 0.625, 0.25, 0.25, 0.25, 0, -0.5, 0}, 0, 0);
}

template <typename T>
void extreme_gradient_matches() {
  for (const Case& c : cases()) {
    auto x = uniform<T>(c.length(), 3, 0, 8);
    for (T& v : x) v = std::floor(v);  // ties everywhere
    const auto dy = uniform<T>(c.outputs(), 4);
    std::vector<T> y(static_cast<size_t>(c.outputs()));
    const auto desc = c.desc();
    const nrt_ptr first = addr(x) + c.start() * int64_t{sizeof(T)};
    NRT_ASSERT_OK(
        nrt_reduce_fwd(ctx(), Code<T>::value, NRT_REDUCE_MAX, addr(y), first, desc.data(), 0));
    std::vector<double> ties(y.size()), want(static_cast<size_t>(c.size()));
    for (int pass = 0; pass < 2; ++pass) {
      for (int64_t i = 0; i < c.size(); ++i) {
        int64_t from, to;
        c.locate(i, &from, &to);
        const auto at = static_cast<size_t>(to);
        if (x[static_cast<size_t>(from)] != y[at]) continue;
        if (pass == 0) ties[at] += 1;
        want[static_cast<size_t>(i)] = static_cast<double>(dy[at]) / ties[at];
      }
    }
    std::vector<T> dx(want.size(), static_cast<T>(-1));
    NRT_ASSERT_OK(nrt_reduce_extreme_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), addr(y), first,
                                         desc.data()));
    expect_close(dx, want, 1e-6, 0);
  }
}

TEST(ReduceTest, GradientOfTheExtremeMatchesInEveryLayout) {
  extreme_gradient_matches<float>();
  extreme_gradient_matches<double>();
}

template <typename T>
void positions_match(int32_t dtype) {
  struct Shape {
    int64_t outer, count, inner;
  };
  for (const Shape s : {Shape{1, 1, 1}, Shape{3, 7, 5}, Shape{500, 10, 1}, Shape{1, 100003, 1},
                        Shape{2, 65, 64}, Shape{20, 1000, 1}, Shape{0, 3, 4}}) {
    std::vector<T> x;
    for (double v : uniform<double>(s.outer * s.count * s.inner, 6, -50, 50)) {
      x.push_back(static_cast<T>(std::floor(v)));
    }
    for (int32_t largest = 0; largest < 2; ++largest) {
      std::vector<int64_t> y(static_cast<size_t>(s.outer * s.inner)), want;
      for (int64_t o = 0; o < s.outer; ++o) {
        for (int64_t i = 0; i < s.inner; ++i) {
          const auto value = [&](int64_t k) {
            return x[static_cast<size_t>((o * s.count + k) * s.inner + i)];
          };
          int64_t best = 0;
          for (int64_t k = 1; k < s.count; ++k) {
            if (largest ? value(k) > value(best) : value(k) < value(best)) best = k;
          }
          want.push_back(best);
        }
      }
      NRT_ASSERT_OK(nrt_reduce_arg(ctx(), dtype, largest, addr(y), addr(x), s.outer, s.count, s.inner));
      EXPECT_EQ(want, y);
    }
  }
}

TEST(ReduceTest, PositionsOfTheExtremeAreTheFirst) {
  positions_match<float>(NRT_FLOAT32);
  positions_match<double>(NRT_FLOAT64);
  positions_match<int32_t>(NRT_INT32);
  positions_match<int64_t>(NRT_INT64);
}

TEST(ReduceTest, PositionOfTheFirstNanWins) {
  for (size_t n : {4u, 1000u}) {
    std::vector<float> x(n, 1.0f);
    x[2] = x[3] = std::nanf("");
    x[1] = std::numeric_limits<float>::infinity();
    x[0] = -x[1];
    std::vector<int64_t> y(1);
    for (int32_t largest = 0; largest < 2; ++largest) {
      NRT_ASSERT_OK(nrt_reduce_arg(ctx(), NRT_FLOAT32, largest, addr(y), addr(x), 1,
                                   static_cast<int64_t>(n), 1));
      EXPECT_EQ(2, y[0]);
    }
    const std::vector<float> lowest(n, -std::numeric_limits<float>::infinity());
    NRT_ASSERT_OK(nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, addr(y), addr(lowest), 1,
                                 static_cast<int64_t>(n), 1));
    EXPECT_EQ(0, y[0]);
  }
}

template <typename T>
void nonfinite_is_found() {
  for (int64_t n : {0, 1, 7, 64, 65, 1000, 300001}) {
    std::vector<T> x(static_cast<size_t>(n), std::numeric_limits<T>::max());
    std::vector<uint8_t> flag{7};
    NRT_ASSERT_OK(nrt_reduce_nonfinite(ctx(), Code<T>::value, addr(flag), addr(x), n));
    EXPECT_EQ(0, flag[0]);
    for (T bad : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
      if (n == 0) continue;
      x.back() = bad;
      NRT_ASSERT_OK(nrt_reduce_nonfinite(ctx(), Code<T>::value, addr(flag), addr(x), n));
      EXPECT_EQ(1, flag[0]);
    }
  }
}

TEST(ReduceTest, NonFiniteValuesAreFound) {
  nonfinite_is_found<float>();
  nonfinite_is_found<double>();
}

TEST(ReduceTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  const auto x = uniform<float>(700 * 900, 5);
  for (const std::vector<int64_t>& reduced : {std::vector<int64_t>{0, 1}, {1, 0}, {1, 1}}) {
    const Case c{{700, 900}, {900, 1}, reduced};
    const auto desc = c.desc();
    for (int32_t op = NRT_REDUCE_SUM; op <= NRT_REDUCE_LOGSUMEXP; ++op) {
      std::vector<float> a(static_cast<size_t>(c.outputs())), b(a.size());
      NRT_ASSERT_OK(nrt_reduce_fwd(one, NRT_FLOAT32, op, addr(a), addr(x), desc.data(), 0));
      NRT_ASSERT_OK(nrt_reduce_fwd(two, NRT_FLOAT32, op, addr(b), addr(x), desc.data(), 0));
      EXPECT_EQ(a, b) << op;
    }
  }
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(ReduceTest, WrongArgumentsAreRefused) {
  std::vector<float> x(4), y(4);
  std::vector<int64_t> position(4);
  const std::vector<int64_t> desc{1, 4, 1, 1}, deep{99};
  const auto call = [&](int32_t dtype, int32_t op, nrt_ptr out, nrt_ptr in, const int64_t* d) {
    return nrt_reduce_fwd(ctx(), dtype, op, out, in, d, 0);
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, 12, addr(y), addr(x), desc.data()));
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_INT32, NRT_REDUCE_MEAN, addr(y), addr(x), desc.data()));
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_FLOAT32, NRT_REDUCE_ANY, addr(y), addr(x), desc.data()));
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_BOOL, NRT_REDUCE_SUM, addr(y), addr(x), desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_REDUCE_SUM, 0, addr(x), desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_REDUCE_SUM, addr(y), 0, desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_REDUCE_SUM, addr(y), addr(x), deep.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_REDUCE_SUM, addr(y), addr(x), nullptr));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, addr(position), addr(x), 2, 0, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, addr(position), addr(x), -1, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_reduce_arg(ctx(), NRT_FLOAT32, 1, addr(position), 0, 1, 4, 1));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_reduce_arg(ctx(), NRT_BOOL, 1, addr(position), addr(x), 1, 4, 1));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_reduce_nonfinite(ctx(), NRT_INT32, addr(y), addr(x), 4));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_reduce_nonfinite(ctx(), NRT_FLOAT32, 0, addr(x), 4));
}

}  // namespace
