#include "ops/binary/binary.h"

#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

constexpr double kInf = std::numeric_limits<double>::infinity();

double reference(int32_t op, double a, double b) {
  switch (op) {
    case NRT_BINARY_ADD:
      return a + b;
    case NRT_BINARY_SUB:
      return a - b;
    case NRT_BINARY_MUL:
      return a * b;
    case NRT_BINARY_DIV:
      return a / b;
    case NRT_BINARY_MAXIMUM:
      return std::isnan(a) || std::isnan(b) ? NAN : a > b ? a : b;
    case NRT_BINARY_MINIMUM:
      return std::isnan(a) || std::isnan(b) ? NAN : a < b ? a : b;
    case NRT_BINARY_POW:
      return std::pow(a, b);
    case NRT_BINARY_ATAN2:
      return std::atan2(a, b);
    case NRT_BINARY_HYPOT:
      return std::hypot(a, b);
    case NRT_BINARY_MOD:
      return a - b * std::floor(a / b);
    case NRT_BINARY_REM:
      return std::fmod(a, b);
    default:
      return std::floor(a / b);
  }
}

// Values that are multiples of 1/64, so that quotients decide floors alike in both types.
template <typename T>
std::vector<T> values(int64_t n, uint64_t seed, double low, double high) {
  auto v = uniform<T>(n, seed, low, high);
  for (T& x : v) x = std::round(x * 64) / 64 + static_cast<T>(1.0 / 128);
  return v;
}

template <typename T>
void matches_reference() {
  for (int32_t op = NRT_BINARY_ADD; op <= NRT_BINARY_FLOOR_DIV; ++op) {
    const double low = op == NRT_BINARY_POW ? 0 : -4;
    for (int64_t n : {0, 1, 7, 63, 64, 65, 1000, 100003}) {
      const auto a = values<T>(n + 1, 1, low, 4), b = values<T>(n + 1, 2, -4, 4);
      for (int steps = 0; steps < 4; ++steps) {
        const int a_step = steps & 1, b_step = steps >> 1;
        std::vector<T> y(static_cast<size_t>(n));
        NRT_ASSERT_OK(nrt_binary_fwd(ctx(), Code<T>::value, op, addr(y), addr(a), addr(b), n, a_step,
                                     b_step));
        std::vector<double> want;
        for (int64_t i = 0; i < n; ++i) {
          want.push_back(reference(op, a[static_cast<size_t>(i * a_step)],
                                   b[static_cast<size_t>(i * b_step)]));
        }
        SCOPED_TRACE(testing::Message() << "op " << op << " n " << n << " steps " << steps);
        const double eps = std::numeric_limits<T>::epsilon();
        expect_close(y, want, 8 * eps, op == NRT_BINARY_MOD ? 64 * eps : 0);
      }
    }
  }
}

TEST(BinaryTest, Float32MatchesTheReference) { matches_reference<float>(); }
TEST(BinaryTest, Float64MatchesTheReference) { matches_reference<double>(); }

struct Layout {
  std::vector<int64_t> shape, a, b;
};

std::vector<Layout> layouts() {
  return {
      {{}, {}, {}},
      {{50, 70}, {70, 1}, {0, 1}},
      {{50, 70}, {70, 1}, {1, 0}},
      {{50, 70}, {1, 50}, {70, 1}},
      {{500, 70}, {1, 500}, {-1, 500}},
      {{50, 70}, {1, 0}, {0, 1}},
      {{50, 70}, {-70, -1}, {0, 0}},
      {{5, 6, 7}, {0, 7, 1}, {1, 0, 5}},
      {{4, 300, 3}, {900, 3, 1}, {0, 0, 1}},
      {{3, 1, 900}, {1800, 0, 2}, {900, 7, -1}},
      {{64, 3, 300}, {900, 300, 1}, {1, 64, 192}},
  };
}

int64_t first_element(const std::vector<int64_t>& shape, const std::vector<int64_t>& stride) {
  int64_t low = 0;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (stride[d] < 0) low -= stride[d] * (shape[d] - 1);
  }
  return low;
}

