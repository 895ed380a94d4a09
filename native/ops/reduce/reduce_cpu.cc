// Reductions over any axes (reduce_fold.h), limited by memory: what needs two passes over its data
// makes the second one while they are in the cache, wherever a row or a block of rows fits.
#include "neurite/core.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/reduce_fold.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// What is subtracted before exp: the largest. For a row of -inf only it would give NaN: 0.
template <typename T>
T shift_of(double largest) {
  const T m = static_cast<T>(largest);
  return m - m == 0 ? m : 0;
}

template <typename T>
void log_sum_exp(const ReducePlan& plan, double* y, const T* x) {
  const int64_t n = plan.kept.size, count = plan.reduced.size;
  if (!columns_first(plan) && !short_rows(plan) && count <= kTask) {
    parallel(n, max64(1, kSmall / max64(1, count)), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {  // the second pass finds its row in the cache
        const T* row = x + offset_of(plan.kept, o);
        const T shift = shift_of<T>(fold_range<Largest>(plan.reduced, row, 0, count, T(0)));
        const double sum = fold_range<Sum<Shifted>>(plan.reduced, row, 0, count, shift);
        y[o] = ::log(sum) + static_cast<double>(shift);
      }
    });
    return;
  }
  ScratchMark mark;
  T* shift = scratch<T>(n);
  run<Largest>(plan, y, x, static_cast<const T*>(nullptr));
  for (int64_t i = 0; i < n; ++i) shift[i] = shift_of<T>(y[i]);
  run<Sum<Shifted>>(plan, y, x, shift);
  for (int64_t i = 0; i < n; ++i) y[i] = ::log(y[i]) + static_cast<double>(shift[i]);
}

// Count, mean and sum of squared deviations. Blocks that are in the cache are read twice, once for
// the mean, and joined (Chan, Golub, LeVeque 1979): memory is read once.
struct Moments {
  double count = 0, mean = 0, deviations = 0;
  void join(double n, double other_mean, double other_deviations) {
    if (n == 0) return;
    const double total = count + n, delta = other_mean - mean;
    mean += delta * (n / total);
    deviations += other_deviations + delta * delta * (count * n / total);
    count = total;
  }
};

template <typename T>
Moments moments_of_range(const Strided& reduced, const T* x, int64_t begin, int64_t end) {
  Moments all;
  const int64_t stride = reduced.stride[0][reduced.rank - 1];
  walk<1>(reduced, begin, end, [&](const int64_t* offset, int64_t n) {
    for (int64_t i = 0; i < n; i += kBlock) {
      const T* block = x + offset[0] + i * stride;
      const int64_t length = min64(kBlock, n - i);
      const T mean = fold_block<Sum<Plain>>(block, length, stride, T(0)) / static_cast<T>(length);
      const T part = fold_block<Sum<Deviation>>(block, length, stride, mean);
      all.join(static_cast<double>(length), static_cast<double>(mean), static_cast<double>(part));
    }
  });
  return all;
}

// Writes the sums of squared deviations.
template <typename T>
void deviations_of_rows(const ReducePlan& plan, double* y, const T* x) {
  const int64_t outputs = plan.kept.size, count = plan.reduced.size;
  const int64_t tasks = max64(1, div_up(count, kTask));
  ScratchMark mark;
  Moments* part = scratch<Moments>(outputs * tasks);
  parallel(outputs * tasks, max64(1, kSmall / max64(1, min64(count, kTask))),
           [&](int64_t begin, int64_t end) {
             for (int64_t i = begin; i < end; ++i) {
               const int64_t t = i % tasks;
               part[i] = moments_of_range(plan.reduced, x + offset_of(plan.kept, i / tasks), t * kTask,
                                          min64(count, (t + 1) * kTask));
             }
           });
  for (int64_t o = 0; o < outputs; ++o) {
    Moments all = part[o * tasks];
    for (int64_t t = 1; t < tasks; ++t) {
      const Moments& next = part[o * tasks + t];
      all.join(next.count, next.mean, next.deviations);
    }
    y[o] = all.deviations;
  }
}

// Columns of rows [begin, end), kColumnBlock rows at a time.
template <typename T>
void moments_of_columns(const Strided& reduced, const T* x, int64_t width, int64_t begin, int64_t end,
                        Moments* all) {
  double sum[kColumnTile];
  alignas(64) T mean[kColumnTile];
  for (int64_t j = 0; j < width; ++j) all[j] = Moments();
  for (int64_t first = begin; first < end; first += kColumnBlock) {
    const int64_t last = min64(end, first + kColumnBlock);
    const double n = static_cast<double>(last - first);
    fold_columns<Sum<Plain>>(reduced, x, width, first, last, static_cast<const T*>(nullptr), sum);
    for (int64_t j = 0; j < width; ++j) mean[j] = static_cast<T>(sum[j] / n);
    fold_columns<Sum<Deviation>>(reduced, x, width, first, last, mean, sum);
    for (int64_t j = 0; j < width; ++j) all[j].join(n, static_cast<double>(mean[j]), sum[j]);
  }
}

template <typename T>
void deviations_of_columns(const ReducePlan& plan, double* y, const T* x) {
  const ColumnTasks columns(plan);
  const int64_t outputs = plan.kept.size;
  ScratchMark mark;
  Moments* part = scratch<Moments>(outputs * columns.tasks);
  columns.run([&](int64_t t, int64_t at, int64_t width, int64_t begin, int64_t end) {
    moments_of_columns(plan.reduced, x + offset_of(plan.kept, at), width, begin, end,
                       part + t * outputs + at);
  });
  for (int64_t j = 0; j < outputs; ++j) {
    Moments all = part[j];
    for (int64_t t = 1; t < columns.tasks; ++t) {
      const Moments& next = part[t * outputs + j];
      all.join(next.count, next.mean, next.deviations);
    }
    y[j] = all.deviations;
  }
}

