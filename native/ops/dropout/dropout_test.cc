#include "ops/dropout/dropout.h"

#include <cmath>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

template <typename T>
class Dropout : public ::testing::Test {
 protected:
  static std::vector<T> run(const std::vector<T>& x, double rate, int64_t offset = 0,
                            nrt_ctx context = ctx()) {
    std::vector<T> y(x.size(), T(-77));
    EXPECT_EQ(NRT_OK, nrt_dropout_fwd(context, Code<T>::value, addr(y), addr(x),
                                      static_cast<int64_t>(x.size()), rate, 5, 9, offset))
        << nrt_last_error();
    return y;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Dropout, Types);

TYPED_TEST(Dropout, KeepsAndScalesByTheWordOfEachElement) {
  for (int64_t n : {0, 1, 2, 3, 5, 1023, 1024, 1025, 40009}) {
    const auto x = uniform<TypeParam>(n, 1, 0.5, 2);
    for (double rate : {0.0, 0.2, 0.5, 0.999}) {
      const auto y = this->run(x, rate, 77);
      for (int64_t i = 0; i < n; ++i) {
        const nrt_philox_block b = nrt_philox(5, 9, static_cast<uint64_t>(77 + i / 4));
        const bool kept = static_cast<double>(nrt_uniform_f32(b.v[i % 4])) >= rate;
        const auto at = static_cast<size_t>(i);
        const double want = kept ? static_cast<double>(x[at]) / (1 - rate) : 0;
        ASSERT_NEAR(want, static_cast<double>(y[at]), 1e-6 * want) << i;
        ASSERT_EQ(kept, y[at] != 0) << i;
      }
    }
  }
}

TYPED_TEST(Dropout, KeepsTheMean) {
  const auto y = this->run(std::vector<TypeParam>(1 << 20, TypeParam(1)), 0.3);
  double sum = 0;
  for (TypeParam v : y) sum += static_cast<double>(v);
  EXPECT_NEAR(1, sum / (1 << 20), 0.01);
}

TYPED_TEST(Dropout, WorksInPlace) {
  const auto x = uniform<TypeParam>(5001, 2);
  const auto want = this->run(x, 0.4);
  auto y = x;
  NRT_ASSERT_OK(nrt_dropout_fwd(ctx(), Code<TypeParam>::value, addr(y), addr(y), 5001, 0.4, 5, 9, 0));
  EXPECT_EQ(want, y);
}

TYPED_TEST(Dropout, DropsNanAndInfinityLikeAnyValue) {
  const auto y = this->run(std::vector<TypeParam>(4096, TypeParam(INFINITY)), 0.5);
  for (TypeParam v : y) ASSERT_TRUE(v == 0 || std::isinf(v));
}

TYPED_TEST(Dropout, DoesNotDependOnThreadsOrTheSplitIntoCalls) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 4);
  const auto x = uniform<TypeParam>(100003, 3);
  const auto want = this->run(x, 0.25, 0, one);
  EXPECT_EQ(want, this->run(x, 0.25, 0, many));
  const auto rest = this->run({x.begin() + 60000, x.end()}, 0.25, 15000);
  EXPECT_EQ(rest, std::vector<TypeParam>(want.begin() + 60000, want.end()));
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(DropoutErrors, WrongArgumentsAreRefused) {
  std::vector<float> x(4);
  const auto run = [&](int32_t dtype, nrt_ptr y, nrt_ptr from, int64_t n, double rate) {
    return nrt_dropout_fwd(ctx(), dtype, y, from, n, rate, 0, 0, 0);
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(x), addr(x), 4, 1.0));
  EXPECT_STREQ("dropout: rate must be in [0, 1), given 1", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(x), addr(x), 4, NAN));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(x), addr(x), 4, -0.1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, addr(x), 4, 0.5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(x), 0, 4, 0.5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(x), addr(x), -4, 0.5));
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT64, addr(x), addr(x), 4, 0.5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_dropout_fwd(0, NRT_FLOAT32, addr(x), addr(x), 4, 0, 0, 0, 0));
}

}  // namespace