template <typename T>
void strided_matches_reference() {
  const auto a = uniform<T>(200000, 1, 1, 2), b = uniform<T>(200000, 2, 1, 2);
  for (const Layout& l : layouts()) {
    std::vector<int64_t> desc{static_cast<int64_t>(l.shape.size())};
    for (const auto* part : {&l.shape, &l.a, &l.b}) {
      desc.insert(desc.end(), part->begin(), part->end());
    }
    const int64_t a0 = first_element(l.shape, l.a), b0 = first_element(l.shape, l.b);
    int64_t n = 1;
    for (int64_t s : l.shape) n *= s;
    for (int32_t op = NRT_BINARY_ADD; op <= NRT_BINARY_HYPOT; ++op) {
      std::vector<T> y(static_cast<size_t>(n));
      NRT_ASSERT_OK(nrt_binary_fwd_strided(ctx(), Code<T>::value, op, addr(y),
                                           addr(a) + a0 * int64_t{sizeof(T)},
                                           addr(b) + b0 * int64_t{sizeof(T)}, desc.data()));
      std::vector<double> want;
      for (int64_t i = 0; i < n; ++i) {
        int64_t rest = i, at = a0, bt = b0;
        for (size_t d = l.shape.size(); d-- > 0;) {
          at += rest % l.shape[d] * l.a[d];
          bt += rest % l.shape[d] * l.b[d];
          rest /= l.shape[d];
        }
        want.push_back(reference(op, a[static_cast<size_t>(at)], b[static_cast<size_t>(bt)]));
      }
      expect_close(y, want, 8 * static_cast<double>(std::numeric_limits<T>::epsilon()), 0);
    }
  }
}

TEST(BinaryTest, StridedFloat32MatchesTheReference) { strided_matches_reference<float>(); }
TEST(BinaryTest, StridedFloat64MatchesTheReference) { strided_matches_reference<double>(); }

TEST(BinaryTest, SpecialValuesFollowIeee) {
  const std::vector<double> values{NAN, kInf, -kInf, 0.0, -0.0, 1, -1};
  std::vector<double> a, b;
  for (double x : values) {
    for (double z : values) {
      a.push_back(x);
      b.push_back(z);
    }
  }
  for (int32_t op : {NRT_BINARY_ADD, NRT_BINARY_SUB, NRT_BINARY_MUL, NRT_BINARY_DIV,
                     NRT_BINARY_MAXIMUM, NRT_BINARY_MINIMUM, NRT_BINARY_POW, NRT_BINARY_HYPOT,
                     NRT_BINARY_REM}) {
    std::vector<double> y(a.size()), want;
    NRT_ASSERT_OK(nrt_binary_fwd(ctx(), NRT_FLOAT64, op, addr(y), addr(a), addr(b), 49, 1, 1));
    for (size_t i = 0; i < a.size(); ++i) want.push_back(reference(op, a[i], b[i]));
    SCOPED_TRACE(op);
    expect_close(y, want, 0, 0);
  }
}

// Squares of these would overflow or vanish.
template <typename T>
void hypot_keeps_its_range() {
  using Limits = std::numeric_limits<T>;
  const T high = Limits::max() / 8, low = Limits::min() * 8, smallest = Limits::denorm_min();
  const std::vector<T> a{3 * high / 4, high, Limits::max(), 3 * low, 0, smallest * 3, low, high};
  const std::vector<T> b{high, -high, Limits::max(), -4 * low, -smallest, smallest * 4, high, low};
  std::vector<T> y(a.size());
  NRT_ASSERT_OK(nrt_binary_fwd(ctx(), Code<T>::value, NRT_BINARY_HYPOT, addr(y), addr(a), addr(b),
                               static_cast<int64_t>(a.size()), 1, 1));
  std::vector<double> want;
  for (size_t i = 0; i < a.size(); ++i) want.push_back(std::hypot(a[i], b[i]));
  expect_close(y, want, 2 * static_cast<double>(Limits::epsilon()), 0);
}