template <typename T>
void variance(const ReducePlan& plan, double* y, const T* x, double correction) {
  if (columns_first(plan)) {
    deviations_of_columns(plan, y, x);
  } else {
    deviations_of_rows(plan, y, x);
  }
  const double divisor = static_cast<double>(plan.reduced.size) - correction;
  for (int64_t i = 0; i < plan.kept.size; ++i) y[i] /= divisor > 0 ? divisor : 0;
}

template <typename T>
void reduce_float(const ReducePlan& plan, int32_t op, T* out, const T* x, double p0) {
  ScratchMark mark;
  const int64_t n = plan.kept.size;
  const T* none = nullptr;
  double* y = scratch<double>(n);
  switch (op) {
    case NRT_REDUCE_SUM:
    case NRT_REDUCE_MEAN: run<Sum<Plain>>(plan, y, x, none); break;
    case NRT_REDUCE_MAX: run<Largest>(plan, y, x, none); break;
    case NRT_REDUCE_MIN: run<Smallest>(plan, y, x, none); break;
    case NRT_REDUCE_PROD: run<Product>(plan, y, x, none); break;
    case NRT_REDUCE_L1: run<Sum<Absolute>>(plan, y, x, none); break;
    case NRT_REDUCE_L2:
    case NRT_REDUCE_SUM_SQUARES: run<Sum<Square>>(plan, y, x, none); break;
    case NRT_REDUCE_LOGSUMEXP: log_sum_exp(plan, y, x); break;
    default: variance(plan, y, x, p0); break;
  }
  if (op == NRT_REDUCE_MEAN) {
    const double count = static_cast<double>(plan.reduced.size);
    for (int64_t i = 0; i < n; ++i) y[i] /= count;
  }
  if (op == NRT_REDUCE_L2) {
    for (int64_t i = 0; i < n; ++i) y[i] = ::sqrt(y[i]);
  }
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(y[i]);
}

// Integers and booleans: plain loops, wrapping sums.
template <typename T, typename F>
uint64_t fold_integers(const Strided& reduced, const T* x, uint64_t all, const F& join) {
  const int64_t stride = reduced.stride[0][reduced.rank - 1];
  walk<1>(reduced, 0, reduced.size, [&](const int64_t* offset, int64_t n) {
    const T* run = x + offset[0];
    if (stride == 1) {
      for (int64_t i = 0; i < n; ++i) all = join(all, static_cast<uint64_t>(run[i]));
    } else {
      for (int64_t i = 0; i < n; ++i) all = join(all, static_cast<uint64_t>(run[i * stride]));
    }
  });
  return all;
}

template <typename T, bool kLargest>
T extreme_integer(const Strided& reduced, const T* x) {
  T all = x[0];
  const int64_t stride = reduced.stride[0][reduced.rank - 1];
  walk<1>(reduced, 0, reduced.size, [&](const int64_t* offset, int64_t n) {
    const T* run = x + offset[0];
    if (stride == 1) {
      const T part = extreme_of<kLargest>(run, n);
      all = beats<kLargest>(part, all) ? part : all;
    } else {
      for (int64_t i = 0; i < n; ++i) all = beats<kLargest>(run[i * stride], all) ? run[i * stride] : all;
    }
  });
  return all;
}

template <typename T>
T fold_whole(const Strided& reduced, const T* x, int32_t op) {
  using U = uint64_t;
  switch (op) {
    case NRT_REDUCE_SUM:
      return static_cast<T>(fold_integers(reduced, x, 0, [](U a, U b) { return a + b; }));
    case NRT_REDUCE_PROD:
      return static_cast<T>(fold_integers(reduced, x, 1, [](U a, U b) { return a * b; }));
    case NRT_REDUCE_MAX: return extreme_integer<T, true>(reduced, x);
    case NRT_REDUCE_MIN: return extreme_integer<T, false>(reduced, x);
    case NRT_REDUCE_ANY:
      return static_cast<T>(fold_integers(reduced, x, 0, [](U a, U b) { return a | b; }) != 0);
    default:
      return static_cast<T>(
          fold_integers(reduced, x, 1, [](U a, U b) { return a & static_cast<U>(b != 0); }));
  }
}

template <typename T>
void reduce_whole(const ReducePlan& plan, int32_t op, T* y, const T* x) {
  parallel(plan.kept.size, max64(1, kSmall / max64(1, plan.reduced.size)),
           [&](int64_t begin, int64_t end) {
             for (int64_t o = begin; o < end; ++o) {
               y[o] = fold_whole(plan.reduced, x + offset_of(plan.kept, o), op);
             }
           });
}

void reduce(const ReducePlan& plan, int32_t dtype, int32_t op, void* y, const void* x, double p0) {
  switch (dtype) {
    case NRT_FLOAT32:
      return reduce_float(plan, op, static_cast<float*>(y), static_cast<const float*>(x), p0);
    case NRT_FLOAT64:
      return reduce_float(plan, op, static_cast<double*>(y), static_cast<const double*>(x), p0);
    case NRT_INT32:
      return reduce_whole(plan, op, static_cast<int32_t*>(y), static_cast<const int32_t*>(x));
    case NRT_INT64:
      return reduce_whole(plan, op, static_cast<int64_t*>(y), static_cast<const int64_t*>(x));
    default:
      return reduce_whole(plan, op, static_cast<uint8_t*>(y), static_cast<const uint8_t*>(x));
  }
}

}  // namespace

extern const ReduceKernels reduce_kernels;
const ReduceKernels reduce_kernels = {reduce};

}  // namespace NRT_ISA_NS
}  // namespace nrt
