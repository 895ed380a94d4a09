#include "ops/ctc/ctc.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Task {
  int64_t batch, time, classes, labels, blank;
  std::vector<int64_t> targets, input_lengths, target_lengths;
};

template <typename T>
struct Result {
  std::vector<T> loss, lse, dlogits;
};

template <typename T>
Result<T> run(const Task& t, const std::vector<T>& logits, const std::vector<T>& dloss, nrt_ctx context = ctx()) {
  Result<T> r = {std::vector<T>(static_cast<size_t>(t.batch)), std::vector<T>(static_cast<size_t>(t.batch * t.time)),
                 std::vector<T>(logits.size(), T(77))};
  EXPECT_EQ(NRT_OK, nrt_ctc_fwd(context, Code<T>::value, addr(r.loss), addr(r.lse), addr(logits), addr(t.targets),
                                addr(t.input_lengths), addr(t.target_lengths), t.batch, t.time, t.classes, t.labels,
                                t.blank))
      << nrt_last_error();
  EXPECT_EQ(NRT_OK, nrt_ctc_bwd(context, Code<T>::value, addr(r.dlogits), addr(dloss), addr(logits), addr(r.lse),
                                addr(t.targets), addr(t.input_lengths), addr(t.target_lengths), t.batch, t.time,
                                t.classes, t.labels, t.blank))
      << nrt_last_error();
  return r;
}

// The naive reference: every path of `steps` classes is collapsed and compared with the target.
struct Enumerated {
  double probability = 0;
  std::vector<double> share;  // [steps, classes]: probability of the paths through a class
};

Enumerated enumerate(const std::vector<double>& probs, int64_t steps, int64_t classes, int64_t blank,
                     const std::vector<int64_t>& target) {
  Enumerated e;
  e.share.resize(probs.size());
  int64_t paths = 1;
  for (int64_t t = 0; t < steps; ++t) paths *= classes;
  for (int64_t p = 0; p < paths; ++p) {
    std::vector<size_t> at;
    std::vector<int64_t> collapsed;
    int64_t rest = p, before = blank;
    double product = 1;
    for (int64_t t = 0; t < steps; ++t, rest /= classes) {
      const int64_t k = rest % classes;
      at.push_back(static_cast<size_t>(t * classes + k));
      product *= probs[at.back()];
      if (k != blank && k != before) collapsed.push_back(k);
      before = k;
    }
    if (collapsed != target) continue;
    e.probability += product;
    for (size_t i : at) e.share[i] += product;
  }
  return e;
}

template <typename T>
void compare(const Task& t, uint64_t seed) {
  const auto logits = uniform<T>(t.batch * t.time * t.classes, seed, -2, 2);
  const auto dloss = uniform<T>(t.batch, seed + 1, 0.5, 2);
  std::vector<double> loss, gradient;
  for (int64_t b = 0; b < t.batch; ++b) {
    const auto bi = static_cast<size_t>(b);
    std::vector<double> probs;
    for (int64_t s = 0; s < t.input_lengths[bi]; ++s) {
      double sum = 0;
      const auto row = static_cast<size_t>((b * t.time + s) * t.classes);
      const auto power = [&](int64_t k) {
        return std::exp(static_cast<double>(logits[row + static_cast<size_t>(k)]));
      };
      for (int64_t k = 0; k < t.classes; ++k) sum += power(k);
      for (int64_t k = 0; k < t.classes; ++k) probs.push_back(power(k) / sum);
    }
    const auto first = t.targets.begin() + b * t.labels;
    const Enumerated e = enumerate(probs, t.input_lengths[bi], t.classes, t.blank,
                                   std::vector<int64_t>(first, first + t.target_lengths[bi]));
    loss.push_back(e.probability > 0 ? -std::log(e.probability) : std::numeric_limits<double>::infinity());
    for (size_t i = 0; i < static_cast<size_t>(t.time * t.classes); ++i) {
      const bool counts = i < probs.size() && e.probability > 0;
      gradient.push_back(counts ? static_cast<double>(dloss[bi]) * (probs[i] - e.share[i] / e.probability) : 0);
    }
  }
  const double tolerance = sizeof(T) == 4 ? 5e-6 : 1e-12;
  const Result<T> got = run<T>(t, logits, dloss);
  for (size_t b = 0; b < loss.size(); ++b) {
    if (std::isinf(loss[b])) {
      EXPECT_TRUE(std::isinf(got.loss[b]) && got.loss[b] > 0) << b;
      loss[b] = 0;
    } else {
      EXPECT_NEAR(loss[b], static_cast<double>(got.loss[b]), tolerance * (1 + loss[b])) << b;
    }
  }
  expect_close(got.dlogits, gradient, tolerance, tolerance);
}

