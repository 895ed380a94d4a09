// Forward-backward over the extended target blank, l1, blank, l2, ..., blank of 2U + 1 states, in
// logarithms and double (Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal
// classification", 2006, eq. 5 to 16). The states of a step do not depend on each other, so that loop
// vectorises; a state may be entered from two below unless it is a blank or repeats that label, which
// is a table of 0 and -infinity added to that path. Samples run in parallel. Backward computes alpha
// again rather than keep [batch, time, states] alive between the two.
#include "core/kernel_math.h"
#include "core/rows.h"
#include "neurite/core.h"
#include "ops/ctc/ctc_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSampleGrain = 1024;  // states times steps of one chunk, about 20 us

// to[s] = log(exp(a[s]) + exp(b[s]) + exp(c[s] + d[s])), -infinity where all are. Three loops, each simple
// enough for the compiler to vectorise (as one they are not); `room` has 2 n places, `to` is no input.
inline void log_sums_of(double* NRT_RESTRICT to, const double* a, const double* b, const double* c,
                        const double* d, double* NRT_RESTRICT room, int64_t n) {
  double* NRT_RESTRICT top = room;
  double* NRT_RESTRICT sum = room + n;
  for (int64_t s = 0; s < n; ++s) {
    const double x = a[s], y = b[s], z = c[s] + d[s];
    const double xy = x > y ? x : y;
    const double largest = xy > z ? xy : z;
    top[s] = largest > -1e308 ? largest : 0;
  }
  for (int64_t s = 0; s < n; ++s) {
    const double m = top[s];
    sum[s] = math::exp(a[s] - m) + math::exp(b[s] - m) + math::exp(c[s] + d[s] - m);
  }
  for (int64_t s = 0; s < n; ++s) to[s] = math::log(sum[s]) + top[s];
}

// log(exp(a) + exp(b)).
inline double log_sum(double a, double b) {
  const double top = a > b ? a : b;
  const double shift = top > -1e308 ? top : 0;
  return math::log(math::exp(a - shift) + math::exp(b - shift)) + shift;
}

// The states of one sample. `emission` and the rows of alpha are padded by two states on each side.
struct States {
  int64_t steps, count;
  int64_t* label;     // [count]
  double* from_two;   // [count + 2]: 0 where state s may be entered from s - 2, else -infinity
  const int64_t* targets;

  States(const CtcCase& task, int64_t b) {
    steps = task.input_lengths[b];
    count = 2 * task.target_lengths[b] + 1;
    targets = task.targets + b * task.labels;
    label = scratch<int64_t>(count);
    from_two = scratch<double>(count + 2);
    const double never = negative_infinity<double>();
    for (int64_t s = 0; s < count; ++s) {
      label[s] = s % 2 == 0 ? task.blank : targets[s / 2];
      from_two[s] = s % 2 == 1 && s > 1 && targets[s / 2] != targets[s / 2 - 1] ? 0 : never;
    }
    from_two[count] = from_two[count + 1] = never;
  }

  int64_t padded() const { return count + 4; }
};

template <typename T>
inline void emissions(const States& states, double* NRT_RESTRICT to, const T* x, T lse) {
  for (int64_t s = 0; s < states.count; ++s) {
    to[s] = static_cast<double>(x[states.label[s]]) - static_cast<double>(lse);
  }
}

inline double* padded_row(double* memory, int64_t n) {
  memory[0] = memory[1] = memory[n + 2] = memory[n + 3] = negative_infinity<double>();
  return memory + 2;
}

// alpha[t][s] = log of the sum over all ways to be in state s at step t, emission included. `rows` is
// how many rows there are (steps, or 2 when only the last counts); returns the log of all alignments.
template <typename T>
double alphas(const States& states, const T* x, const T* lse, int64_t classes, double* memory,
              int64_t rows) {
  const int64_t n = states.count;
  const double never = negative_infinity<double>();
  if (states.steps == 0) return n == 1 ? 0 : never;
  ScratchMark mark;
  double* NRT_RESTRICT emission = scratch<double>(n);
  double* room = scratch<double>(2 * n);
  double* last = padded_row(memory, n);
  emissions(states, emission, x, lse[0]);
  for (int64_t s = 0; s < n; ++s) last[s] = s < 2 ? emission[s] : never;
  for (int64_t t = 1; t < states.steps; ++t) {
    const double* before = last;
    last = padded_row(memory + t % rows * states.padded(), n);
    emissions(states, emission, x + t * classes, lse[t]);
    log_sums_of(last, before, before - 1, before - 2, states.from_two, room, n);
    for (int64_t s = 0; s < n; ++s) last[s] += emission[s];
  }
  return log_sum(last[n - 1], n > 1 ? last[n - 2] : never);
}

