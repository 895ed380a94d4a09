#include "ops/fft/fft.h"

#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

template <typename T>
class Fft : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Fft, Types);

constexpr double kPi = 3.14159265358979323846;

TYPED_TEST(Fft, EqualsTheDefinitionForAnyLength) {
  for (int64_t n : {1, 2, 3, 4, 5, 8, 12, 31, 64, 97, 128, 243, 1000}) {
    const int64_t batch = 3;
    const auto re = uniform<TypeParam>(batch * n, 1), im = uniform<TypeParam>(batch * n, 2);
    for (int form = 0; form < 4; ++form) {
      const bool inverse = (form & 1) != 0, real = (form & 2) != 0;
      std::vector<TypeParam> yr(re.size()), yi(re.size());
      NRT_ASSERT_OK(nrt_fft_fwd(ctx(), Code<TypeParam>::value, addr(yr), addr(yi), addr(re),
                                real ? 0 : addr(im), batch, n, inverse));
      std::vector<double> wr(re.size()), wi(re.size());
      for (int64_t r = 0; r < batch; ++r) {
        for (int64_t k = 0; k < n; ++k) {
          const auto at = static_cast<size_t>(r * n + k);
          for (int64_t t = 0; t < n; ++t) {
            const double angle =
                (inverse ? 2 : -2) * kPi * static_cast<double>(k * t % n) / static_cast<double>(n);
            const double a = static_cast<double>(re[static_cast<size_t>(r * n + t)]);
            const double b = real ? 0 : static_cast<double>(im[static_cast<size_t>(r * n + t)]);
            wr[at] += a * std::cos(angle) - b * std::sin(angle);
            wi[at] += a * std::sin(angle) + b * std::cos(angle);
          }
        }
      }
      const double tolerance = sizeof(TypeParam) == 4 ? 1e-6 * std::sqrt(n) : 1e-12 * std::sqrt(n);
      nrt_test::expect_close(yr, wr, 1e-6, tolerance);
      nrt_test::expect_close(yi, wi, 1e-6, tolerance);
    }
  }
}

TEST(FftLong, ThereAndBackIsTheSignalTimesItsLength) {
  for (int64_t n : {int64_t{65536}, int64_t{65537}}) {
    const auto x = uniform<double>(n, 5);
    std::vector<double> re(x.size()), im(x.size()), back(x.size()), rest(x.size());
    NRT_ASSERT_OK(nrt_fft_fwd(ctx(), NRT_FLOAT64, addr(re), addr(im), addr(x), 0, 1, n, 0));
    NRT_ASSERT_OK(
        nrt_fft_fwd(ctx(), NRT_FLOAT64, addr(back), addr(rest), addr(re), addr(im), 1, n, 1));
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_NEAR(x[i], back[i] / static_cast<double>(n), 1e-12);
      ASSERT_NEAR(0, rest[i] / static_cast<double>(n), 1e-12);
    }
  }
}

TEST(FftThreads, DoNotChangeTheBits) {
  for (const int64_t n : {256, 243}) {
    const int64_t batch = 61;
    const auto re = uniform<float>(batch * n, 6), im = uniform<float>(batch * n, 7);
    nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
      std::vector<float> yr(re.size()), yi(re.size());
      EXPECT_EQ(NRT_OK, nrt_fft_fwd(c, NRT_FLOAT32, addr(yr), addr(yi), addr(re), addr(im), batch,
                                    n, 1));
      yr.insert(yr.end(), yi.begin(), yi.end());
      return yr;
    });
  }
}

TEST(FftErrors, WrongArgumentsAreRefused) {
  std::vector<float> a(4);
  const nrt_ptr p = addr(a);
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_fft_fwd(ctx(), NRT_INT32, p, p, p, 0, 1, 4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_fft_fwd(ctx(), NRT_FLOAT32, p, p, 0, 0, 1, 4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_fft_fwd(ctx(), NRT_FLOAT32, p, p, p, 0, 1, -4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_fft_fwd(ctx(), NRT_FLOAT32, p, p, p, 0, 1, int64_t{1} << 41, 0));
  EXPECT_EQ(NRT_OK, nrt_fft_fwd(ctx(), NRT_FLOAT32, 0, 0, 0, 0, 0, 4, 0));
}

}  // namespace
