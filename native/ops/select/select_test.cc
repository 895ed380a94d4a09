#include "ops/select/select.h"

#include <functional>
#include <limits>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::ctx;

template <typename T>
struct Dtype;
template <>
struct Dtype<float> {
  static constexpr int32_t value = NRT_FLOAT32;
};
template <>
struct Dtype<double> {
  static constexpr int32_t value = NRT_FLOAT64;
};
template <>
struct Dtype<int32_t> {
  static constexpr int32_t value = NRT_INT32;
};
template <>
struct Dtype<int64_t> {
  static constexpr int32_t value = NRT_INT64;
};
template <>
struct Dtype<uint8_t> {
  static constexpr int32_t value = NRT_UINT8;
};

// Small whole numbers, so that equality occurs.
template <typename T>
std::vector<T> small_numbers(int64_t n, uint64_t seed) {
  std::vector<T> v;
  for (double x : nrt_test::uniform<double>(n, seed, 0, 5)) v.push_back(static_cast<T>(x));
  return v;
}

template <typename T>
bool compare(int32_t op, T a, T b) {
  switch (op) {
    case NRT_COMPARE_EQUAL:
      return a == b;
    case NRT_COMPARE_NOT_EQUAL:
      return a != b;
    case NRT_COMPARE_GREATER:
      return a > b;
    case NRT_COMPARE_GREATER_EQUAL:
      return a >= b;
    case NRT_COMPARE_LESS:
      return a < b;
    default:
      return a <= b;
  }
}

// Strides of up to three operands over one shape; `start` keeps negative strides inside the buffer.
struct Layout {
  std::vector<int64_t> shape;
  std::vector<std::vector<int64_t>> strides;

  std::vector<int64_t> desc(size_t operands) const {
    std::vector<int64_t> d{static_cast<int64_t>(shape.size())};
    d.insert(d.end(), shape.begin(), shape.end());
    for (size_t k = 0; k < operands; ++k) d.insert(d.end(), strides[k].begin(), strides[k].end());
    return d;
  }
  int64_t size() const {
    int64_t n = 1;
    for (int64_t s : shape) n *= s;
    return n;
  }
  int64_t start(size_t k) const {
    int64_t low = 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (strides[k][d] < 0) low -= strides[k][d] * (shape[d] - 1);
    }
    return low;
  }
  int64_t at(size_t k, int64_t i) const {
    int64_t offset = start(k);
    for (size_t d = shape.size(); d-- > 0;) {
      offset += i % shape[d] * strides[k][d];
      i /= shape[d];
    }
    return offset;
  }
};

std::vector<Layout> layouts() {
  std::vector<Layout> all{
      {{}, {{}, {}, {}}},
      {{40, 50}, {{50, 1}, {0, 1}, {1, 0}}},
      {{40, 50}, {{1, 40}, {50, 1}, {0, 0}}},
      {{40, 50}, {{50, 1}, {1, 40}, {1, 40}}},
      {{40, 50}, {{-50, -1}, {50, 1}, {50, -1}}},
      {{100, 3}, {{3, 1}, {0, 1}, {1, 0}}},
      {{7, 8, 9}, {{0, 9, 1}, {1, 7, 56}, {9, 0, 1}}},
  };
  for (int64_t n : {0, 1, 7, 63, 64, 65, 1000, 100003}) {
    all.push_back({{n}, {{1}, {1}, {1}}});
    all.push_back({{n}, {{1}, {0}, {0}}});
    all.push_back({{n}, {{1}, {1}, {0}}});
  }
  return all;
}

template <typename T>
void comparisons_match() {
  const auto a = small_numbers<T>(200000, 1), b = small_numbers<T>(200000, 2);
  const auto bytes = static_cast<int64_t>(sizeof(T));
  for (const Layout& l : layouts()) {
    for (int32_t op = NRT_COMPARE_EQUAL; op <= NRT_COMPARE_LESS_EQUAL; ++op) {
      std::vector<uint8_t> y(static_cast<size_t>(l.size()), 9), want;
      for (int64_t i = 0; i < l.size(); ++i) {
        want.push_back(compare(op, a[static_cast<size_t>(l.at(0, i))],
                               b[static_cast<size_t>(l.at(1, i))]));
      }
      const auto desc = l.desc(2);
      NRT_ASSERT_OK(nrt_select_compare(ctx(), Dtype<T>::value, op, addr(y),
                                       addr(a) + l.start(0) * bytes, addr(b) + l.start(1) * bytes,
                                       desc.data()));
      ASSERT_EQ(want, y) << "op " << op;
    }
  }
}

TEST(SelectTest, ComparisonsMatchForEveryDtypeAndLayout) {
  comparisons_match<float>();
  comparisons_match<double>();
  comparisons_match<int32_t>();
  comparisons_match<int64_t>();
  comparisons_match<uint8_t>();
}

template <typename T>
void where_matches() {
  const auto a = small_numbers<T>(200000, 1), b = small_numbers<T>(200000, 2);
  const auto bytes = static_cast<int64_t>(sizeof(T));
  std::vector<uint8_t> cond;
  for (double x : nrt_test::uniform<double>(200000, 3)) cond.push_back(x > 0);
  for (const Layout& l : layouts()) {
    std::vector<T> y(static_cast<size_t>(l.size())), want;
    for (int64_t i = 0; i < l.size(); ++i) {
      want.push_back(cond[static_cast<size_t>(l.at(0, i))] ? a[static_cast<size_t>(l.at(1, i))]
                                                           : b[static_cast<size_t>(l.at(2, i))]);
    }
    const auto desc = l.desc(3);
    NRT_ASSERT_OK(nrt_select_where(ctx(), Dtype<T>::value, addr(y), addr(cond) + l.start(0),
                                   addr(a) + l.start(1) * bytes, addr(b) + l.start(2) * bytes,
                                   desc.data()));
    ASSERT_EQ(want, y);
  }
}

