#include "ops/lstm/lstm.h"

#include <cstring>

#include "core/recurrent_test_support.h"

namespace {

using namespace nrt_test;

struct Inputs {
  std::vector<double> projected, u, w, h0, c0, up;  // up: upstream gradients of h, hn and cn

  Inputs(const Packed& p, bool peephole)
      : projected(values(p.total() * 4 * p.units, 1)),
        u(values(p.units * 4 * p.units, 2, 1 / std::sqrt(static_cast<double>(p.units)))),
        w(peephole ? values(3 * p.units, 3) : std::vector<double>()),
        h0(values(p.batch * p.units, 4)),
        c0(values(p.batch * p.units, 5)),
        up(values((p.total() + 2 * p.batch) * p.units, 6)) {}

  std::vector<double> naive(const Packed& p) const {
    const auto n = static_cast<size_t>(p.units);
    return naive_forward(p, 4 * p.units, projected, {h0, c0}, [&](const double* projected_row, auto& states) {
      std::vector<double> h(n), c(n), weights = w.empty() ? std::vector<double>(3 * n) : w;
      for (size_t j = 0; j < n; ++j) {
        double z[4];
        for (size_t k = 0; k < 4; ++k) {
          z[k] = projected_row[k * n + j];
          for (size_t i = 0; i < n; ++i) z[k] += states[0][i] * u[i * 4 * n + k * n + j];
        }
        const double old = states[1][j];
        const double in = naive_sigmoid(z[0] + weights[j] * old);
        const double forget = naive_sigmoid(z[1] + weights[n + j] * old);
        c[j] = forget * old + in * std::tanh(z[2]);
        h[j] = naive_sigmoid(z[3] + weights[2 * n + j] * c[j]) * std::tanh(c[j]);
      }
      states[0] = h;
      states[1] = c;
    });
  }
};

template <typename T>
struct Computed {
  std::vector<T> h, hn, cn, dp, du, dw, dh0, dc0;

  Computed(const Packed& p, const Inputs& in, nrt_ctx context = ctx()) {
    const int64_t rows = p.total() * p.units, state = p.batch * p.units;
    const auto r = static_cast<size_t>(rows), s = static_cast<size_t>(state);
    const auto x = narrowed<T>(in.projected), u = narrowed<T>(in.u), w = narrowed<T>(in.w);
    const auto h0 = narrowed<T>(in.h0), c0 = narrowed<T>(in.c0), up = narrowed<T>(in.up);
    h.resize(r), hn.resize(s), cn.resize(s), dp.resize(4 * r), du.resize(u.size(), T(7));
    dw.resize(w.size()), dh0.resize(s), dc0.resize(s);
    std::vector<T> c(r), gates(4 * r), previous(r);
    const std::vector<T> dh(up.begin(), up.begin() + rows);
    const std::vector<T> dhn(up.begin() + rows, up.begin() + rows + state), dcn(up.begin() + rows + state, up.end());
    const int32_t code = Code<T>::value;
    const nrt_ptr peephole = w.empty() ? 0 : addr(w), dpeephole = w.empty() ? 0 : addr(dw);
    EXPECT_EQ(NRT_OK, nrt_lstm_fwd(context, code, addr(h), addr(c), addr(gates), addr(hn), addr(cn), addr(x),
                                   addr(u), peephole, addr(h0), addr(c0), p.rows.data(), p.steps(), p.batch,
                                   p.total(), p.units))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_lstm_bwd(context, code, addr(dp), addr(du), dpeephole, addr(dh0), addr(dc0),
                                   addr(previous), addr(dh), addr(dhn), addr(dcn), addr(h), addr(c),
                                   addr(gates), addr(u), peephole, addr(h0), addr(c0), p.rows.data(),
                                   p.steps(), p.batch, p.total(), p.units))
        << nrt_last_error();
  }
  std::vector<T> outputs() const { return joined({h, hn, cn}); }
  std::vector<T> gradients() const { return joined({dp, du, dw, dh0, dc0}); }
};

TEST(Lstm, FollowsTheFormulas) {
  for (const Packed& p : packed_shapes()) {
    for (bool peephole : {false, true}) {
      SCOPED_TRACE(text(p));
      const Inputs in(p, peephole);
      const std::vector<double> want = in.naive(p);
      expect_close(Computed<double>(p, in).outputs(), want, 1e-12, 1e-12);
      expect_close(Computed<float>(p, in).outputs(), want, 1e-5, 1e-5);
    }
  }
}

