#include "ops/random/random.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;

constexpr int64_t kDraws = 1 << 20;

template <typename T>
class RandomFill : public ::testing::Test {
 protected:
  static std::vector<T> draw(int32_t kind, int64_t n, double p0, double p1, int64_t seed = 7,
                             int64_t stream = 3, int64_t offset = 0, nrt_ctx context = ctx()) {
    std::vector<T> y(static_cast<size_t>(n));
    EXPECT_EQ(NRT_OK, nrt_random_fill(context, Code<T>::value, kind, addr(y), n, p0, p1, seed,
                                      stream, offset))
        << nrt_last_error();
    return y;
  }
  static constexpr int64_t per_block = sizeof(T) == 4 ? 4 : 2;
};

struct Moments {
  double mean = 0, variance = 0, skew = 0, kurtosis = 0, low = INFINITY, high = -INFINITY;
};

template <typename T>
Moments moments(const std::vector<T>& values) {
  Moments m;
  const double n = static_cast<double>(values.size());
  for (T v : values) {
    m.mean += static_cast<double>(v) / n;
    m.low = std::min(m.low, static_cast<double>(v));
    m.high = std::max(m.high, static_cast<double>(v));
  }
  for (T v : values) m.variance += std::pow(static_cast<double>(v) - m.mean, 2) / n;
  for (T v : values) {
    const double z = (static_cast<double>(v) - m.mean) / std::sqrt(m.variance);
    m.skew += z * z * z / n;
    m.kurtosis += z * z * z * z / n;
  }
  return m;
}

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RandomFill, Types);

TYPED_TEST(RandomFill, UniformUsesTheWordsOfItsBlocks) {
  const auto y = this->draw(NRT_RANDOM_UNIFORM, 1031, 0, 1, 11, 5, 100);
  for (int64_t i = 0; i < 1031; ++i) {
    const auto block = static_cast<uint64_t>(100 + i / this->per_block);
    const nrt_philox_block b = nrt_philox(11, 5, block);
    const int64_t lane = i % this->per_block;
    const double want = sizeof(TypeParam) == 4
                            ? static_cast<double>(nrt_uniform_f32(b.v[lane]))
                            : nrt_uniform_f64(b.v[2 * lane % 4], b.v[(2 * lane + 1) % 4]);
    ASSERT_EQ(want, static_cast<double>(y[static_cast<size_t>(i)])) << i;
  }
}

TYPED_TEST(RandomFill, UniformHasItsMomentsAndBounds) {
  const Moments m = moments(this->draw(NRT_RANDOM_UNIFORM, kDraws, -2, 6));
  EXPECT_NEAR(2, m.mean, 0.02);
  EXPECT_NEAR(64.0 / 12, m.variance, 0.01 * 64 / 12);
  EXPECT_GE(m.low, -2);
  EXPECT_LT(m.high, 6);
  EXPECT_NEAR(-2, m.low, 1e-3);
  EXPECT_NEAR(6, m.high, 1e-3);
}

TYPED_TEST(RandomFill, UniformNeverReachesItsUpperEndThroughRounding) {
  const double low = 16777215, high = 16777216;  // float has nothing in between
  for (TypeParam v : this->draw(NRT_RANDOM_UNIFORM, 1000, low, high)) {
    ASSERT_GE(static_cast<double>(v), low);
    ASSERT_LT(static_cast<double>(v), high);
  }
  for (TypeParam v : this->draw(NRT_RANDOM_UNIFORM, 10, 3, 3)) ASSERT_EQ(TypeParam(3), v);
}

TYPED_TEST(RandomFill, NormalHasTheMomentsOfTheNormalDistribution) {
  const Moments m = moments(this->draw(NRT_RANDOM_NORMAL, kDraws, 1.5, 2));
  EXPECT_NEAR(1.5, m.mean, 0.015);
  EXPECT_NEAR(4, m.variance, 0.04);
  EXPECT_NEAR(0, m.skew, 0.02);
  EXPECT_NEAR(3, m.kurtosis, 0.05);
  EXPECT_LT(m.low, 1.5 - 2 * 4.2);
  EXPECT_GT(m.high, 1.5 + 2 * 4.2);
}