TEST(SelectTest, WhereMatchesForEveryDtypeAndLayout) {
  where_matches<float>();
  where_matches<double>();
  where_matches<int32_t>();
  where_matches<int64_t>();
  where_matches<uint8_t>();
}

TEST(SelectTest, LogicWorksOnBooleans) {
  const std::vector<uint8_t> a{0, 0, 1, 1}, b{0, 1, 0, 1};
  const std::vector<int64_t> desc{1, 4, 1, 1};
  const auto run = [&](int32_t op) {
    std::vector<uint8_t> y(4);
    EXPECT_EQ(NRT_OK, nrt_select_compare(ctx(), NRT_BOOL, op, addr(y), addr(a), addr(b), desc.data()));
    return y;
  };
  EXPECT_EQ((std::vector<uint8_t>{0, 0, 0, 1}), run(NRT_LOGIC_AND));
  EXPECT_EQ((std::vector<uint8_t>{0, 1, 1, 1}), run(NRT_LOGIC_OR));
  EXPECT_EQ((std::vector<uint8_t>{0, 1, 1, 0}), run(NRT_LOGIC_XOR));
  EXPECT_EQ((std::vector<uint8_t>{1, 0, 0, 1}), run(NRT_COMPARE_EQUAL));
}

template <typename T>
void special_values() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x{1, inf, -inf, nan, 0, std::numeric_limits<T>::max()};
  const std::vector<T> n(6, nan);
  const std::vector<int64_t> desc{1, 6, 1, 1};
  const auto run = [&](int32_t op, const std::vector<T>& other) {
    std::vector<uint8_t> y(6);
    EXPECT_EQ(NRT_OK, nrt_select_compare(ctx(), Dtype<T>::value, op, addr(y), addr(x), addr(other),
                                         desc.data()));
    return y;
  };
  EXPECT_EQ((std::vector<uint8_t>{0, 0, 0, 1, 0, 0}), run(NRT_TEST_NAN, x));
  EXPECT_EQ((std::vector<uint8_t>{1, 0, 0, 0, 1, 1}), run(NRT_TEST_FINITE, x));
  EXPECT_EQ(std::vector<uint8_t>(6, 0), run(NRT_COMPARE_LESS_EQUAL, n));
  EXPECT_EQ(std::vector<uint8_t>(6, 1), run(NRT_COMPARE_NOT_EQUAL, n));
  // A choice copies the bits, also of the side that is NaN.
  const std::vector<uint8_t> cond{1, 1, 1, 0, 1, 1};
  const std::vector<T> b{7, 7, 7, 7, 7, 7};
  const std::vector<int64_t> three{1, 6, 1, 1, 1};
  std::vector<T> y(6);
  NRT_ASSERT_OK(nrt_select_where(ctx(), Dtype<T>::value, addr(y), addr(cond), addr(x), addr(b),
                                 three.data()));
  EXPECT_EQ((std::vector<T>{1, inf, -inf, 7, 0, std::numeric_limits<T>::max()}), y);
}

TEST(SelectTest, NanComparesUnequalAndIsNotFinite) {
  special_values<float>();
  special_values<double>();
}

TEST(SelectTest, IntegersAreAlwaysFinite) {
  const std::vector<int64_t> x{INT64_MAX, INT64_MIN, 0}, desc{1, 3, 1, 1};
  std::vector<uint8_t> y(3);
  NRT_ASSERT_OK(
      nrt_select_compare(ctx(), NRT_INT64, NRT_TEST_FINITE, addr(y), addr(x), addr(x), desc.data()));
  EXPECT_EQ(std::vector<uint8_t>(3, 1), y);
}

TEST(SelectTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  const auto a = small_numbers<float>(200000, 1), b = small_numbers<float>(200000, 2);
  const std::vector<int64_t> desc{2, 400, 500, 1, 400, 500, 1};
  std::vector<uint8_t> first(200000), second(200000);
  NRT_ASSERT_OK(nrt_select_compare(one, NRT_FLOAT32, NRT_COMPARE_LESS, addr(first), addr(a), addr(b),
                                   desc.data()));
  NRT_ASSERT_OK(nrt_select_compare(two, NRT_FLOAT32, NRT_COMPARE_LESS, addr(second), addr(a), addr(b),
                                   desc.data()));
  EXPECT_EQ(first, second);
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

TEST(SelectTest, WrongArgumentsAreRefused) {
  std::vector<float> x(4);
  std::vector<uint8_t> y(4);
  const std::vector<int64_t> desc{1, 4, 1, 1}, three{1, 4, 1, 1, 1};
  const auto call = [&](int32_t dtype, int32_t op, nrt_ptr out, nrt_ptr a) {
    return nrt_select_compare(ctx(), dtype, op, out, a, addr(x), desc.data());
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, 11, addr(y), addr(x)));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, -1, addr(y), addr(x)));
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_BFLOAT16, NRT_COMPARE_EQUAL, addr(y), addr(x)));
  EXPECT_EQ(NRT_UNSUPPORTED, call(NRT_FLOAT32, NRT_LOGIC_AND, addr(y), addr(x)));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_COMPARE_EQUAL, 0, addr(x)));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, call(NRT_FLOAT32, NRT_COMPARE_EQUAL, addr(y), 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_select_where(ctx(), NRT_FLOAT32, addr(x), 0, addr(x), addr(x), three.data()));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_select_where(ctx(), NRT_FLOAT16, addr(x), addr(y), addr(x), addr(x),
                                              three.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_select_where(0, NRT_FLOAT32, addr(x), addr(y), addr(x), addr(x),
                                                   three.data()));
}

}  // namespace
