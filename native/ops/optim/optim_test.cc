#include "ops/optim/optim.h"

#include <cmath>
#include <functional>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

constexpr int kSteps = 4;
const std::vector<int64_t> kLengths = {0, 1, 2, 7, 31, 257, 16384, 16385, 40009};
const std::vector<int64_t> kSmall = {8, 4, 24, 3};

struct Before {
  double grad_scale = 1, clip = 0, l2 = 0, decay = 0;
};

double prepared(double g, double w, const Before& b) {
  g *= b.grad_scale;
  if (b.clip > 0) g = std::min(std::max(g, -b.clip), b.clip);
  return g + b.l2 * w;
}

// One element's weight and slots, in double: the reference works on these.
struct Element {
  double w, slot[3];
};
using Rule = std::function<void(Element& e, double g, int step)>;

// The tensors of a model: weights, gradients of every step, slots; and the reference next to them.
template <typename T>
class Model {
 public:
  Model(const std::vector<int64_t>& lengths, const std::vector<bool>& slots, double slot_low)
      : slots_(slots) {
    for (size_t t = 0; t < lengths.size(); ++t) {
      const int64_t n = lengths[t];
      weights.push_back(uniform<T>(n, t + 1));
      gradients.push_back(uniform<T>(n, t + 100, -2, 2));
      for (size_t k = 0; k < slots.size(); ++k) {
        state.push_back(uniform<T>(slots[k] ? n : 0, 200 + 10 * t + k, slot_low, 1));
      }
      std::vector<Element> elements(static_cast<size_t>(n));
      for (size_t i = 0; i < elements.size(); ++i) {
        elements[i].w = static_cast<double>(weights[t][i]);
        for (size_t k = 0; k < slots.size(); ++k) {
          elements[i].slot[k] = slots[k] ? static_cast<double>(state[t * slots.size() + k][i]) : 0;
        }
      }
      reference.push_back(elements);
    }
  }

  std::vector<int64_t> table() {
    std::vector<int64_t> rows;
    for (size_t t = 0; t < weights.size(); ++t) {
      rows.push_back(addr(weights[t]));
      rows.push_back(addr(gradients[t]));
      for (size_t k = 0; k < slots_.size(); ++k) {
        rows.push_back(slots_[k] ? addr(state[t * slots_.size() + k]) : 0);
      }
      rows.push_back(static_cast<int64_t>(weights[t].size()));
    }
    return rows;
  }

  void step_reference(const Before& before, double lr, const Rule& rule, int step) {
    for (size_t t = 0; t < weights.size(); ++t) {
      for (size_t i = 0; i < reference[t].size(); ++i) {
        Element& e = reference[t][i];
        const double g = prepared(static_cast<double>(gradients[t][i]), e.w, before);
        e.w -= lr * before.decay * e.w;
        rule(e, g, step);
      }
    }
  }

  void expect_as_reference() {
    const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
    for (size_t t = 0; t < weights.size(); ++t) {
      std::vector<double> want;
      for (const Element& e : reference[t]) want.push_back(e.w);
      nrt_test::expect_close(weights[t], want, tolerance, tolerance);
      for (size_t k = 0; k < slots_.size(); ++k) {
        if (!slots_[k]) continue;
        want.clear();
        for (const Element& e : reference[t]) want.push_back(e.slot[k]);
        nrt_test::expect_close(state[t * slots_.size() + k], want, tolerance, tolerance);
      }
    }
  }

  std::vector<std::vector<T>> weights, gradients, state;
  std::vector<std::vector<Element>> reference;

 private:
  std::vector<bool> slots_;
};

const Before kBefores[] = {{}, {0.5, 0, 0, 0}, {0.25, 0.3, 0.02, 0}, {1, 0, 0, 0.02}, {1, 0.7, 0, 0}};