// Takes the share of the alignments off the gradient: d[t][label[s]] -= up * exp(alpha + beta - total).
template <typename T>
void subtract_shares(const States& states, const T* x, const T* lse, int64_t classes,
                     double* alpha, double total, double up, T* d) {
  const int64_t n = states.count;
  const double never = negative_infinity<double>();
  ScratchMark mark;
  double* NRT_RESTRICT emission = scratch<double>(n);
  double* room = scratch<double>(2 * n);
  double* beta = padded_row(scratch<double>(states.padded()), n);
  double* entered = padded_row(scratch<double>(states.padded()), n);  // beta + emission of the step after
  double* NRT_RESTRICT share = scratch<double>(n);
  for (int64_t s = 0; s < n; ++s) beta[s] = s >= n - 2 ? 0 : never;
  for (int64_t t = states.steps - 1; t >= 0; --t) {
    if (t < states.steps - 1) {
      log_sums_of(beta, entered, entered + 1, entered + 2, states.from_two + 2, room, n);
    }
    const double* row = alpha + t * states.padded() + 2;
    for (int64_t s = 0; s < n; ++s) share[s] = math::exp(row[s] + beta[s] - total) * up;
    for (int64_t s = 0; s < n; ++s) {
      T* to = d + t * classes + states.label[s];
      *to = static_cast<T>(static_cast<double>(*to) - share[s]);
    }
    emissions(states, emission, x + t * classes, lse[t]);
    for (int64_t s = 0; s < n; ++s) entered[s] = beta[s] + emission[s];
  }
}

template <typename T>
void log_sums(const CtcCase& task, const T* x, T* lse) {
  const int64_t cols = task.classes;
  parallel(task.batch * task.time, max64(1, kRowGrainElements / cols), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* row = x + r * cols;
      const T max = row_max(row, cols);
      lse[r] = math::log(row_sum<T>(cols, [=](int64_t i) { return math::exp(row[i] - max); })) + max;
    }
  });
}

// d = up * softmax for the steps of one sample.
template <typename T>
void weighted_softmax(int64_t steps, int64_t classes, T up, const T* x, const T* lse, T* d) {
  for (int64_t t = 0; t < steps; ++t) {
    const T* from = x + t * classes;
    T* NRT_RESTRICT to = d + t * classes;
    const T shift = lse[t];
    for (int64_t i = 0; i < classes; ++i) to[i] = math::exp(from[i] - shift) * up;
  }
}

template <typename T>
void sample_gradient(const CtcCase& task, int64_t b, T up, const T* x, const T* lse, T* d) {
  ScratchMark mark;
  const States states(task, b);
  double* alpha = scratch<double>(max64(states.steps, 1) * states.padded());
  const double total = alphas(states, x, lse, task.classes, alpha, max64(states.steps, 1));
  const int64_t counted = total == negative_infinity<double>() ? 0 : states.steps;
  weighted_softmax(counted, task.classes, up, x, lse, d);
  if (counted > 0) {
    subtract_shares(states, x, lse, task.classes, alpha, total, static_cast<double>(up), d);
  }
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
      ScratchMark mark;
      const States states(task, b);
      double* memory = scratch<double>(2 * states.padded());
      const double total = alphas(states, x + b * task.time * task.classes, lse + b * task.time,
                                  task.classes, memory, 2);
      loss[b] = static_cast<T>(0 - total);
    }
  });
}

template <typename T>
void backward_all(T* dlogits, const T* dloss, const T* lse, const CtcCase& task) {
  const T* x = static_cast<const T*>(task.logits);
  parallel(task.batch, grain_of(task), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t at = b * task.time;
      sample_gradient(task, b, dloss[b], x + at * task.classes, lse + at,
                      dlogits + at * task.classes);
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
