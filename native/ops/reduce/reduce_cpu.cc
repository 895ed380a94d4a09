// Reductions over any axes. Two layouts matter:
//   rows     the fastest axis in memory is reduced: lanes along it (softmax-style sums);
//   columns  the fastest axis is kept: one accumulator per column, rows added one after the other.
// Every sum is made of fixed blocks (kBlock elements, or kColumnBlock rows) whose partial sums are
// double and combined in block order, so results depend on the shape only, and float sums of 16 M
// elements keep about 1e-6. Limited by memory.
#include "core/kernel_math.h"
#include "core/rows.h"
#include "neurite/core.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/reduce_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kBlock = 1024;       // elements summed in the element type before going to double
constexpr int64_t kTask = 64 * 1024;   // elements of one partial sum
constexpr int64_t kColumnBlock = 64;   // rows added in the element type
constexpr int64_t kColumnTile = 256;   // columns of one accumulator array
constexpr int64_t kSmall = 16 * 1024;  // below: no parallel region

// What is summed: f(x, p) with one parameter per output (mean, largest), then combined by +.
struct Plain {
  template <typename T>
  static T map(T x, T) { return x; }
};
struct Absolute {
  template <typename T>
  static T map(T x, T) { return x < 0 ? -x : x; }
};
struct Square {
  template <typename T>
  static T map(T x, T) { return x * x; }
};
struct Deviation {
  template <typename T>
  static T map(T x, T p) { return (x - p) * (x - p); }
};
struct Shifted {
  template <typename T>
  static T map(T x, T p) { return math::exp(x - p); }
};

// How partial results combine. A sum of floats is carried in double.
template <typename M>
struct Sum : M {
  template <typename T>
  static T start() { return 0; }
  template <typename T>
  static T join(T a, T b) { return a + b; }
};
struct Product : Plain {
  template <typename T>
  static T start() { return 1; }
  template <typename T>
  static T join(T a, T b) { return a * b; }
};
struct Largest : Plain {
  template <typename T>
  static T start() { return negative_infinity<T>(); }
  template <typename T>
  static T join(T a, T b) { return b != b ? b : (b > a ? b : a); }
};
struct Smallest : Plain {
  template <typename T>
  static T start() { return static_cast<T>(__builtin_inf()); }
  template <typename T>
  static T join(T a, T b) { return b != b ? b : (b < a ? b : a); }
};

template <typename Op, typename T>
T fold_lanes(const T* lane) {
  T all = lane[0];
  for (int64_t j = 1; j < kLanes; ++j) all = Op::join(all, lane[j]);
  return all;
}

// One block of at most kBlock elements.
template <typename Op, typename T>
T fold_block(const T* NRT_RESTRICT x, int64_t n, int64_t stride, T p) {
  T lane[kLanes];
  for (int64_t j = 0; j < kLanes; ++j) lane[j] = Op::template start<T>();
  int64_t i = 0;
  if (stride == 1) {
    for (; i + kLanes <= n; i += kLanes) {
      for (int64_t j = 0; j < kLanes; ++j) lane[j] = Op::join(lane[j], Op::map(x[i + j], p));
    }
  }
  for (int64_t j = 0; i < n; ++i, j = (j + 1) % kLanes) {
    lane[j] = Op::join(lane[j], Op::map(x[i * stride], p));
  }
  return fold_lanes<Op>(lane);
}

// n elements of one run, block by block.
template <typename Op, typename T>
double fold_run(const T* x, int64_t n, int64_t stride, T p, double all) {
  for (int64_t i = 0; i < n; i += kBlock) {
    const T part = fold_block<Op>(x + i * stride, min64(kBlock, n - i), stride, p);
    all = Op::join(all, static_cast<double>(part));
  }
  return all;
}

// Elements [begin, end) of the reduced space that starts at x.
template <typename Op, typename T>
double fold_range(const Strided& reduced, const T* x, int64_t begin, int64_t end, T p) {
  double all = Op::template start<double>();
  const int64_t stride = reduced.stride[0][reduced.rank - 1];
  walk<1>(reduced, begin, end, [&](const int64_t* offset, int64_t n) {
    all = fold_run<Op>(x + offset[0], n, stride, p, all);
  });
  return all;
}

inline int64_t offset_of(const Strided& s, int64_t position) {
  Cursor c;
  seek<1>(s, position, &c);
  return c.offset[0];
}

// y[o] for every output, the fastest axis being reduced. p: one parameter per output, or null.
template <typename Op, typename T>
void reduce_rows(const ReducePlan& plan, double* y, const T* x, const T* p) {
  const int64_t outputs = plan.kept.size, count = plan.reduced.size;
  const int64_t tasks = max64(1, div_up(count, kTask));
  const auto one = [&](int64_t o, int64_t begin, int64_t end) {
    return fold_range<Op>(plan.reduced, x + offset_of(plan.kept, o), begin, end, p ? p[o] : T(0));
  };
  if (tasks == 1) {
    parallel(outputs, max64(1, kSmall / max64(1, count)), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) y[o] = one(o, 0, count);
    });
    return;
  }
  ScratchMark mark;
  double* part = scratch<double>(outputs * tasks);
  parallel(outputs * tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t t = i % tasks;
      part[i] = one(i / tasks, t * kTask, min64(count, (t + 1) * kTask));
    }
  });
  for (int64_t o = 0; o < outputs; ++o) {
    y[o] = part[o * tasks];
    for (int64_t t = 1; t < tasks; ++t) y[o] = Op::join(y[o], part[o * tasks + t]);
  }
}