TEST(Lstm, GradientsAreThoseOfDifferences) {
  for (const Packed& p : packed_shapes()) {
    if (p.total() * p.units > 60) continue;
    for (bool peephole : {false, true}) {
      SCOPED_TRACE(text(p));
      Inputs in(p, peephole);
      const Computed<double> run(p, in);
      const auto forward = [&] { return in.naive(p); };
      expect_close(run.dp, differences(in.projected, in.up, forward), 1e-6, 1e-8);
      expect_close(run.du, differences(in.u, in.up, forward), 1e-6, 1e-8);
      expect_close(run.dw, differences(in.w, in.up, forward), 1e-6, 1e-8);
      expect_close(run.dh0, differences(in.h0, in.up, forward), 1e-6, 1e-8);
      expect_close(run.dc0, differences(in.c0, in.up, forward), 1e-6, 1e-8);
    }
  }
}

TEST(Lstm, FloatGradientsFollowDouble) {
  for (const Packed& p : packed_shapes()) {
    SCOPED_TRACE(text(p));
    const Inputs in(p, true);
    expect_close(Computed<float>(p, in).gradients(), Computed<double>(p, in).gradients(), 1e-4, 2e-5);
  }
}

TEST(Lstm, SaturatedGatesKeepTheCellExactly) {
  const Packed p = {{2, 2, 2, 2, 2}, 2, 5};
  Inputs in(p, false);
  for (size_t i = 0; i < in.projected.size(); ++i) {
    const size_t block = i / 5 % 4;
    if (block < 2) in.projected[i] = block == 0 ? -1000 : 1000;  // update 0, forget 1
  }
  EXPECT_EQ(in.c0, Computed<double>(p, in).cn);
  EXPECT_EQ(narrowed<float>(in.c0), Computed<float>(p, in).cn);
}

TEST(Lstm, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  // Shared by sequences, and by units.
  for (const Packed& p : {Packed{{70, 70, 66, 40, 9}, 71, 93}, Packed{{5, 5, 3}, 6, 300},
                         Packed{{40, 40, 20}, 41, 200}}) {
    const Inputs in(p, true);
    const Computed<float> a(p, in, one), b(p, in, many);
    EXPECT_EQ(a.outputs(), b.outputs());
    EXPECT_EQ(a.gradients(), b.gradients());
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(Lstm, KeepingNothingForBackwardChangesNoBit) {
  for (const Packed& p : packed_shapes()) {
    for (bool peephole : {false, true}) {
      SCOPED_TRACE(text(p));
      const Inputs in(p, peephole);
      const Computed<float> kept(p, in);
      const auto x = narrowed<float>(in.projected), u = narrowed<float>(in.u), w = narrowed<float>(in.w);
      const auto h0 = narrowed<float>(in.h0), c0 = narrowed<float>(in.c0);
      std::vector<float> h(kept.h.size()), hn(kept.hn.size()), cn(kept.cn.size());
      ASSERT_EQ(NRT_OK, nrt_lstm_fwd(ctx(), NRT_FLOAT32, addr(h), 0, 0, addr(hn), addr(cn), addr(x), addr(u),
                                     w.empty() ? 0 : addr(w), addr(h0), addr(c0), p.rows.data(), p.steps(),
                                     p.batch, p.total(), p.units))
          << nrt_last_error();
      EXPECT_EQ(kept.outputs(), joined({h, hn, cn}));
    }
  }
}

// Of the modes of core/precision.h; without bfloat16 products all are float32 FMA.
TEST(Lstm, EveryPrecisionFollowsDouble) {
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

TEST(Lstm, MagnitudesThatForbidPartsTakeFloat32) {
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

TEST(Lstm, WrongArgumentsAreRefused) {
  std::vector<float> x(64);
  const nrt_ptr p = addr(x);
  const auto run = [&](int32_t dtype, nrt_ptr gates, std::vector<int64_t> rows, int64_t total) {
    return nrt_lstm_fwd(ctx(), dtype, p, p, gates, p, p, p, p, 0, 0, 0, rows.data(),
                        static_cast<int64_t>(rows.size()), 3, total, 2);
  };
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, p, {2, 1}, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, {2, 1}, 3));
  EXPECT_STREQ("lstm: gates is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {2, 3}, 5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, p, {2, 1}, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_lstm_bwd(ctx(), NRT_FLOAT32, p, p, 0, p, p, p, 0, 0, 0, p, p, p, p, p, 0, 0, nullptr, 0, 3, 0, 2));
  EXPECT_STREQ("lstm: dpeephole is null", nrt_last_error());
}

}  // namespace
