#include "ops/rnn/rnn.h"

#include "core/recurrent_test_support.h"
#include "ops/unary/unary.h"

namespace {

using namespace nrt_test;

const int32_t kActivations[] = {NRT_UNARY_IDENTITY, NRT_UNARY_RELU, NRT_UNARY_SIGMOID, NRT_UNARY_TANH};

double activate(int32_t code, double x) {
  switch (code) {
    case NRT_UNARY_RELU:
      return x > 0 ? x : 0;
    case NRT_UNARY_SIGMOID:
      return naive_sigmoid(x);
    case NRT_UNARY_TANH:
      return std::tanh(x);
    default:
      return x;
  }
}

struct Inputs {
  std::vector<double> projected, u, h0, up;  // up: upstream gradient of h, then of hn

  explicit Inputs(const Packed& p)
      : projected(values(p.total() * p.units, 1)),
        u(values(p.units * p.units, 2, 1 / std::sqrt(static_cast<double>(p.units)))),
        h0(values(p.batch * p.units, 3)),
        up(values((p.total() + p.batch) * p.units, 4)) {}

  std::vector<double> naive(const Packed& p, int32_t activation) const {
    const auto n = static_cast<size_t>(p.units);
    return naive_forward(p, p.units, projected, {h0}, [&](const double* z, auto& states) {
      std::vector<double> h(n);
      for (size_t j = 0; j < n; ++j) {
        double sum = z[j];
        for (size_t i = 0; i < n; ++i) sum += states[0][i] * u[i * n + j];
        h[j] = activate(activation, sum);
      }
      states[0] = h;
    });
  }
};

template <typename T>
struct Computed {
  std::vector<T> h, hn, dp, du, dh0;

  Computed(const Packed& p, const Inputs& in, int32_t activation, nrt_ctx context = ctx()) {
    const auto rows = static_cast<size_t>(p.total() * p.units), state = static_cast<size_t>(p.batch * p.units);
    const auto x = narrowed<T>(in.projected), u = narrowed<T>(in.u), h0 = narrowed<T>(in.h0);
    const auto up = narrowed<T>(in.up);
    h.resize(rows), hn.resize(state), dp.resize(rows), dh0.resize(state), du.resize(u.size(), T(7));
    std::vector<T> previous(rows);
    const std::vector<T> dh(up.begin(), up.begin() + static_cast<int64_t>(rows));
    const std::vector<T> dhn(up.begin() + static_cast<int64_t>(rows), up.end());
    const int32_t code = Code<T>::value;
    EXPECT_EQ(NRT_OK, nrt_rnn_fwd(context, code, addr(h), addr(hn), addr(x), addr(u), addr(h0), p.rows.data(),
                                  p.steps(), p.batch, p.total(), p.units, activation))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_rnn_bwd(context, code, addr(dp), addr(du), addr(dh0), addr(previous), addr(dh),
                                  addr(dhn), addr(h), addr(u), addr(h0), p.rows.data(), p.steps(), p.batch,
                                  p.total(), p.units, activation))
        << nrt_last_error();
  }
  std::vector<T> outputs() const { return joined({h, hn}); }
  std::vector<T> gradients() const { return joined({dp, du, dh0}); }
};

TEST(Rnn, FollowsTheFormula) {
  for (const Packed& p : packed_shapes()) {
    for (int32_t activation : kActivations) {
      SCOPED_TRACE(text(p) + ", activation " + std::to_string(activation));
      const Inputs in(p);
      const std::vector<double> want = in.naive(p, activation);
      expect_close(Computed<double>(p, in, activation).outputs(), want, 1e-12, 1e-12);
      expect_close(Computed<float>(p, in, activation).outputs(), want, 1e-5, 1e-5);
    }
  }
}

