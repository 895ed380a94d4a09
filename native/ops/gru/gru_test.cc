#include "ops/gru/gru.h"

#include <cstring>

#include "core/recurrent_test_support.h"

namespace {

using namespace nrt_test;

struct Inputs {
  bool after;
  std::vector<double> projected, u, b, h0, up;  // up: upstream gradients of h and hn

  Inputs(const Packed& p, bool reset_after)
      : after(reset_after),
        projected(values(p.total() * 3 * p.units, 1)),
        u(values(p.units * 3 * p.units, 2, 1 / std::sqrt(static_cast<double>(p.units)))),
        b(reset_after ? values(p.units, 3) : std::vector<double>()),
        h0(values(p.batch * p.units, 4)),
        up(values((p.total() + p.batch) * p.units, 5)) {}

  double product(const std::vector<double>& h, size_t block, size_t j) const {
    double sum = 0;
    for (size_t i = 0; i < h.size(); ++i) sum += h[i] * u[i * 3 * h.size() + block * h.size() + j];
    return sum;
  }

  std::vector<double> naive(const Packed& p) const {
    const auto n = static_cast<size_t>(p.units);
    return naive_forward(p, 3 * p.units, projected, {h0}, [&](const double* x, auto& states) {
      const std::vector<double> old = states[0];
      std::vector<double> z(n), r(n), reset(n);
      for (size_t j = 0; j < n; ++j) {
        z[j] = naive_sigmoid(x[j] + product(old, 0, j));
        r[j] = naive_sigmoid(x[n + j] + product(old, 1, j));
        reset[j] = r[j] * old[j];
      }
      for (size_t j = 0; j < n; ++j) {
        const double inner = after ? r[j] * (product(old, 2, j) + b[j]) : product(reset, 2, j);
        states[0][j] = z[j] * old[j] + (1 - z[j]) * std::tanh(x[2 * n + j] + inner);
      }
    });
  }
};

template <typename T>
struct Computed {
  std::vector<T> h, hn, dp, du, db, dh0;

  Computed(const Packed& p, const Inputs& in, nrt_ctx context = ctx()) {
    const int64_t rows = p.total() * p.units;
    const auto r = static_cast<size_t>(rows), s = static_cast<size_t>(p.batch * p.units);
    const auto x = narrowed<T>(in.projected), u = narrowed<T>(in.u), b = narrowed<T>(in.b);
    const auto h0 = narrowed<T>(in.h0), up = narrowed<T>(in.up);
    h.resize(r), hn.resize(s), dp.resize(3 * r), du.resize(u.size(), T(7)), db.resize(b.size()), dh0.resize(s);
    std::vector<T> gates(4 * r), previous(r), inner(3 * r);
    const std::vector<T> dh(up.begin(), up.begin() + rows), dhn(up.begin() + rows, up.end());
    const int32_t code = Code<T>::value, after = in.after ? 1 : 0;
    EXPECT_EQ(NRT_OK, nrt_gru_fwd(context, code, addr(h), addr(gates), addr(hn), addr(x), addr(u),
                                  in.after ? addr(b) : 0, addr(h0), p.rows.data(), p.steps(), p.batch,
                                  p.total(), p.units, after))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_gru_bwd(context, code, addr(dp), addr(du), in.after ? addr(db) : 0, addr(dh0),
                                  addr(previous), in.after ? addr(inner) : 0, addr(dh), addr(dhn), addr(h),
                                  addr(gates), addr(u), addr(h0), p.rows.data(), p.steps(), p.batch,
                                  p.total(), p.units, after))
        << nrt_last_error();
  }
  std::vector<T> outputs() const { return joined({h, hn}); }
  std::vector<T> gradients() const { return joined({dp, du, db, dh0}); }
};

TEST(Gru, FollowsTheFormulas) {
  for (const Packed& p : packed_shapes()) {
    for (bool after : {false, true}) {
      SCOPED_TRACE(text(p) + (after ? ", reset after" : ", reset before"));
      const Inputs in(p, after);
      const std::vector<double> want = in.naive(p);
      expect_close(Computed<double>(p, in).outputs(), want, 1e-12, 1e-12);
      expect_close(Computed<float>(p, in).outputs(), want, 1e-5, 1e-5);
    }
  }
}

TEST(Gru, GradientsAreThoseOfDifferences) {
  for (const Packed& p : packed_shapes()) {
    if (p.total() * p.units > 60) continue;
    for (bool after : {false, true}) {
      SCOPED_TRACE(text(p) + (after ? ", reset after" : ", reset before"));
      Inputs in(p, after);
      const Computed<double> run(p, in);
      const auto forward = [&] { return in.naive(p); };
      expect_close(run.dp, differences(in.projected, in.up, forward), 1e-6, 1e-8);
      expect_close(run.du, differences(in.u, in.up, forward), 1e-6, 1e-8);
      expect_close(run.db, differences(in.b, in.up, forward), 1e-6, 1e-8);
      expect_close(run.dh0, differences(in.h0, in.up, forward), 1e-6, 1e-8);
    }
  }
}

