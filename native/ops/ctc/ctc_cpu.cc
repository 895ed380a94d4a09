// Forward-backward over the extended target blank, l1, blank, l2, ..., blank of 2U + 1 states (Graves,
// Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification", 2006, eq. 5 to 16), in
// probabilities written as value times 2^power, both doubles: nothing under- or overflows, however long the
// sequence, and a step takes no exp and no log. The states of a step do not depend on each other, so that
// loop vectorises; a state may be entered from two below unless it is a blank or repeats that label, which
// is a table of 0 and 1. Samples run in parallel. Backward computes alpha again rather than keep
// [batch, time, states] alive between the two.
#include "core/exp_rows.h"
#include "core/rows.h"
#include "neurite/core.h"
#include "ops/ctc/ctc_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSampleGrain = 1024;  // states times steps of one chunk, about 20 us

// value * 2^power. The value is 0 or at most a few powers of two from 1; the power a whole number.
struct Wide {
  double value, power;
};

constexpr double kNoPower = -1e300;  // of a zero: below every other, and twice it is no infinity
constexpr double kLowest = -1000;   // smaller by more than this power is nothing beside the other

// 2^n for whole numbers n < 1024, nothing below kLowest.
NRT_INLINE double power_of_two(double n) {
  constexpr double kMagic = math::Format<double>::kMagic + 1023;
  const double bounded = n < kLowest ? kLowest : n;
  const double power = math::from_bits<double>(math::to_bits(bounded + kMagic) << 52);
  return n < kLowest ? 0 : power;
}

// The value brought into [1, 2), its exponent added to the power; zero and NaN stay what they are.
NRT_INLINE Wide settled(double value, double power) {
  const uint64_t bits = math::to_bits(value);
  const uint64_t field = bits >> 52;  // values are not negative
  const double exponent = math::from_bits<double>(math::Format<double>::kMagicBits + field) -
                          (math::Format<double>::kMagic + 1023);
  const bool some = value != 0;
  const double unit = math::from_bits<double>((bits & 0xfffffffffffffull) | 0x3ff0000000000000ull);
  return {some ? (value == value ? unit : value) : 0, some ? power + exponent : kNoPower};
}

inline double log_of(const Wide& w) {
  const double never = negative_infinity<double>();
  return w.value == 0 ? never : math::log(w.value) + w.power * 6.93147180559945309e-1;
}

inline Wide sum_of(const Wide& a, const Wide& b) {
  const double top = a.power > b.power ? a.power : b.power;
  return settled(a.value * power_of_two(a.power - top) + b.value * power_of_two(b.power - top), top);
}

// The states of one sample. Rows of states are padded by two zeros on each side.
struct States {
  int64_t steps, count;
  int64_t* label;    // [count]
  double* from_two;  // [count + 2]: 1 where state s may be entered from s - 2, else 0

  States(const CtcCase& task, int64_t b) {
    steps = task.input_lengths[b];
    count = 2 * task.target_lengths[b] + 1;
    const int64_t* targets = task.targets + b * task.labels;
    label = scratch<int64_t>(count);
    from_two = scratch<double>(count + 2);
    for (int64_t s = 0; s < count; ++s) {
      label[s] = s % 2 == 0 ? task.blank : targets[s / 2];
      from_two[s] = s % 2 == 1 && s > 1 && targets[s / 2] != targets[s / 2 - 1] ? 1 : 0;
    }
    from_two[count] = from_two[count + 1] = 0;
  }

  int64_t padded() const { return count + 4; }
};

// Values and powers of all states at one step.
struct WideRow {
  double *value, *power;

  // Takes 2 * padded places.
  WideRow(double* memory, int64_t n) : value(memory + 2), power(memory + n + 6) {
    const int64_t outside[] = {-2, -1, n, n + 1};
    for (const int64_t s : outside) {
      value[s] = 0;
      power[s] = kNoPower;
    }
  }
};

// What a sample's steps emit.
template <typename T>
struct Steps {
  const T* x;
  const T* lse;
  int64_t classes;
};