TEST(BinaryTest, HypotOfFloat32KeepsItsRange) { hypot_keeps_its_range<float>(); }
TEST(BinaryTest, HypotOfFloat64KeepsItsRange) { hypot_keeps_its_range<double>(); }

TEST(BinaryTest, FloorOperationsTakeTheSignOfTheDivisor) {
  const std::vector<double> a{7, -7, 7, -7, 5.5, -5.5, 0, 1}, b{3, 3, -3, -3, 2, 2, 3, -0.25};
  std::vector<double> y(8);
  NRT_ASSERT_OK(nrt_binary_fwd(ctx(), NRT_FLOAT64, NRT_BINARY_MOD, addr(y), addr(a), addr(b), 8, 1, 1));
  EXPECT_EQ((std::vector<double>{1, 2, -2, -1, 1.5, 0.5, 0, 0}), y);
  NRT_ASSERT_OK(
      nrt_binary_fwd(ctx(), NRT_FLOAT64, NRT_BINARY_FLOOR_DIV, addr(y), addr(a), addr(b), 8, 1, 1));
  EXPECT_EQ((std::vector<double>{2, -3, -3, 2, 2, -3, 0, -4}), y);
}

template <typename T>
std::vector<T> integers(int32_t dtype, int32_t op, std::vector<T> a, std::vector<T> b) {
  std::vector<T> y(a.size());
  EXPECT_EQ(NRT_OK, nrt_binary_fwd(ctx(), dtype, op, addr(y), addr(a), addr(b),
                                   static_cast<int64_t>(a.size()), 1, 1))
      << nrt_last_error();
  return y;
}

template <typename T>
void integer_arithmetic(int32_t dtype) {
  using V = std::vector<T>;
  const T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  const V a{7, -7, 7, -7, low, 0}, b{3, 3, -3, -3, -1, 5};
  EXPECT_EQ((V{2, -2, -2, 2, low, 0}), integers<T>(dtype, NRT_BINARY_DIV, a, b));
  EXPECT_EQ((V{1, -1, 1, -1, 0, 0}), integers<T>(dtype, NRT_BINARY_REM, a, b));
  EXPECT_EQ((V{1, 2, -2, -1, 0, 0}), integers<T>(dtype, NRT_BINARY_MOD, a, b));
  EXPECT_EQ((V{2, -3, -3, 2, low, 0}), integers<T>(dtype, NRT_BINARY_FLOOR_DIV, a, b));
  EXPECT_EQ((V{7, 3, 7, -3, -1, 5}), integers<T>(dtype, NRT_BINARY_MAXIMUM, a, b));
  EXPECT_EQ((V{3, -7, -3, -7, low, 0}), integers<T>(dtype, NRT_BINARY_MINIMUM, a, b));
  EXPECT_EQ((V{8, -8, 1, 0, 1, -1}),
            integers<T>(dtype, NRT_BINARY_POW, {2, -2, 5, 2, 1, -1}, {3, 3, 0, -1, -9, -9}));
  EXPECT_EQ((V{low, high}), integers<T>(dtype, NRT_BINARY_ADD, {high, low}, {1, -1}));
  EXPECT_EQ((V{low, -8}), integers<T>(dtype, NRT_BINARY_MUL, {low, 2}, {-1, -4}));
}

TEST(BinaryTest, Int32ArithmeticWrapsAndFloors) { integer_arithmetic<int32_t>(NRT_INT32); }
TEST(BinaryTest, Int64ArithmeticWrapsAndFloors) { integer_arithmetic<int64_t>(NRT_INT64); }