TEST(Rnn, GradientsAreThoseOfDifferences) {
  for (const Packed& p : packed_shapes()) {
    if (p.total() * p.units > 300) continue;
    for (int32_t activation : kActivations) {
      SCOPED_TRACE(text(p) + ", activation " + std::to_string(activation));
      Inputs in(p);
      const Computed<double> run(p, in, activation);
      const auto forward = [&] { return in.naive(p, activation); };
      expect_close(run.dp, differences(in.projected, in.up, forward), 1e-6, 1e-8);
      expect_close(run.du, differences(in.u, in.up, forward), 1e-6, 1e-8);
      expect_close(run.dh0, differences(in.h0, in.up, forward), 1e-6, 1e-8);
    }
  }
}

TEST(Rnn, FloatGradientsFollowDouble) {
  for (const Packed& p : packed_shapes()) {
    SCOPED_TRACE(text(p));
    const Inputs in(p);
    expect_close(Computed<float>(p, in, NRT_UNARY_TANH).gradients(),
                 Computed<double>(p, in, NRT_UNARY_TANH).gradients(), 1e-4, 2e-5);
  }
}

TEST(Rnn, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  const Packed p = {{70, 70, 66, 40, 9}, 71, 93};
  const Inputs in(p);
  const Computed<float> a(p, in, NRT_UNARY_TANH, one), b(p, in, NRT_UNARY_TANH, many);
  EXPECT_EQ(a.outputs(), b.outputs());
  EXPECT_EQ(a.gradients(), b.gradients());
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(Rnn, StatesAndUpstreamGradientsMayBeAbsent) {
  const Packed p = {{3, 2}, 3, 4};
  Inputs in(p);
  in.h0.assign(in.h0.size(), 0);
  const std::vector<double> want = in.naive(p, NRT_UNARY_TANH);
  std::vector<double> h(20), hn(12), dp(20, 1), du(16, 1), dh0(12, 1), previous(20);
  NRT_ASSERT_OK(nrt_rnn_fwd(ctx(), NRT_FLOAT64, addr(h), addr(hn), addr(in.projected), addr(in.u), 0,
                            p.rows.data(), 2, 3, 5, 4, NRT_UNARY_TANH));
  expect_close(joined({h, hn}), want, 1e-12, 1e-12);
  NRT_ASSERT_OK(nrt_rnn_bwd(ctx(), NRT_FLOAT64, addr(dp), addr(du), addr(dh0), addr(previous), 0, 0, addr(h),
                            addr(in.u), 0, p.rows.data(), 2, 3, 5, 4, NRT_UNARY_TANH));
  for (double d : joined({dp, du, dh0})) EXPECT_EQ(0, d);
}

TEST(Rnn, WrongArgumentsAreRefused) {
  std::vector<float> x(64);
  const nrt_ptr p = addr(x);
  const auto run = [&](int32_t dtype, nrt_ptr h, std::vector<int64_t> rows, int64_t total, int32_t activation) {
    return nrt_rnn_fwd(ctx(), dtype, h, p, p, p, 0, rows.data(), static_cast<int64_t>(rows.size()), 3, total, 2,
                       activation);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, p, {2, 1}, 3, NRT_UNARY_TANH));
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_FLOAT32, p, {2, 1}, 3, NRT_UNARY_EXP));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, {2, 1}, 3, NRT_UNARY_TANH));
  EXPECT_STREQ("rnn: h is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {1, 2}, 3, NRT_UNARY_TANH));
  EXPECT_STREQ("rnn: step 1 has 2 rows, expected 1 to 1", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {4}, 4, NRT_UNARY_TANH));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {2, 1}, 4, NRT_UNARY_TANH));
  EXPECT_STREQ("rnn: the steps have 3 rows, the buffers 4", nrt_last_error());
  const std::vector<int64_t> rows = {3};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_rnn_fwd(ctx(), NRT_FLOAT32, p, p, p, p, 0, rows.data(), INT64_MAX, 3, 3, 2,
                                              NRT_UNARY_TANH));
  EXPECT_STREQ("rnn: 9223372036854775807 steps, expected 0 to 3 (the rows of the buffers)", nrt_last_error());
}

}  // namespace