TYPED_TEST(RandomFill, NormalIsBoxMullerOfTheUniformWords) {
  const auto y = this->draw(NRT_RANDOM_NORMAL, 4097, 0, 1, 13, 2, 9);
  std::vector<double> want;
  for (uint64_t block = 9; want.size() < y.size(); ++block) {
    const nrt_philox_block b = nrt_philox(13, 2, block);
    const int pairs = sizeof(TypeParam) == 4 ? 2 : 1;
    for (int p = 0; p < pairs; ++p) {
      const double u = pairs == 2 ? (b.v[2 * p] + 0.5) * 0x1p-32
                                  : nrt_uniform_f64(b.v[0], b.v[1]) + 0x1p-54;
      const double turn = pairs == 2 ? b.v[2 * p + 1] * 0x1p-32 : nrt_uniform_f64(b.v[2], b.v[3]);
      const double r = std::sqrt(-2 * std::log(u));
      want.push_back(r * std::cos(2 * M_PI * turn));
      want.push_back(r * std::sin(2 * M_PI * turn));
    }
  }
  want.resize(y.size());
  nrt_test::expect_close(y, want, 0, sizeof(TypeParam) == 4 ? 2e-6 : 1e-14);
}

TYPED_TEST(RandomFill, TruncatedNormalStaysWithinTwoDeviations) {
  const Moments m = moments(this->draw(NRT_RANDOM_TRUNCATED_NORMAL, kDraws, -1, 0.5));
  EXPECT_NEAR(-1, m.mean, 0.01);
  const double factor = 0.87962566103423978;  // deviation of the normal cut at two deviations
  EXPECT_NEAR(0.25 * factor * factor, m.variance, 0.01 * 0.25);
  EXPECT_GE(m.low, -2);
  EXPECT_LE(m.high, 0);
}

TYPED_TEST(RandomFill, BernoulliIsOneWithItsProbability) {
  const auto y = this->draw(NRT_RANDOM_BERNOULLI, kDraws, 0.3, 0);
  int64_t ones = 0;
  for (TypeParam v : y) {
    ASSERT_TRUE(v == 0 || v == 1);
    ones += v == 1;
  }
  EXPECT_NEAR(0.3, static_cast<double>(ones) / kDraws, 0.003);
  for (TypeParam v : this->draw(NRT_RANDOM_BERNOULLI, 999, 0, 0)) ASSERT_EQ(TypeParam(0), v);
  for (TypeParam v : this->draw(NRT_RANDOM_BERNOULLI, 999, 1, 0)) ASSERT_EQ(TypeParam(1), v);
}