template <typename T>
class Ctc : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Ctc, Types);

TYPED_TEST(Ctc, EqualsTheSumOverAllPathsForEveryTargetOfEveryShortLength) {
  for (int64_t steps = 0; steps <= 5; ++steps) {
    for (int64_t length = 0; length <= 3; ++length) {
      int64_t targets = 1;
      for (int64_t i = 0; i < length; ++i) targets *= 2;
      Task t = {targets, steps, 3, length, 0, {}, std::vector<int64_t>(static_cast<size_t>(targets), steps),
                std::vector<int64_t>(static_cast<size_t>(targets), length)};
      for (int64_t p = 0; p < targets; ++p) {
        for (int64_t i = 0, rest = p; i < length; ++i, rest /= 2) t.targets.push_back(1 + rest % 2);
      }
      SCOPED_TRACE(testing::Message() << "steps " << steps << " length " << length);
      compare<TypeParam>(t, static_cast<uint64_t>(10 * steps + length + 1));
    }
  }
}

TYPED_TEST(Ctc, PaddedBatchesRepeatsEmptyTargetsAndOtherBlanks) {
  // Entries past the lengths are no labels at all: they must not be read.
  compare<TypeParam>({4, 6, 4, 3, 0, {1, 2, 3, 2, 2, -9, 3, 999, -1, -5, -5, -5}, {6, 5, 1, 4}, {3, 2, 1, 0}}, 3);
  compare<TypeParam>({3, 5, 4, 3, 3, {0, 1, 2, 1, 1, 1, 2, 3, 3}, {5, 5, 3}, {3, 3, 1}}, 4);
  compare<TypeParam>({2, 4, 3, 2, 1, {0, 2, 2, 2}, {4, 2}, {2, 2}}, 5);
  compare<TypeParam>({2, 3, 1, 1, 0, {0, 0}, {3, 0}, {0, 0}}, 6);
}

TYPED_TEST(Ctc, ImpossibleTargetsAreInfiniteWithGradientZero) {
  const Task t = {3, 3, 4, 4, 0, {1, 2, 3, 1, 2, 2, 2, 0, 1, 2, 0, 0}, {3, 3, 0}, {4, 2, 1}};
  const auto logits = uniform<TypeParam>(36, 1);
  const auto r = run<TypeParam>(t, logits, std::vector<TypeParam>(3, TypeParam(1)));
  EXPECT_TRUE(std::isinf(r.loss[0]) && r.loss[0] > 0);
  EXPECT_TRUE(std::isfinite(r.loss[1]));
  EXPECT_TRUE(std::isinf(r.loss[2]));
  for (size_t i = 0; i < 36; ++i) EXPECT_EQ(i >= 12 && i < 24, r.dlogits[i] != 0) << i;
}

TYPED_TEST(Ctc, UniformProbabilitiesHaveTheCountedLosses) {
  const Task two = {1, 2, 3, 1, 0, {1}, {2}, {1}};
  const Task ab = {1, 3, 3, 2, 0, {1, 2}, {3}, {2}}, aa = {1, 3, 3, 2, 0, {1, 1}, {3}, {2}};
  const std::vector<TypeParam> one = {TypeParam(1)};
  EXPECT_NEAR(1.098612, static_cast<double>(run<TypeParam>(two, std::vector<TypeParam>(6), one).loss[0]), 1e-6);
  EXPECT_NEAR(1.686399, static_cast<double>(run<TypeParam>(ab, std::vector<TypeParam>(9), one).loss[0]), 1e-6);
  EXPECT_NEAR(3.295837, static_cast<double>(run<TypeParam>(aa, std::vector<TypeParam>(9), one).loss[0]), 1e-6);
}