// Probabilities of the states' labels at step t; `room` has 2 * classes places.
template <typename T>
inline void emissions(const States& states, const Steps<T>& steps, int64_t t, double* NRT_RESTRICT room, double* value,
                      double* power) {
  using F = math::Format<double>;
  constexpr double kLowestLog = -1e250;
  const T* x = steps.x + t * steps.classes;
  const double lse = static_cast<double>(steps.lse[t]);
  double* NRT_RESTRICT of_class = room;
  double* NRT_RESTRICT power_of_class = room + steps.classes;
  for (int64_t i = 0; i < steps.classes; ++i) {
    const double log_p = static_cast<double>(x[i]) - lse;
    const bool none = log_p < kLowestLog;
    const double bounded = none ? kLowestLog : log_p;
    // Taken off in multiples of 64 powers of two; the rest is what rounding leaves of monstrous values.
    const double whole = (bounded * (math::kLog2E / 64) + F::kMagic) - F::kMagic;
    const double rest = (bounded - whole * (64 * F::kLn2High)) - whole * (64 * F::kLn2Low);
    const double value_of_class = math::exp(math::clamp(rest, -50.0, 50.0));
    of_class[i] = none ? 0 : value_of_class;
    power_of_class[i] = none ? kNoPower : whole * 64;
  }
  for (int64_t s = 0; s < states.count; ++s) {
    value[s] = of_class[states.label[s]];
    power[s] = power_of_class[states.label[s]];
  }
}

// to[s] = a[s] + a[s + side] + may[s] a[s + 2 side]; `to` is no input.
template <int side>
inline void add_ways(const WideRow& to, const WideRow& from, const double* may, int64_t n) {
  const double *v = from.value, *p = from.power;
  double* NRT_RESTRICT value = to.value;
  double* NRT_RESTRICT power = to.power;
  NRT_INDEPENDENT
  for (int64_t s = 0; s < n; ++s) {
    const double p0 = p[s], p1 = p[s + side], p2 = may[s] != 0 ? p[s + 2 * side] : kNoPower;
    const double p01 = p0 > p1 ? p0 : p1, top = p01 > p2 ? p01 : p2;
    const double sum = v[s] * power_of_two(p0 - top) + v[s + side] * power_of_two(p1 - top) +
                       may[s] * v[s + 2 * side] * power_of_two(p2 - top);
    const Wide found = settled(sum, top);
    value[s] = found.value;
    power[s] = found.power;
  }
}

inline void multiply(const WideRow& to, const WideRow& by, const double* value, const double* power, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t s = 0; s < n; ++s) {
    const Wide found = settled(by.value[s] * value[s], by.power[s] + power[s]);
    to.value[s] = found.value;
    to.power[s] = found.power;
  }
}

// alpha[t][s] = the sum over all ways to be in state s at step t, emission included. `rows` is how many
// rows there are (steps, or 2 when only the last counts); returns the sum over all alignments.
template <typename T>
Wide alphas(const States& states, const Steps<T>& steps, double* memory, int64_t rows) {
  const int64_t n = states.count, size = 2 * states.padded();
  if (states.steps == 0) return n == 1 ? Wide{1, 0} : Wide{0, kNoPower};
  const ScratchMark mark;
  double* room = scratch<double>(2 * steps.classes);
  double* emitted = scratch<double>(2 * n);
  WideRow last(memory, n);
  emissions(states, steps, 0, room, emitted, emitted + n);
  for (int64_t s = 0; s < n; ++s) {
    const Wide first = s < 2 ? settled(emitted[s], emitted[n + s]) : Wide{0, kNoPower};
    last.value[s] = first.value;
    last.power[s] = first.power;
  }
  for (int64_t t = 1; t < states.steps; ++t) {
    const WideRow before = last;
    last = WideRow(memory + t % rows * size, n);
    emissions(states, steps, t, room, emitted, emitted + n);
    add_ways<-1>(last, before, states.from_two, n);
    multiply(last, last, emitted, emitted + n, n);
  }
  const Wide end = {last.value[n - 1], last.power[n - 1]};
  return n > 1 ? sum_of(end, {last.value[n - 2], last.power[n - 2]}) : end;
}