// Rows [begin, end) of the reduced space added into the accumulators of `width` columns.
template <typename Op, typename T>
void fold_columns(const Strided& reduced, const T* x, int64_t width, int64_t begin, int64_t end,
                  const T* p, double* NRT_RESTRICT all) {
  T zero[kColumnTile] = {};
  const T* NRT_RESTRICT q = p ? p : zero;
  for (int64_t j = 0; j < width; ++j) all[j] = Op::template start<double>();
  for (int64_t first = begin; first < end; first += kColumnBlock) {
    T sum[kColumnTile];
    for (int64_t j = 0; j < width; ++j) sum[j] = Op::template start<T>();
    const int64_t stride = reduced.stride[0][reduced.rank - 1];
    walk<1>(reduced, first, min64(end, first + kColumnBlock), [&](const int64_t* offset, int64_t n) {
      for (int64_t r = 0; r < n; ++r) {
        const T* NRT_RESTRICT row = x + offset[0] + r * stride;
        for (int64_t j = 0; j < width; ++j) sum[j] = Op::join(sum[j], Op::map(row[j], q[j]));
      }
    });
    for (int64_t j = 0; j < width; ++j) all[j] = Op::join(all[j], static_cast<double>(sum[j]));
  }
}

// The same when the fastest axis is kept (stride 1): tiles of columns times blocks of rows.
template <typename Op, typename T>
void reduce_columns(const ReducePlan& plan, double* y, const T* x, const T* p) {
  const int64_t width = plan.kept.shape[plan.kept.rank - 1], outer = plan.kept.size / width;
  const int64_t tiles = div_up(width, kColumnTile), rows = plan.reduced.size;
  const int64_t rows_each = max64(kColumnBlock, kTask / min64(width, kColumnTile));
  const int64_t tasks = max64(1, div_up(rows, rows_each));
  ScratchMark mark;
  double* part = tasks > 1 ? scratch<double>(plan.kept.size * tasks) : y;
  const int64_t work = max64(1, rows_each * min64(width, kColumnTile));
  parallel(outer * tiles * tasks, max64(1, kSmall / min64(work, kSmall)),
           [&](int64_t begin, int64_t end) {
             for (int64_t i = begin; i < end; ++i) {
               const int64_t t = i % tasks, tile = i / tasks % tiles, o = i / tasks / tiles;
               const int64_t at = o * width + tile * kColumnTile;
               fold_columns<Op>(plan.reduced, x + offset_of(plan.kept, at),
                                min64(kColumnTile, width - tile * kColumnTile), t * rows_each,
                                min64(rows, (t + 1) * rows_each), p ? p + at : nullptr,
                                part + t * plan.kept.size + at);
             }
           });
  for (int64_t t = 0; t < tasks && tasks > 1; ++t) {
    for (int64_t j = 0; j < plan.kept.size; ++j) {
      y[j] = t == 0 ? part[j] : Op::join(y[j], part[t * plan.kept.size + j]);
    }
  }
}

template <typename Op, typename T>
void run(const ReducePlan& plan, double* y, const T* x, const T* p) {
  const bool columns = plan.kept.size > 1 && plan.kept.stride[0][plan.kept.rank - 1] == 1 &&
                       plan.reduced.stride[0][plan.reduced.rank - 1] != 1;
  if (columns) {
    reduce_columns<Op>(plan, y, x, p);
  } else {
    reduce_rows<Op>(plan, y, x, p);
  }
}

// exp(x - p) with p the largest; a row of -inf only would give NaN, so its p is 0.
template <typename T>
void log_sum_exp(const ReducePlan& plan, double* y, const T* x) {
  ScratchMark mark;
  const int64_t n = plan.kept.size;
  T* max = scratch<T>(n);
  run<Largest>(plan, y, x, static_cast<const T*>(nullptr));
  for (int64_t i = 0; i < n; ++i) {
    const T m = static_cast<T>(y[i]);
    max[i] = m - m == 0 ? m : 0;
  }
  run<Sum<Shifted>>(plan, y, x, max);
  for (int64_t i = 0; i < n; ++i) y[i] = ::log(y[i]) + static_cast<double>(max[i]);
}