TYPED_TEST(Ctc, LongSequencesAndLargeLogitsStayFinite) {
  Task t = {1, 2000, 50, 400, 0, {}, {2000}, {400}};
  for (int64_t i = 0; i < 400; ++i) t.targets.push_back(1 + i % 49);
  const auto r = run<TypeParam>(t, uniform<TypeParam>(100000, 1, -300, 300), {TypeParam(1)});
  EXPECT_TRUE(std::isfinite(r.loss[0]) && r.loss[0] > 10000) << r.loss[0];
  double sum = 0;
  for (TypeParam v : r.dlogits) {
    ASSERT_TRUE(std::isfinite(v) && std::fabs(v) <= 1.0001);
    sum += static_cast<double>(v);
  }
  EXPECT_NEAR(0, sum, 1e-2);  // softmax and shares both sum to 1 at every step
}

TYPED_TEST(Ctc, NanStaysInItsSample) {
  const Task t = {2, 3, 3, 1, 0, {1, 1}, {3, 3}, {1, 1}};
  auto logits = uniform<TypeParam>(18, 1);
  logits[4] = TypeParam(NAN);
  const auto r = run<TypeParam>(t, logits, {TypeParam(1), TypeParam(1)});
  EXPECT_TRUE(std::isnan(r.loss[0]));
  EXPECT_TRUE(std::isfinite(r.loss[1]));
  for (size_t i = 9; i < 18; ++i) EXPECT_TRUE(std::isfinite(r.dlogits[i]));
}

TYPED_TEST(Ctc, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  Task t = {17, 61, 11, 13, 10, {}, {}, {}};
  for (int64_t b = 0; b < 17; ++b) {
    for (int64_t i = 0; i < 13; ++i) t.targets.push_back((b * i) % 10);
    t.input_lengths.push_back(61 - 2 * b);
    t.target_lengths.push_back(b % 14);
  }
  const auto logits = uniform<TypeParam>(17 * 61 * 11, 1);
  const auto dloss = uniform<TypeParam>(17, 2);
  const auto f = run<TypeParam>(t, logits, dloss, one), g = run<TypeParam>(t, logits, dloss, many);
  EXPECT_EQ(f.loss, g.loss);
  EXPECT_EQ(f.dlogits, g.dlogits);
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(CtcErrors, WrongArgumentsAreRefused) {
  std::vector<float> x(12), loss(2), lse(4);
  const auto status = [&](std::vector<int64_t> targets, std::vector<int64_t> in, std::vector<int64_t> out,
                          int64_t blank, int32_t dtype = NRT_FLOAT32) {
    return nrt_ctc_fwd(ctx(), dtype, addr(loss), addr(lse), addr(x), addr(targets), addr(in), addr(out), 2, 2,
                       3, 2, blank);
  };
  EXPECT_EQ(NRT_OK, status({1, 2, 1, 2}, {2, 2}, {2, 2}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 2, 1, 3}, {2, 2}, {2, 2}, 0));
  EXPECT_STREQ("ctc: expected labels in [0, 3) other than the blank 0, given 3 at [1, 1]", nrt_last_error());
  EXPECT_EQ(NRT_OK, status({1, 2, 1, 3}, {2, 2}, {2, 1}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 0, 1, 2}, {2, 2}, {2, 2}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, -1, 1, 2}, {2, 2}, {2, 2}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 2, 1, 2}, {2, 3}, {2, 2}, 0));
  EXPECT_STREQ("ctc: expected input lengths in [0, 2], given 3 at index 1", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 2, 1, 2}, {-1, 2}, {2, 2}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 2, 1, 2}, {2, 2}, {3, 2}, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status({1, 2, 1, 2}, {2, 2}, {2, 2}, 3));
  EXPECT_EQ(NRT_UNSUPPORTED, status({1, 2, 1, 2}, {2, 2}, {2, 2}, 0, NRT_INT32));
  std::vector<int64_t> targets(4, 1), lengths(2, 1);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctc_fwd(ctx(), NRT_FLOAT32, 0, addr(lse), addr(x), addr(targets), addr(lengths),
                                              addr(lengths), 2, 2, 3, 2, 0));
  EXPECT_STREQ("ctc: loss is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctc_fwd(ctx(), NRT_FLOAT32, addr(loss), addr(lse), addr(x), addr(targets),
                                              addr(lengths), addr(lengths), 2, INT64_MAX / 4, 3, 2, 0));
}

}  // namespace