TEST(Gru, FloatGradientsFollowDouble) {
  for (const Packed& p : packed_shapes()) {
    for (bool after : {false, true}) {
      SCOPED_TRACE(text(p) + (after ? ", reset after" : ", reset before"));
      const Inputs in(p, after);
      expect_close(Computed<float>(p, in).gradients(), Computed<double>(p, in).gradients(), 1e-4, 2e-5);
    }
  }
}

TEST(Gru, ASaturatedUpdateGateKeepsTheStateExactly) {
  const Packed p = {{2, 2, 2, 2, 2}, 2, 5};
  for (bool after : {false, true}) {
    Inputs in(p, after);
    for (size_t i = 0; i < in.projected.size(); ++i) {
      if (i / 5 % 3 == 0) in.projected[i] = 1000;
    }
    EXPECT_EQ(in.h0, Computed<double>(p, in).hn);
    EXPECT_EQ(narrowed<float>(in.h0), Computed<float>(p, in).hn);
  }
}

TEST(Gru, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  // Shared by sequences, and by units.
  for (const Packed& p : {Packed{{70, 70, 66, 40, 9}, 71, 93}, Packed{{5, 5, 3}, 6, 300},
                         Packed{{40, 40, 20}, 41, 200}}) {
    for (bool after : {false, true}) {
      const Inputs in(p, after);
      const Computed<float> a(p, in, one), b(p, in, many);
      EXPECT_EQ(a.outputs(), b.outputs());
      EXPECT_EQ(a.gradients(), b.gradients());
    }
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(Gru, KeepingNothingForBackwardChangesNoBit) {
  for (const Packed& p : packed_shapes()) {
    SCOPED_TRACE(text(p));
    const Inputs in(p, true);
    const Computed<float> kept(p, in);
    const auto x = narrowed<float>(in.projected), u = narrowed<float>(in.u), b = narrowed<float>(in.b);
    const auto h0 = narrowed<float>(in.h0);
    std::vector<float> h(kept.h.size()), hn(kept.hn.size());
    ASSERT_EQ(NRT_OK, nrt_gru_fwd(ctx(), NRT_FLOAT32, addr(h), 0, addr(hn), addr(x), addr(u), addr(b), addr(h0),
                                  p.rows.data(), p.steps(), p.batch, p.total(), p.units, 1))
        << nrt_last_error();
    EXPECT_EQ(kept.outputs(), joined({h, hn}));
  }
}

// Of the modes of core/precision.h; without bfloat16 products all are float32 FMA.
TEST(Gru, EveryPrecisionFollowsDouble) {
  const double bounds[] = {1e-5, 1e-5, 2e-4, 5e-2};
  for (const Packed& p : {Packed{{70, 70, 33, 3}, 70, 96}, Packed{{20, 20}, 20, 61}}) {
    const Inputs in(p, true);
    const Computed<double> want(p, in);
    for (int32_t mode = NRT_PRECISION_IEEE; mode <= NRT_PRECISION_MEDIUM; ++mode) {
      SCOPED_TRACE(text(p) + ", mode " + std::to_string(mode));
      const double bound = bounds[mode];
      const Computed<float> run(p, in, ctx() | (int64_t{mode + 1} << NRT_PRECISION_SHIFT));
      expect_close(run.outputs(), want.outputs(), bound, bound);
      expect_close(run.gradients(), want.gradients(), 20 * bound, 20 * bound);
    }
  }
}

TEST(Gru, MagnitudesThatForbidPartsTakeFloat32) {
  const Packed p = {{40, 40, 33}, 40, 70};
  for (const double value : {1e39, 3e38, 1e-36}) {  // infinite as float; next to it; products of parts vanish
    Inputs in(p, true);
    if (value < 1) {
      for (double& u : in.u) u *= value;
    } else {
      in.u[5] = value;
    }
    const auto with = [&](int32_t mode) {
      return Computed<float>(p, in, ctx() | (int64_t{mode + 1} << NRT_PRECISION_SHIFT)).outputs();
    };
    const std::vector<float> want = with(NRT_PRECISION_IEEE), got = with(NRT_PRECISION_HIGHEST);
    EXPECT_EQ(0, std::memcmp(want.data(), got.data(), want.size() * sizeof(float))) << value;
  }
}

TEST(Gru, WrongArgumentsAreRefused) {
  std::vector<float> x(64);
  const nrt_ptr p = addr(x);
  const auto run = [&](int32_t dtype, nrt_ptr gates, std::vector<int64_t> rows, int64_t total) {
    return nrt_gru_fwd(ctx(), dtype, p, gates, p, p, p, 0, 0, rows.data(), static_cast<int64_t>(rows.size()), 3,
                       total, 2, gates == 0 ? 0 : 1);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, p, {2, 1}, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, {2, 1}, 3));
  EXPECT_STREQ("gru: gates is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {2, 3}, 5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {2, 1}, 2));
  const std::vector<int64_t> rows = {2, 1};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_gru_bwd(ctx(), NRT_FLOAT32, p, p, 0, p, p, 0, 0, 0, p, p, p, 0, rows.data(),
                                              2, 3, 3, 2, 1));
  EXPECT_STREQ("gru: dinner is null", nrt_last_error());
}

}  // namespace