template <typename T>
void variance(const ReducePlan& plan, double* y, const T* x, double correction) {
  ScratchMark mark;
  const int64_t n = plan.kept.size;
  const double count = static_cast<double>(plan.reduced.size);
  T* mean = scratch<T>(n);
  run<Sum<Plain>>(plan, y, x, static_cast<const T*>(nullptr));
  for (int64_t i = 0; i < n; ++i) mean[i] = static_cast<T>(y[i] / count);
  run<Sum<Deviation>>(plan, y, x, mean);
  const double divisor = count - correction;
  for (int64_t i = 0; i < n; ++i) y[i] /= divisor > 0 ? divisor : 0;
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
template <typename T>
T fold_whole(const Strided& reduced, const T* x, int32_t op) {
  uint64_t sum = 0, product = 1;
  T low = 0, high = 0;
  bool first = true, any = false, all = true;
  walk<1>(reduced, 0, reduced.size, [&](const int64_t* offset, int64_t n) {
    const int64_t stride = reduced.stride[0][reduced.rank - 1];
    for (int64_t i = 0; i < n; ++i) {
      const T v = x[offset[0] + i * stride];
      sum += static_cast<uint64_t>(v);
      product *= static_cast<uint64_t>(v);
      low = first || v < low ? v : low;
      high = first || v > high ? v : high;
      first = false;
      any = any || v != 0;
      all = all && v != 0;
    }
  });
  switch (op) {
    case NRT_REDUCE_SUM: return static_cast<T>(sum);
    case NRT_REDUCE_PROD: return static_cast<T>(product);
    case NRT_REDUCE_MAX: return high;
    case NRT_REDUCE_MIN: return low;
    case NRT_REDUCE_ANY: return static_cast<T>(any);
    default: return static_cast<T>(all);
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

// dx = dy / ties where x equals the extreme (both NaN count as equal), else 0.
template <typename T>
void extreme_typed(const Strided& s, T* dx, const T* dy, const T* y, const T* x, int64_t outputs) {
  ScratchMark mark;
  T* ties = scratch<T>(outputs);
  for (int64_t i = 0; i < outputs; ++i) ties[i] = 0;
  const int last = s.rank - 1;
  const auto hit = [](T a, T b) { return a == b || (a != a && b != b); };
  walk<3>(s, 0, s.size, [&](const int64_t* o, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = o[2] + i * s.stride[2][last];
      ties[at] += hit(x[o[1] + i * s.stride[1][last]], y[at]) ? 1 : 0;
    }
  });
  walk<3>(s, 0, s.size, [&](const int64_t* o, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = o[2] + i * s.stride[2][last];
      dx[o[0] + i] = hit(x[o[1] + i * s.stride[1][last]], y[at]) ? dy[at] / ties[at] : 0;
    }
  });
}

void extreme_bwd(const Strided& s, int32_t dtype, void* dx, const void* dy, const void* y,
                 const void* x, int64_t outputs) {
  if (dtype == NRT_FLOAT32) {
    extreme_typed(s, static_cast<float*>(dx), static_cast<const float*>(dy),
                  static_cast<const float*>(y), static_cast<const float*>(x), outputs);
  } else {
    extreme_typed(s, static_cast<double*>(dx), static_cast<const double*>(dy),
                  static_cast<const double*>(y), static_cast<const double*>(x), outputs);
  }
}

// First position of the largest (or smallest) of count elements `step` apart; NaN wins.
template <typename T>
int64_t first_extreme(const T* x, int64_t count, int64_t step, bool largest) {
  int64_t best = 0;
  T value = x[0];
  for (int64_t i = 1; i < count && value == value; ++i) {
    const T v = x[i * step];
    if ((largest ? v > value : v < value) || v != v) {
      value = v;
      best = i;
    }
  }
  return best;
}

template <typename T>
void arg_typed(bool largest, int64_t* y, const T* x, int64_t outer, int64_t count, int64_t inner) {
  parallel(outer * inner, max64(1, kSmall / count), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      y[o] = first_extreme(x + o / inner * count * inner + o % inner, count, inner, largest);
    }
  });
}

void arg(int32_t dtype, bool largest, int64_t* y, const void* x, int64_t outer, int64_t count,
         int64_t inner) {
  switch (dtype) {
    case NRT_FLOAT32: return arg_typed(largest, y, static_cast<const float*>(x), outer, count, inner);
    case NRT_FLOAT64: return arg_typed(largest, y, static_cast<const double*>(x), outer, count, inner);
    case NRT_INT32: return arg_typed(largest, y, static_cast<const int32_t*>(x), outer, count, inner);
    default: return arg_typed(largest, y, static_cast<const int64_t*>(x), outer, count, inner);
  }
}

template <typename T>
bool nonfinite_typed(const T* NRT_RESTRICT x, int64_t n) {
  int64_t bad = 0;
  for (int64_t i = 0; i < n; ++i) bad += x[i] - x[i] == 0 ? 0 : 1;
  return bad != 0;
}

bool nonfinite(int32_t dtype, const void* x, int64_t n) {
  return dtype == NRT_FLOAT32 ? nonfinite_typed(static_cast<const float*>(x), n)
                              : nonfinite_typed(static_cast<const double*>(x), n);
}

}  // namespace

extern const ReduceKernels reduce_kernels;
const ReduceKernels reduce_kernels = {reduce, extreme_bwd, arg, nonfinite};

}  // namespace NRT_ISA_NS
}  // namespace nrt