TYPED_TEST(RandomFill, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  for (int32_t kind = NRT_RANDOM_UNIFORM; kind <= NRT_RANDOM_BERNOULLI; ++kind) {
    EXPECT_EQ(this->draw(kind, 100003, 0, 1, 1, 2, 3, one),
              this->draw(kind, 100003, 0, 1, 1, 2, 3, many))
        << kind;
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TYPED_TEST(RandomFill, DoesNotDependOnTheSplitIntoCalls) {
  const int64_t cut = 1236, n = 5003;
  for (int32_t kind = NRT_RANDOM_UNIFORM; kind <= NRT_RANDOM_BERNOULLI; ++kind) {
    const auto whole = this->draw(kind, n, 0, 1, 5, 6, 1000);
    auto joined = this->draw(kind, cut, 0, 1, 5, 6, 1000);
    const auto rest = this->draw(kind, n - cut, 0, 1, 5, 6, 1000 + cut / this->per_block);
    joined.insert(joined.end(), rest.begin(), rest.end());
    EXPECT_EQ(whole, joined) << kind;
  }
}

TYPED_TEST(RandomFill, SeedAndStreamChangeTheNumbers) {
  const auto base = this->draw(NRT_RANDOM_NORMAL, 64, 0, 1, 1, 1);
  EXPECT_NE(base, this->draw(NRT_RANDOM_NORMAL, 64, 0, 1, 2, 1));
  EXPECT_NE(base, this->draw(NRT_RANDOM_NORMAL, 64, 0, 1, 1, 2));
  EXPECT_NE(base, this->draw(NRT_RANDOM_NORMAL, 64, 0, 1, 1LL << 40 | 1, 1));
}

TYPED_TEST(RandomFill, WritesExactlyTheElementsAskedFor) {
  for (int64_t n : {0, 1, 2, 3, 4, 5, 7, 1023, 1025}) {
    for (int32_t kind = NRT_RANDOM_UNIFORM; kind <= NRT_RANDOM_BERNOULLI; ++kind) {
      std::vector<TypeParam> y(static_cast<size_t>(n) + 1, TypeParam(99));
      NRT_ASSERT_OK(nrt_random_fill(ctx(), Code<TypeParam>::value, kind, addr(y), n, 0, 1, 1, 1, 0));
      EXPECT_EQ(TypeParam(99), y.back());
      EXPECT_EQ(0, std::count(y.begin(), y.end() - 1, TypeParam(99)));
    }
  }
}

std::vector<int64_t> integers(int64_t n, int64_t low, int64_t high, int64_t offset = 0) {
  std::vector<int64_t> y(static_cast<size_t>(n));
  EXPECT_EQ(NRT_OK, nrt_random_integers(ctx(), addr(y), n, low, high, 21, 4, offset))
      << nrt_last_error();
  return y;
}

TEST(RandomIntegers, AreUniformOverTheirRange) {
  std::vector<int64_t> counts(7);
  for (int64_t v : integers(kDraws, -3, 4)) {
    ASSERT_GE(v, -3);
    ASSERT_LT(v, 4);
    ++counts[static_cast<size_t>(v + 3)];
  }
  for (int64_t count : counts) EXPECT_NEAR(kDraws / 7.0, static_cast<double>(count), kDraws * 0.002);
}

TEST(RandomIntegers, HaveNoModuloBiasInAWideRange) {
  // Range of 3/4 of 2^64: a plain modulo would hit its first third twice as often.
  const int64_t low = INT64_MIN, high = 1LL << 62;
  int64_t below = 0;
  for (int64_t v : integers(kDraws / 4, low, high)) {
    ASSERT_LT(v, high);
    below += v < low + (1LL << 62);
  }
  EXPECT_NEAR(1.0 / 3, static_cast<double>(below) / (kDraws / 4), 0.005);
}

TEST(RandomIntegers, DoNotDependOnTheSplitIntoCalls) {
  auto joined = integers(1000, 0, 1000, 50);
  const auto rest = integers(2001, 0, 1000, 50 + 500);
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(integers(3001, 0, 1000, 50), joined);
}

TEST(RandomPermutation, HoldsEveryIndexOnce) {
  for (int64_t n : {0, 1, 2, 3, 511, 512, 513, 10007}) {
    std::vector<int64_t> y(static_cast<size_t>(n));
    NRT_ASSERT_OK(nrt_random_permutation(ctx(), addr(y), n, 3, 1, 0));
    std::vector<int64_t> sorted = y;
    std::sort(sorted.begin(), sorted.end());
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(i, sorted[static_cast<size_t>(i)]);
    if (n > 500) {
      EXPECT_NE(sorted, y);
    }
  }
}

TEST(RandomPermutation, MakesEveryOrderEquallyOften) {
  std::vector<int> counts(24);
  std::vector<int64_t> y(4);
  for (int64_t seed = 0; seed < 24000; ++seed) {
    NRT_ASSERT_OK(nrt_random_permutation(ctx(), addr(y), 4, seed, 0, 0));
    size_t rank = 0;
    for (size_t i = 0; i < 4; ++i) {
      size_t smaller = 0;
      for (size_t k = i + 1; k < 4; ++k) smaller += y[k] < y[i];
      rank = rank * (4 - i) + smaller;
    }
    ++counts[rank];
  }
  for (int count : counts) EXPECT_NEAR(1000, count, 160);  // five deviations
}

TEST(Random, WrongArgumentsAreRefused) {
  std::vector<float> y(4);
  std::vector<int64_t> k(4);
  const auto fill = [&](int32_t dtype, int32_t kind, nrt_ptr p, int64_t n, double p0, double p1) {
    return nrt_random_fill(ctx(), dtype, kind, p, n, p0, p1, 0, 0, 0);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, fill(NRT_INT32, 0, addr(y), 4, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, 9, addr(y), 4, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, 0, addr(y), -1, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, 0, addr(y), INT64_MAX, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, 0, 0, 4, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, NRT_RANDOM_UNIFORM, addr(y), 4, 1, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, NRT_RANDOM_BERNOULLI, addr(y), 4, 1.5, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fill(NRT_FLOAT32, NRT_RANDOM_NORMAL, addr(y), 4, NAN, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_random_integers(ctx(), addr(k), 4, 5, 5, 0, 0, 0));
  EXPECT_STREQ("random_integers: range [5, 5) is empty", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_random_integers(ctx(), 0, 4, 0, 5, 0, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_random_permutation(ctx(), 0, 4, 0, 0, 0));
}

}  // namespace