TEST(BinaryTest, IntegerDivisionByZeroIsAnError) {
  std::vector<int32_t> a(70000, 5), b(70000, 2), y(70000);
  b[69999] = 0;
  const std::vector<int64_t> desc{1, 70000, 1, 1};
  for (int32_t op : {NRT_BINARY_DIV, NRT_BINARY_MOD, NRT_BINARY_REM, NRT_BINARY_FLOOR_DIV}) {
    EXPECT_EQ(NRT_INVALID_ARGUMENT,
              nrt_binary_fwd(ctx(), NRT_INT32, op, addr(y), addr(a), addr(b), 70000, 1, 1));
    EXPECT_STREQ("binary: integer division by zero", nrt_last_error());
    EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_binary_fwd_strided(ctx(), NRT_INT32, op, addr(y), addr(a),
                                                           addr(b), desc.data()));
  }
}

TEST(BinaryTest, AxpyAddsAMultipleInPlace) {
  for (int64_t n : {0, 1, 65, 100003}) {
    const auto x = uniform<float>(n, 3);
    auto y = uniform<float>(n, 4);
    std::vector<double> want;
    for (size_t i = 0; i < y.size(); ++i) want.push_back(double{y[i]} - 2.5 * double{x[i]});
    NRT_ASSERT_OK(nrt_binary_axpy(ctx(), NRT_FLOAT32, addr(y), addr(x), n, -2.5));
    expect_close(y, want, 1e-6, 1e-6);
  }
}

TEST(BinaryTest, OutputMayBeAnInput) {
  auto a = uniform<double>(1000, 3);
  const auto b = uniform<double>(1000, 4);
  std::vector<double> want;
  for (size_t i = 0; i < a.size(); ++i) want.push_back(a[i] * b[i]);
  NRT_ASSERT_OK(
      nrt_binary_fwd(ctx(), NRT_FLOAT64, NRT_BINARY_MUL, addr(a), addr(a), addr(b), 1000, 1, 1));
  expect_close(a, want, 0, 0);
}

TEST(BinaryTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  const auto a = uniform<float>(300001, 5, 0, 4), b = uniform<float>(300001, 6);
  std::vector<float> first(a.size()), second(a.size());
  for (int32_t op = NRT_BINARY_ADD; op <= NRT_BINARY_FLOOR_DIV; ++op) {
    NRT_ASSERT_OK(
        nrt_binary_fwd(one, NRT_FLOAT32, op, addr(first), addr(a), addr(b), 300001, 1, 1));
    NRT_ASSERT_OK(
        nrt_binary_fwd(two, NRT_FLOAT32, op, addr(second), addr(a), addr(b), 300001, 1, 1));
    EXPECT_EQ(first, second) << op;
  }
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(BinaryTest, WrongArgumentsAreRefusedByName) {
  std::vector<float> x(4);
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_binary_fwd(ctx(), NRT_FLOAT32, 99, addr(x), addr(x), addr(x), 4, 1, 1));
  EXPECT_STREQ("binary: unknown operation 99", nrt_last_error());
  EXPECT_EQ(NRT_UNSUPPORTED,
            nrt_binary_fwd(ctx(), NRT_UINT8, NRT_BINARY_ADD, addr(x), addr(x), addr(x), 4, 1, 1));
  EXPECT_STREQ("binary: dtype uint8 is not supported", nrt_last_error());
  EXPECT_EQ(NRT_UNSUPPORTED,
            nrt_binary_fwd(ctx(), NRT_INT32, NRT_BINARY_ATAN2, addr(x), addr(x), addr(x), 4, 1, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_binary_fwd(ctx(), NRT_FLOAT32, NRT_BINARY_ADD, addr(x), 0, addr(x), 4, 1, 1));
  EXPECT_STREQ("binary: a is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_binary_fwd(ctx(), NRT_FLOAT32, NRT_BINARY_ADD, addr(x), addr(x), addr(x), 4, 2, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_binary_fwd(ctx(), NRT_FLOAT32, NRT_BINARY_ADD, addr(x), addr(x), addr(x), -1, 1, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_binary_axpy(ctx(), NRT_FLOAT32, addr(x), 0, 4, 1));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_binary_axpy(ctx(), NRT_INT64, addr(x), addr(x), 1, 1));
}

}  // namespace
