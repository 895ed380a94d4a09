#include "ops/ctc/ctc.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

// A speech model's batch: blank 0, targets of all lengths from half to whole.
struct Ctc {
  static constexpr int64_t kBatch = 32, kTime = 300, kClasses = 80, kLabels = 60;

  Array<float> logits{kBatch * kTime * kClasses, 1, -3, 3}, dlogits{logits.size()};
  Array<float> loss{kBatch}, lse{kBatch * kTime}, dloss{kBatch, 2};
  Array<int64_t> targets{kBatch * kLabels}, input_lengths{kBatch}, target_lengths{kBatch};

  Ctc() {
    for (int64_t i = 0; i < targets.size(); ++i) targets[i] = 1 + i * i % (kClasses - 1);
    for (int64_t b = 0; b < kBatch; ++b) {
      input_lengths[b] = kTime - 2 * b;
      target_lengths[b] = kLabels - b % (kLabels / 2);
    }
  }

  double log_probability(int64_t b, int64_t t, int64_t k) const {
    const int64_t first = (b * kTime + t) * kClasses;
    double sum = 0;
    for (int64_t i = 0; i < kClasses; ++i) sum += std::exp(static_cast<double>(logits[first + i]));
    return static_cast<double>(logits[first + k]) - std::log(sum);
  }

  static double log_sum(double a, double b) {
    const double top = std::fmax(a, b);
    return std::isinf(top) ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
  }

  // -log of the sum over all alignments, by Graves' forward recursion.
  double naive(int64_t b) const {
    const auto states = static_cast<size_t>(2 * target_lengths[b] + 1);
    const auto label = [&](size_t s) {
      return s % 2 == 0 ? int64_t{0} : targets[b * kLabels + static_cast<int64_t>(s / 2)];
    };
    std::vector<double> alpha(states, -INFINITY);
    for (size_t s = 0; s < 2; ++s) alpha[s] = log_probability(b, 0, label(s));
    for (int64_t t = 1; t < input_lengths[b]; ++t) {
      for (size_t s = states; s-- > 0;) {
        double sum = s > 0 ? log_sum(alpha[s], alpha[s - 1]) : alpha[s];
        if (s > 1 && s % 2 == 1 && label(s) != label(s - 2)) sum = log_sum(sum, alpha[s - 2]);
        alpha[s] = sum + log_probability(b, t, label(s));
      }
    }
    return -log_sum(alpha[states - 1], alpha[states - 2]);
  }
};

using Shared = std::shared_ptr<Ctc>;

Body forward(const Shared& t) {
  Body body = [t] {
    must(nrt_ctc_fwd(ctx(), NRT_FLOAT32, t->loss.at(), t->lse.at(), t->logits.at(), t->targets.at(),
                     t->input_lengths.at(), t->target_lengths.at(), Ctc::kBatch, Ctc::kTime,
                     Ctc::kClasses, Ctc::kLabels, 0));
  };
  body();
  for (const int64_t b : {int64_t{0}, int64_t{13}, Ctc::kBatch - 1}) {
    check("ctc_fwd", b, static_cast<double>(t->loss[b]), t->naive(b), 1e-5);
  }
  return body;
}

Body backward(const Shared& t) {
  forward(t);
  Body body = [t] {
    must(nrt_ctc_bwd(ctx(), NRT_FLOAT32, t->dlogits.at(), t->dloss.at(), t->logits.at(), t->lse.at(),
                     t->targets.at(), t->input_lengths.at(), t->target_lengths.at(), Ctc::kBatch,
                     Ctc::kTime, Ctc::kClasses, Ctc::kLabels, 0));
  };
  body();
  const int64_t b = Ctc::kBatch - 1;
  for (const int64_t step : {int64_t{0}, int64_t{120}, t->input_lengths[b] - 1}) {
    for (const int64_t k : {int64_t{0}, t->targets[b * Ctc::kLabels], Ctc::kClasses - 1}) {
      const int64_t at = (b * Ctc::kTime + step) * Ctc::kClasses + k;
      float& x = t->logits[at];
      const float kept = x, by = 0x1p-7F;
      x = kept + by;
      const double up = t->naive(b), more = static_cast<double>(x);
      x = kept - by;
      const double down = t->naive(b), less = static_cast<double>(x);
      x = kept;
      check("ctc_bwd", at, static_cast<double>(t->dlogits[at]),
            static_cast<double>(t->dloss[b]) * (up - down) / (more - less), 1e-4);
    }
  }
  return body;
}

// Given as bytes of the logits and their gradient, though the time goes into exp and log.
const bool added = add_group([] {
  const auto make = [] { return std::make_shared<Ctc>(); };
  const double tensor = 4.0 * Ctc::kBatch * Ctc::kTime * Ctc::kClasses;
  add("ctc_fwd/32x300x80_60", {0, tensor}, [make] { return forward(make()); });
  add("ctc_bwd/32x300x80_60", {0, 2 * tensor}, [make] { return backward(make()); });
});

}  // namespace
}  // namespace neurite_bench
