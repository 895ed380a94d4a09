#include "ops/scan/scan.h"

#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

struct Size {
  int64_t outer, n, inner;
};
const Size kSizes[] = {{1, 1, 1},  {0, 3, 2},  {3, 0, 2},    {5, 7, 1},
                       {2, 13, 3}, {3, 5, 67}, {1, 4001, 1}, {7, 31, 129}};

template <typename T>
std::vector<double> naive(const std::vector<T>& x, const Size& s, bool product, bool exclusive,
                          bool reverse) {
  std::vector<double> y(x.size());
  for (int64_t o = 0; o < s.outer; ++o) {
    for (int64_t j = 0; j < s.inner; ++j) {
      double sum = product ? 1 : 0;
      for (int64_t k = 0; k < s.n; ++k) {
        const int64_t i = reverse ? s.n - 1 - k : k;
        const auto at = static_cast<size_t>((o * s.n + i) * s.inner + j);
        const double before = sum;
        sum = product ? sum * static_cast<double>(x[at]) : sum + static_cast<double>(x[at]);
        y[at] = exclusive ? before : sum;
      }
    }
  }
  return y;
}

template <typename T>
class Scan : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Scan, Types);

TYPED_TEST(Scan, EqualsTheNaiveLoop) {
  const double tolerance = sizeof(TypeParam) == 4 ? 1e-6 : 1e-12;
  for (const Size& s : kSizes) {
    const auto x = uniform<TypeParam>(s.outer * s.n * s.inner, 3, 0.5, 1.4);
    for (int flags = 0; flags < 8; ++flags) {
      std::vector<TypeParam> y(x.size());
      NRT_ASSERT_OK(nrt_scan_fwd(ctx(), Code<TypeParam>::value, flags & 1, addr(y), addr(x),
                                 s.outer, s.n, s.inner, (flags >> 1) & 1, (flags >> 2) & 1));
      nrt_test::expect_close(y, naive(x, s, flags & 1, (flags >> 1) & 1, (flags >> 2) & 1),
                             tolerance, 1e-30);
    }
  }
}

TYPED_TEST(Scan, LinearRecurrenceEqualsTheNaiveLoop) {
  const double tolerance = sizeof(TypeParam) == 4 ? 1e-5 : 1e-12;
  for (const Size& s : kSizes) {
    const auto a = uniform<TypeParam>(s.outer * s.n * s.inner, 3),
               b = uniform<TypeParam>(s.outer * s.n * s.inner, 4);
    for (int32_t reverse : {0, 1}) {
      std::vector<double> want(a.size());
      for (int64_t o = 0; o < s.outer; ++o) {
        for (int64_t j = 0; j < s.inner; ++j) {
          double last = 0;
          for (int64_t k = 0; k < s.n; ++k) {
            const int64_t i = reverse != 0 ? s.n - 1 - k : k;
            const auto at = static_cast<size_t>((o * s.n + i) * s.inner + j);
            want[at] = last = static_cast<double>(a[at]) + static_cast<double>(b[at]) * last;
          }
        }
      }
      std::vector<TypeParam> y(a.size());
      NRT_ASSERT_OK(nrt_scan_linear(ctx(), Code<TypeParam>::value, addr(y), addr(a), addr(b),
                                    s.outer, s.n, s.inner, reverse));
      nrt_test::expect_close(y, want, tolerance, tolerance);
    }
  }
}

TEST(ScanWhole, WrapsRoundAndCountsExactly) {
  const std::vector<int64_t> x = {INT64_MAX, 1, 5};
  std::vector<int64_t> y(3);
  NRT_ASSERT_OK(nrt_scan_fwd(ctx(), NRT_INT64, 0, addr(y), addr(x), 1, 3, 1, 0, 0));
  EXPECT_EQ((std::vector<int64_t>{INT64_MAX, INT64_MIN, INT64_MIN + 5}), y);
  const std::vector<int32_t> a = {3, 4, 5};
  std::vector<int32_t> b(3);
  NRT_ASSERT_OK(nrt_scan_fwd(ctx(), NRT_INT32, 1, addr(b), addr(a), 1, 3, 1, 1, 0));
  EXPECT_EQ((std::vector<int32_t>{1, 3, 12}), b);
}

TEST(ScanThreads, DoNotChangeTheBits) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  const auto x = uniform<float>(61 * 257 * 71, 9);
  std::vector<float> a(x.size()), b(x.size());
  NRT_ASSERT_OK(nrt_scan_fwd(one, NRT_FLOAT32, 0, addr(a), addr(x), 61, 257, 71, 0, 0));
  NRT_ASSERT_OK(nrt_scan_fwd(many, NRT_FLOAT32, 0, addr(b), addr(x), 61, 257, 71, 0, 0));
  EXPECT_EQ(a, b);
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(ScanErrors, WrongArgumentsAreRefused) {
  std::vector<float> a(4);
  const nrt_ptr p = addr(a);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scan_fwd(ctx(), NRT_FLOAT32, 2, p, p, 1, 4, 1, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scan_fwd(ctx(), NRT_FLOAT32, 0, 0, p, 1, 4, 1, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scan_fwd(ctx(), NRT_FLOAT32, 0, p, p, 1, -4, 1, 0, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_scan_fwd(ctx(), NRT_BOOL, 0, p, p, 1, 4, 1, 0, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_scan_linear(ctx(), NRT_INT32, p, p, p, 1, 4, 1, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scan_linear(ctx(), NRT_FLOAT32, p, p, 0, 1, 4, 1, 0));
}

}  // namespace