// Takes the share of the alignments off the gradient: d[t][label[s]] -= up * alpha beta / total.
template <typename T>
void subtract_shares(const States& states, const Steps<T>& steps, double* alpha, const Wide& total, double up, T* d) {
  const int64_t n = states.count, size = 2 * states.padded();
  const ScratchMark mark;
  double* room = scratch<double>(2 * steps.classes);
  double* emitted = scratch<double>(2 * n);
  double* NRT_RESTRICT share = scratch<double>(n);
  const WideRow beta(scratch<double>(size), n);
  const WideRow entered(scratch<double>(size), n);  // beta times the emission of the step after
  for (int64_t s = 0; s < n; ++s) {
    beta.value[s] = s >= n - 2 ? 1 : 0;
    beta.power[s] = s >= n - 2 ? 0 : kNoPower;
  }
  const double factor = up / total.value;
  for (int64_t t = states.steps - 1; t >= 0; --t) {
    if (t < states.steps - 1) add_ways<1>(beta, entered, states.from_two + 2, n);
    const WideRow row(alpha + t * size, n);
    for (int64_t s = 0; s < n; ++s) {
      const double power = row.power[s] + beta.power[s] - total.power;  // at most 2: the values are in [1, 2)
      share[s] = row.value[s] * beta.value[s] * power_of_two(power) * factor;
    }
    for (int64_t s = 0; s < n; ++s) {
      T* to = d + t * steps.classes + states.label[s];
      *to = static_cast<T>(static_cast<double>(*to) - share[s]);
    }
    emissions(states, steps, t, room, emitted, emitted + n);
    multiply(entered, beta, emitted, emitted + n, n);
  }
}

template <typename T>
void log_sums(const CtcCase& task, const T* x, T* lse) {
  const int64_t cols = task.classes;
  parallel(task.batch * task.time, max64(1, kRowGrainElements / cols), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      RunningSum<T> found;
      found.add_row(x + r * cols, cols);
      lse[r] = found.log_sum();
    }
  });
}

// d = up * softmax for the steps of one sample.
template <typename T>
void weighted_softmax(int64_t count, T up, const Steps<T>& steps, T* d) {
  for (int64_t t = 0; t < count; ++t) {
    T* to = d + t * steps.classes;
    const T shift = steps.lse[t];
    each_whole(steps.x + t * steps.classes, steps.classes, [&](int64_t i, ExpVector<T> v, int64_t some) {
      store_first(to + i, exp_of(v - shift) * up, some);
    });
  }
}

template <typename T>
void sample_gradient(const CtcCase& task, int64_t b, T up, const Steps<T>& steps, T* d) {
  const ScratchMark mark;
  const States states(task, b);
  double* alpha = scratch<double>(max64(states.steps, 1) * 2 * states.padded());
  const Wide total = alphas(states, steps, alpha, max64(states.steps, 1));
  const int64_t counted = total.value == 0 ? 0 : states.steps;
  weighted_softmax(counted, up, steps, d);
  if (counted > 0) subtract_shares(states, steps, alpha, total, static_cast<double>(up), d);
  if (counted < task.time) {
    memset(d + counted * task.classes, 0,
           static_cast<size_t>((task.time - counted) * task.classes) * sizeof(T));
  }
}

int64_t grain_of(const CtcCase& task) {
  return max64(1, kSampleGrain / max64(1, task.time * (2 * task.labels + 1)));
}

template <typename T>
void forward_all(T* loss, T* lse, const CtcCase& task) {
  const T* x = static_cast<const T*>(task.logits);
  log_sums(task, x, lse);
  parallel(task.batch, grain_of(task), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const ScratchMark mark;
      const States states(task, b);
      const int64_t at = b * task.time;
      const Steps<T> steps = {x + at * task.classes, lse + at, task.classes};
      const Wide total = alphas(states, steps, scratch<double>(2 * 2 * states.padded()), 2);
      loss[b] = static_cast<T>(0 - log_of(total));
    }
  });
}

template <typename T>
void backward_all(T* dlogits, const T* dloss, const T* lse, const CtcCase& task) {
  const T* x = static_cast<const T*>(task.logits);
  parallel(task.batch, grain_of(task), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t at = b * task.time;
      const Steps<T> steps = {x + at * task.classes, lse + at, task.classes};
      sample_gradient(task, b, dloss[b], steps, dlogits + at * task.classes);
    }
  });
}

void forward(int32_t dtype, void* loss, void* lse, const CtcCase& task) {
  if (dtype == NRT_FLOAT32) {
    forward_all(static_cast<float*>(loss), static_cast<float*>(lse), task);
  } else {
    forward_all(static_cast<double*>(loss), static_cast<double*>(lse), task);
  }
}

void backward(int32_t dtype, void* dlogits, const void* dloss, const void* lse, const CtcCase& task) {
  if (dtype == NRT_FLOAT32) {
    backward_all(static_cast<float*>(dlogits), static_cast<const float*>(dloss),
                 static_cast<const float*>(lse), task);
  } else {
    backward_all(static_cast<double*>(dlogits), static_cast<const double*>(dloss),
                 static_cast<const double*>(lse), task);
  }
}

}  // namespace

extern const CtcKernels ctc_kernels;
const CtcKernels ctc_kernels = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
