#include "ops/sort/sort.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

struct Size {
  int64_t rows, cols, k;
};
const Size kSizes[] = {{0, 3, 3},   {1, 1, 1},    {3, 0, 0},     {5, 7, 3},
                       {2, 17, 17}, {3, 101, 64}, {2, 4001, 65}, {1, 5003, 5003}};

template <typename T>
bool less(T a, T b) {
  if (a != a) return false;
  return b != b || a < b;
}

template <typename T>
class Sort : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Sort, Types);

TYPED_TEST(Sort, IsStableInBothDirections) {
  for (const Size& s : kSizes) {
    auto x = uniform<TypeParam>(s.rows * s.cols, 5, -3, 3);
    for (auto& v : x) v = std::round(v * 2) / 2;  // many ties, both zeros
    if (x.size() > 20) x[3] = x[11] = std::numeric_limits<TypeParam>::quiet_NaN();
    for (int32_t descending : {0, 1}) {
      std::vector<TypeParam> values(static_cast<size_t>(s.rows * s.k));
      std::vector<int64_t> indices(values.size());
      NRT_ASSERT_OK(nrt_sort_rows(ctx(), Code<TypeParam>::value, addr(values), addr(indices),
                                  addr(x), s.rows, s.cols, s.k, descending));
      for (int64_t r = 0; r < s.rows; ++r) {
        std::vector<int64_t> want(static_cast<size_t>(s.cols));
        for (size_t i = 0; i < want.size(); ++i) want[i] = static_cast<int64_t>(i);
        const TypeParam* row = x.data() + r * s.cols;
        std::stable_sort(want.begin(), want.end(), [&](int64_t a, int64_t b) {
          return descending != 0 ? less(row[b], row[a]) : less(row[a], row[b]);
        });
        for (int64_t i = 0; i < s.k; ++i) {
          ASSERT_EQ(want[static_cast<size_t>(i)], indices[static_cast<size_t>(r * s.k + i)])
              << s.cols << " " << i;
        }
      }
    }
  }
}

TEST(SortWhole, OrdersIntegersAndBytes) {
  const std::vector<int64_t> x = {5, INT64_MIN, -1, INT64_MAX, 0};
  std::vector<int64_t> values(5), indices(5);
  NRT_ASSERT_OK(nrt_sort_rows(ctx(), NRT_INT64, addr(values), addr(indices), addr(x), 1, 5, 5, 0));
  EXPECT_EQ((std::vector<int64_t>{INT64_MIN, -1, 0, 5, INT64_MAX}), values);
  const std::vector<uint8_t> b = {200, 3, 0};
  std::vector<uint8_t> sorted(3);
  NRT_ASSERT_OK(nrt_sort_rows(ctx(), NRT_UINT8, addr(sorted), addr(indices), addr(b), 1, 3, 3, 1));
  EXPECT_EQ((std::vector<uint8_t>{200, 3, 0}), sorted);
  const std::vector<int32_t> c = {7, -7};
  std::vector<int32_t> least(1);
  NRT_ASSERT_OK(nrt_sort_rows(ctx(), NRT_INT32, addr(least), addr(indices), addr(c), 1, 2, 1, 0));
  EXPECT_EQ(-7, least[0]);
  EXPECT_EQ(1, indices[0]);
}

TYPED_TEST(Sort, SearchCountsSmallerElements) {
  auto sorted = uniform<TypeParam>(2 * 37, 6, -2, 2);
  for (auto& v : sorted) v = std::round(v * 4) / 4;
  std::sort(sorted.begin(), sorted.begin() + 37);
  std::sort(sorted.begin() + 37, sorted.end());
  std::vector<TypeParam> queries = {-9, TypeParam(-0.25), 0, TypeParam(0.1), 9, 1};
  for (int32_t right : {0, 1}) {
    std::vector<int64_t> y(6);
    NRT_ASSERT_OK(nrt_sort_search(ctx(), Code<TypeParam>::value, addr(y), addr(sorted),
                                  addr(queries), 2, 37, 3, right));
    for (size_t i = 0; i < 6; ++i) {
      int64_t want = 0;
      for (size_t j = 0; j < 37; ++j) {
        const TypeParam v = sorted[i / 3 * 37 + j];
        want += v < queries[i] || (right != 0 && v == queries[i]);
      }
      EXPECT_EQ(want, y[i]);
    }
  }
}

TEST(SortThreads, DoNotChangeTheBits) {
  constexpr int64_t kRows = 301, kCols = 257;
  const auto x = uniform<float>(kRows * kCols, 3);
  const auto queries = uniform<float>(kRows * 31, 4);
  for (const int64_t k : {int64_t{5}, kCols}) {
    nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
      std::vector<float> values(static_cast<size_t>(kRows * k));
      std::vector<int64_t> indices(values.size()), found(queries.size());
      EXPECT_EQ(NRT_OK, nrt_sort_rows(c, NRT_FLOAT32, addr(values), addr(indices), addr(x), kRows,
                                      kCols, k, 1));
      EXPECT_EQ(NRT_OK, nrt_sort_search(c, NRT_FLOAT32, addr(found), addr(x), addr(queries), kRows,
                                        kCols, 31, 0));
      indices.insert(indices.end(), found.begin(), found.end());
      for (float v : values) indices.push_back(static_cast<int64_t>(std::ldexp(v, 40)));
      return indices;
    });
  }
}

TEST(SortEdges, NoRowsOfAnyLengthAreSorted) {
  NRT_ASSERT_OK(nrt_sort_rows(ctx(), NRT_FLOAT32, 0, 0, 0, 0, int64_t{1} << 58, 7, 0));
}

TEST(SortErrors, WrongArgumentsAreRefused) {
  std::vector<float> a(4);
  std::vector<int64_t> i(4);
  const nrt_ptr p = addr(a), k = addr(i);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sort_rows(ctx(), NRT_FLOAT32, p, k, p, 1, 4, 5, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sort_rows(ctx(), NRT_FLOAT32, p, k, p, 1, 4, -1, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sort_rows(ctx(), NRT_FLOAT32, p, k, 0, 1, 4, 4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sort_rows(ctx(), NRT_FLOAT32, p, 0, p, 1, 4, 4, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_sort_rows(ctx(), NRT_BFLOAT16, p, k, p, 1, 4, 4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sort_search(ctx(), NRT_FLOAT32, k, p, p, -1, 4, 4, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_sort_search(ctx(), NRT_BOOL, k, p, p, 1, 4, 4, 0));
}

}  // namespace