template <typename T>
class Optim : public ::testing::Test {
 protected:
  static void sgd(const std::vector<int64_t>& lengths, int32_t form, bool nesterov, bool momentum,
                  const Before& b) {
    const double lr = 0.05, mu = 0.9, dampening = form == 1 && !nesterov ? 0.25 : 0;
    Model<T> model(lengths, {momentum}, -1);
    for (int step = 0; step < kSteps; ++step) {
      const bool first = form == 1 && step == 0;
      const auto rows = model.table();
      NRT_ASSERT_OK(nrt_optim_sgd_step(ctx(), Code<T>::value, rows.data(),
                                       static_cast<int64_t>(lengths.size()), form, nesterov, first,
                                       lr, mu, dampening, b.grad_scale, b.clip, b.l2, b.decay));
      model.step_reference(b, lr, [&](Element& e, double g, int) {
        double& v = e.slot[0];
        if (!momentum) {
          e.w -= lr * g;
        } else if (form == 0) {
          v = mu * v - lr * g;
          e.w += nesterov ? mu * v - lr * g : v;
        } else if (form == 1) {
          v = first ? g : mu * v + (1 - dampening) * g;
          e.w -= lr * (nesterov ? g + mu * v : v);
        } else {
          v = mu * v + (1 - mu) * g;
          e.w -= lr * v;
        }
      }, step);
    }
    model.expect_as_reference();
  }

  static void rmsprop(const std::vector<int64_t>& lengths, bool inside, bool velocity_lr,
                      bool momentum, bool centred, const Before& b) {
    const double lr = 0.05, rho = 0.9, mu = momentum ? 0.8 : 0, eps = 1e-3;
    Model<T> model(lengths, {true, momentum, centred}, 0.5);
    if (centred) {  // a mean whose square stays below the mean of squares
      for (auto& element : model.reference) {
        for (Element& e : element) e.slot[2] = 0;
      }
      for (size_t k = 2; k < model.state.size(); k += 3) {
        std::fill(model.state[k].begin(), model.state[k].end(), T(0));
      }
    }
    for (int step = 0; step < kSteps; ++step) {
      const auto rows = model.table();
      NRT_ASSERT_OK(nrt_optim_rmsprop_step(
          ctx(), Code<T>::value, rows.data(), static_cast<int64_t>(lengths.size()), inside,
          velocity_lr, lr, rho, mu, eps, b.grad_scale, b.clip, b.l2, b.decay));
      model.step_reference(b, lr, [&](Element& e, double g, int) {
        double &s = e.slot[0], &v = e.slot[1], &m = e.slot[2];
        s = rho * s + (1 - rho) * g * g;
        double d = s;
        if (centred) {
          m = rho * m + (1 - rho) * g;
          d -= m * m;
        }
        const double r = inside ? std::sqrt(d + eps) : std::sqrt(d) + eps;
        if (!momentum) {
          e.w -= lr * g / r;
          return;
        }
        v = mu * v + (velocity_lr ? lr : 1) * g / r;
        e.w -= (velocity_lr ? 1 : lr) * v;
      }, step);
    }
    model.expect_as_reference();
  }

  static void adam(const std::vector<int64_t>& lengths, bool hat, bool maximum, const Before& b) {
    const double lr = 0.05, b1 = 0.9, b2 = 0.99, eps = 1e-3;
    Model<T> model(lengths, {true, true, maximum}, 0.1);
    for (int step = 0; step < kSteps; ++step) {
      const double c1 = 1 - std::pow(b1, step + 1), c2 = 1 - std::pow(b2, step + 1);
      const auto rows = model.table();
      NRT_ASSERT_OK(nrt_optim_adam_step(ctx(), Code<T>::value, rows.data(),
                                        static_cast<int64_t>(lengths.size()), hat, lr, b1, b2, eps,
                                        c1, c2, b.grad_scale, b.clip, b.l2, b.decay));
      model.step_reference(b, lr, [&](Element& e, double g, int) {
        double &m = e.slot[0], &v = e.slot[1], &most = e.slot[2];
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        most = maximum ? std::max(most, v) : v;
        e.w -= hat ? lr / c1 * m / (std::sqrt(most) / std::sqrt(c2) + eps)
                   : lr * std::sqrt(c2) / c1 * m / (std::sqrt(most) + eps);
      }, step);
    }
    model.expect_as_reference();
  }

  // One rule of nrt_optim_rule_step with the numbers c against a reference element.
  static void rule(const std::vector<int64_t>& lengths, int32_t which, bool two,
                   const std::vector<double>& c, const Rule& reference, const Before& b) {
    const double lr = 0.05;
    Model<T> model(lengths, {true, two}, 0.1);
    for (int step = 0; step < kSteps; ++step) {
      const auto rows = model.table();
      NRT_ASSERT_OK(nrt_optim_rule_step(ctx(), Code<T>::value, rows.data(),
                                        static_cast<int64_t>(lengths.size()), which, lr, c[0], c[1],
                                        c[2], c[3], c[4], c[5], b.grad_scale, b.clip, b.l2, b.decay));
      model.step_reference(b, lr, reference, step);
    }
    model.expect_as_reference();
  }

  static void rule(int32_t which, bool two, const std::vector<double>& c, const Rule& reference) {
    rule(kLengths, which, two, c, reference, {});
    for (const Before& b : kBefores) rule(kSmall, which, two, c, reference, b);
  }

  // Weights after two Adam steps with `threads` threads.
  static std::vector<std::vector<T>> with_threads(int32_t threads) {
    const nrt_ctx context = nrt_ctx_open(NRT_CPU, 0, "", threads);
    Model<T> model({100003, 5, 70001}, {true, true, true}, 0.1);
    for (int step = 0; step < 2; ++step) {
      const auto rows = model.table();
      EXPECT_EQ(NRT_OK, nrt_optim_adam_step(context, Code<T>::value, rows.data(), 3, 1, 0.01, 0.9,
                                            0.99, 1e-7, 0.1, 0.01, 1, 0.5, 0.1, 0.1));
    }
    nrt_ctx_close(context);
    return model.weights;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Optim, Types);

TYPED_TEST(Optim, SgdFollowsItsThreeForms) {
  for (int32_t form : {0, 1, 2}) {
    for (bool momentum : {false, true}) {
      for (bool nesterov : {false, true}) {
        if (form == 2 && nesterov) continue;
        this->sgd(kLengths, form, nesterov, momentum, {});
        for (const Before& b : kBefores) this->sgd(kSmall, form, nesterov, momentum, b);
      }
    }
  }
}

TYPED_TEST(Optim, SgdFirstStepIgnoresWhatTheVelocityHolds) {
  std::vector<TypeParam> w = {1}, g = {2}, v = {TypeParam(NAN)};
  const std::vector<int64_t> rows = {addr(w), addr(g), addr(v), 1};
  NRT_ASSERT_OK(nrt_optim_sgd_step(ctx(), Code<TypeParam>::value, rows.data(), 1, 1, 0, 1, 0.5, 0.9,
                                   0.25, 1, 0, 0, 0));
  EXPECT_EQ(TypeParam(2), v[0]);
  EXPECT_EQ(TypeParam(0), w[0]);
}

TYPED_TEST(Optim, RmspropFollowsItsVariants) {
  for (bool inside : {false, true}) {
    for (bool velocity_lr : {false, true}) {
      for (bool momentum : {false, true}) {
        for (bool centred : {false, true}) {
          this->rmsprop(kLengths, inside, velocity_lr, momentum, centred, {});
          for (const Before& b : kBefores) {
            this->rmsprop(kSmall, inside, velocity_lr, momentum, centred, b);
          }
        }
      }
    }
  }
}

TYPED_TEST(Optim, CentredRmspropOfAConstantGradientStaysFinite) {
  std::vector<TypeParam> w = {1}, g = {TypeParam(0.1)}, s = {0}, m = {0};
  const std::vector<int64_t> rows = {addr(w), addr(g), addr(s), 0, addr(m), 1};
  for (int step = 0; step < 2000; ++step) {
    NRT_ASSERT_OK(nrt_optim_rmsprop_step(ctx(), Code<TypeParam>::value, rows.data(), 1, 0, 0, 1e-6,
                                         0.5, 0, 1e-7, 1, 0, 0, 0));
    ASSERT_TRUE(std::isfinite(w[0])) << step;
  }
}

TYPED_TEST(Optim, AdamFollowsItsVariants) {
  for (bool hat : {false, true}) {
    for (bool maximum : {false, true}) {
      this->adam(kLengths, hat, maximum, {});
      for (const Before& b : kBefores) this->adam(kSmall, hat, maximum, b);
    }
  }
}

double sign_of(double x) { return x > 0 ? 1 : (x < 0 ? -1 : 0); }

TYPED_TEST(Optim, AdagradAndAdadeltaFollowTheirRules) {
  for (const bool inside : {true, false}) {
    const double in = inside ? 1e-3 : 0, out = inside ? 0 : 1e-3;
    this->rule(NRT_OPTIM_ADAGRAD, false, {in, out, 0, 0, 0, 0}, [=](Element& e, double g, int) {
      e.slot[0] += g * g;
      e.w -= 0.05 * g / (std::sqrt(e.slot[0] + in) + out);
    });
  }
  this->rule(NRT_OPTIM_ADADELTA, true, {0.9, 1e-3, 0, 0, 0, 0}, [](Element& e, double g, int) {
    e.slot[0] = 0.9 * e.slot[0] + 0.1 * g * g;
    const double u = std::sqrt(e.slot[1] + 1e-3) / std::sqrt(e.slot[0] + 1e-3) * g;
    e.slot[1] = 0.9 * e.slot[1] + 0.1 * u * u;
    e.w -= 0.05 * u;
  });
}

TYPED_TEST(Optim, TheAdamLikeRulesFollowTheirFormulas) {
  this->rule(NRT_OPTIM_ADAMAX, true, {0.9, 0.99, 1e-3, 2e-3, 1.5, 0}, [](Element& e, double g, int) {
    e.slot[0] = 0.9 * e.slot[0] + 0.1 * g;
    e.slot[1] = std::max(0.99 * e.slot[1], std::fabs(g) + 1e-3);
    e.w -= 0.05 * 1.5 * e.slot[0] / (e.slot[1] + 2e-3);
  });
  this->rule(NRT_OPTIM_NADAM, true, {0.9, 0.99, 1e-3, 0.7, 0.4, 1.2}, [](Element& e, double g, int) {
    e.slot[0] = 0.9 * e.slot[0] + 0.1 * g;
    e.slot[1] = 0.99 * e.slot[1] + 0.01 * g * g;
    e.w -= 0.05 * (0.7 * e.slot[0] + 0.4 * g) / (1.2 * std::sqrt(e.slot[1]) + 1e-3);
  });
  for (const double adaptive : {0.0, 1.0}) {
    this->rule(NRT_OPTIM_RADAM, true, {0.9, 0.99, 1e-3, 0.7, adaptive, 0},
               [=](Element& e, double g, int) {
                 e.slot[0] = 0.9 * e.slot[0] + 0.1 * g;
                 e.slot[1] = 0.99 * e.slot[1] + 0.01 * g * g;
                 e.w -= 0.05 * 0.7 * e.slot[0] / (adaptive == 0 ? 1 : std::sqrt(e.slot[1]) + 1e-3);
               });
  }
}

TYPED_TEST(Optim, TheRulesOfSignsFollowTheirFormulas) {
  this->rule(NRT_OPTIM_LION, false, {0.9, 0.99, 0, 0, 0, 0}, [](Element& e, double g, int) {
    e.w -= 0.05 * sign_of(0.9 * e.slot[0] + 0.1 * g);
    e.slot[0] = 0.99 * e.slot[0] + 0.01 * g;
  });
  this->rule(NRT_OPTIM_RPROP, true, {0.5, 1.2, 0.06, 0.9, 0, 0}, [](Element& e, double g, int) {
    const double agree = g * e.slot[0];
    const double f = agree > 0 ? 1.2 : (agree < 0 ? 0.5 : 1);
    e.slot[1] = std::min(std::max(e.slot[1] * f, 0.06), 0.9);
    e.slot[0] = agree < 0 ? 0 : g;
    e.w -= sign_of(e.slot[0]) * e.slot[1];
  });
}

TYPED_TEST(Optim, AveragedSgdAndFtrlFollowTheirRules) {
  this->rule(NRT_OPTIM_ASGD, false, {0.1, 0.25, 0, 0, 0, 0}, [](Element& e, double g, int) {
    e.w = (1 - 0.1 * 0.05) * e.w - 0.05 * g;
    e.slot[0] += (e.w - e.slot[0]) * 0.25;
  });
  for (const double p : {0.5, 0.7}) {
    this->rule(NRT_OPTIM_FTRL, true, {-p, 0.01, 0.3, 0.02, 0, 0}, [=](Element& e, double g, int) {
      double &a = e.slot[0], &b = e.slot[1];
      const double n = a + g * g, now = std::pow(n, p) / 0.05;
      b += g + 2 * 0.02 * e.w - (now - std::pow(a, p) / 0.05) * e.w;
      e.w = (std::min(std::max(b, -0.01), 0.01) - b) / (now + 2 * 0.3);
      a = n;
    });
  }
}

TYPED_TEST(Optim, ANanGradientShowsInTheWeightEvenWhenClipped) {
  std::vector<TypeParam> w = {1, 1}, g = {TypeParam(NAN), 1}, m(2), v(2);
  const std::vector<int64_t> rows = {addr(w), addr(g), addr(m), addr(v), 0, 2};
  NRT_ASSERT_OK(nrt_optim_adam_step(ctx(), Code<TypeParam>::value, rows.data(), 1, 0, 0.1, 0.9, 0.99,
                                    1e-7, 0.1, 0.01, 1, 0.5, 0, 0));
  EXPECT_TRUE(std::isnan(w[0]));
  EXPECT_TRUE(std::isfinite(w[1]));
}

TYPED_TEST(Optim, StepsDoNotDependOnThreads) {
  EXPECT_EQ(this->with_threads(1), this->with_threads(5));
}

TYPED_TEST(Optim, SumOfSquaresCoversAllTensorsAndNoThreadCountChangesIt) {
  const Model<TypeParam> model(kLengths, {}, 0);
  std::vector<int64_t> rows;
  double want = 0;
  for (const auto& g : model.gradients) {
    rows.push_back(addr(g));
    rows.push_back(static_cast<int64_t>(g.size()));
    for (TypeParam v : g) want += static_cast<double>(v) * static_cast<double>(v);
  }
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  std::vector<double> first = {-1}, second = {-1}, none = {-1};
  const auto count = static_cast<int64_t>(kLengths.size());
  NRT_ASSERT_OK(nrt_optim_sum_squares(one, Code<TypeParam>::value, addr(first), rows.data(), count));
  NRT_ASSERT_OK(nrt_optim_sum_squares(many, Code<TypeParam>::value, addr(second), rows.data(), count));
  NRT_ASSERT_OK(nrt_optim_sum_squares(one, Code<TypeParam>::value, addr(none), nullptr, 0));
  EXPECT_NEAR(want, first[0], 1e-12 * want);
  EXPECT_EQ(first[0], second[0]);
  EXPECT_EQ(0, none[0]);
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(OptimErrors, WrongArgumentsAreRefused) {
  std::vector<float> w(4), g(4);
  const auto sgd = [&](int32_t dtype, const std::vector<int64_t>& rows, int64_t count, int32_t form,
                       int32_t nesterov) {
    return nrt_optim_sgd_step(ctx(), dtype, rows.data(), count, form, nesterov, 0, 0.1, 0.9, 0, 1, 0,
                              0, 0);
  };
  const std::vector<int64_t> good = {addr(w), addr(g), 0, 4};
  EXPECT_EQ(NRT_OK, sgd(NRT_FLOAT32, good, 1, 0, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, sgd(NRT_INT32, good, 1, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, good, -1, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, good, 1, 3, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, good, 1, 2, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, {addr(w), addr(g), 0, -4}, 1, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, {addr(w), 0, 0, 4}, 1, 0, 0));
  EXPECT_STREQ("sgd: address 1 of tensor 0 is null", nrt_last_error());
  std::vector<int64_t> many;
  for (int t = 0; t < 9; ++t) {
    for (const int64_t v : {addr(w), addr(g), nrt_ptr{0}, (int64_t{1} << 60) - 1}) many.push_back(v);
  }
  EXPECT_EQ(NRT_INVALID_ARGUMENT, sgd(NRT_FLOAT32, many, 9, 0, 0));
  EXPECT_STREQ("sgd: too many elements for any memory", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_optim_adam_step(ctx(), NRT_FLOAT32, nullptr, 1, 0, 0.1, 0.9, 0.99, 1e-7, 0.1, 0.01, 1,
                                0, 0, 0));
  const auto rule = [&](int32_t which, const std::vector<int64_t>& rows) {
    return nrt_optim_rule_step(ctx(), NRT_FLOAT32, rows.data(), 1, which, 0.1, 0, 0, 0, 0, 0, 0, 1, 0,
                               0, 0);
  };
  EXPECT_EQ(NRT_OK, rule(NRT_OPTIM_LION, {addr(w), addr(g), addr(w), 0, 0}));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, rule(NRT_OPTIM_NADAM, {addr(w), addr(g), addr(w), 0, 4}));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, rule(-1, {addr(w), addr(g), addr(w), addr(g), 4}));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, rule(NRT_OPTIM_RULES, {addr(w), addr(g), addr(w), addr(g), 4}));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_optim_sum_squares(ctx(), NRT_FLOAT32, 0, good.data(), 1));
}

}  // namespace
