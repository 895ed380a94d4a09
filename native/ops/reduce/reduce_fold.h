// The loops of the reductions: what is summed, how partial results combine, and the two layouts.
//   rows     the fastest axis in memory is reduced: lanes along it (softmax-style sums);
//   columns  the fastest axis is kept: one accumulator per column, rows added one after the other.
// Every sum is made of fixed blocks (kBlock elements, or kColumnBlock rows) whose partial sums are
// double and combined in block order, so results depend on the shape only, and float sums of 16 M
// elements keep about 1e-6.
#pragma once

#include "core/kernel_math.h"
#include "core/rows.h"
#include "ops/reduce/reduce_extreme.h"
#include "ops/reduce/reduce_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kBlock = 1024;       // elements summed in the element type before going to double
constexpr int64_t kTask = 64 * 1024;   // elements of one partial sum
constexpr int64_t kColumnBlock = 64;   // rows added in the element type
constexpr int64_t kColumnTile = 1024;  // columns of one accumulator array
constexpr int64_t kColumnTask = 128 * 1024;  // elements of one partial sum of columns
constexpr int64_t kShortCount = 64;      // rows up to this length are worked on kShortTile at a time
constexpr int64_t kShortTile = 64;
constexpr int64_t kSmall = 16 * 1024;  // below: no parallel region

// What is summed: f(x, p) with one parameter per output (mean, largest) if any, then combined by +.
struct WithoutParameter {
  static constexpr bool parameter = false;
};
struct WithParameter {
  static constexpr bool parameter = true;
};
struct Plain : WithoutParameter {
  template <typename T>
  static T map(T x, T) { return x; }
};
struct Absolute : WithoutParameter {
  template <typename T>
  static T map(T x, T) { return x < 0 ? -x : x; }
};
struct Square : WithoutParameter {
  template <typename T>
  static T map(T x, T) { return x * x; }
};
struct Deviation : WithParameter {
  template <typename T>
  static T map(T x, T p) { return (x - p) * (x - p); }
};
struct Shifted : WithParameter {
  template <typename T>
  static T map(T x, T p) { return math::exp(x - p); }
};

// How partial results combine. A sum of floats is carried in double.
template <typename M>
struct Sum : M {
  static constexpr bool extreme = false;
  template <typename T>
  static T start() { return 0; }
  template <typename T>
  static T join(T a, T b) { return a + b; }
};
struct Product : Plain {
  static constexpr bool extreme = false;
  template <typename T>
  static T start() { return 1; }
  template <typename T>
  static T join(T a, T b) { return a * b; }
};
template <bool kLargest>
struct Extreme : Plain {
  static constexpr bool extreme = true, largest = kLargest;
  template <typename T>
  static T start() { return extreme_start<T, kLargest>(); }
  template <typename T>
  static T join(T a, T b) { return beats<kLargest>(b, a) ? b : a; }
};
using Largest = Extreme<true>;
using Smallest = Extreme<false>;

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
  if constexpr (Op::extreme) {
    if (stride == 1) return Op::join(all, static_cast<double>(extreme_of<Op::largest>(x, n)));
  }
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

// Four rows at a time, so that the accumulators are read and written a quarter as often.
template <typename Op, typename T>
void add_rows(const T* NRT_RESTRICT x, int64_t stride, int64_t rows, int64_t width,
              const T* NRT_RESTRICT p, T* NRT_RESTRICT sum) {
  if constexpr (Op::extreme) return extreme_of_rows<Op::largest>(x, stride, rows, width, sum);
  const auto value = [&](const T* row, int64_t j) { return Op::map(row[j], Op::parameter ? p[j] : T(0)); };
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const T *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int64_t j = 0; j < width; ++j) {
      sum[j] = Op::join(sum[j], Op::join(Op::join(value(a, j), value(b, j)),
                                         Op::join(value(c, j), value(d, j))));
    }
  }
  for (; r < rows; ++r) {
    const T* row = x + r * stride;
    for (int64_t j = 0; j < width; ++j) sum[j] = Op::join(sum[j], value(row, j));
  }
}

// Rows [begin, end) of the reduced space added into the accumulators of `width` columns.
template <typename Op, typename T>
void fold_columns(const Strided& reduced, const T* x, int64_t width, int64_t begin, int64_t end,
                  const T* p, double* NRT_RESTRICT all) {
  alignas(64) T sum[kColumnTile];
  const int64_t stride = reduced.stride[0][reduced.rank - 1];
  for (int64_t j = 0; j < width; ++j) all[j] = Op::template start<double>();
  for (int64_t first = begin; first < end; first += kColumnBlock) {
    for (int64_t j = 0; j < width; ++j) sum[j] = Op::template start<T>();
    walk<1>(reduced, first, min64(end, first + kColumnBlock), [&](const int64_t* offset, int64_t n) {
      add_rows<Op>(x + offset[0], stride, n, width, p, sum);
    });
    for (int64_t j = 0; j < width; ++j) all[j] = Op::join(all[j], static_cast<double>(sum[j]));
  }
}

// How columns are shared: tiles of columns times blocks of rows.
struct ColumnTasks {
  int64_t width, outer, tiles, rows, rows_each, tasks;
  explicit ColumnTasks(const ReducePlan& plan)
      : width(plan.kept.shape[plan.kept.rank - 1]),
        outer(plan.kept.size / width),
        tiles(div_up(width, kColumnTile)),
        rows(plan.reduced.size),
        rows_each(max64(kColumnBlock, kColumnTask / min64(width, kColumnTile))),
        tasks(max64(1, div_up(rows, rows_each))) {}
  // Calls body(task, first output, columns, first row, end of rows) for all.
  template <typename F>
  void run(const F& body) const {
    const int64_t work = max64(1, min64(rows, rows_each) * min64(width, kColumnTile));
    parallel(outer * tiles * tasks, max64(1, kSmall / min64(work, kSmall)),
             [&](int64_t begin, int64_t end) {
               for (int64_t i = begin; i < end; ++i) {
                 const int64_t t = i % tasks, tile = i / tasks % tiles, o = i / tasks / tiles;
                 body(t, o * width + tile * kColumnTile,
                      min64(kColumnTile, width - tile * kColumnTile), t * rows_each,
                      min64(rows, (t + 1) * rows_each));
               }
             });
  }
};

// The fastest axis is kept (stride 1).
template <typename Op, typename T>
void reduce_columns(const ReducePlan& plan, double* y, const T* x, const T* p) {
  const ColumnTasks columns(plan);
  const int64_t outputs = plan.kept.size, tasks = columns.tasks;
  ScratchMark mark;
  double* part = tasks > 1 ? scratch<double>(outputs * tasks) : y;
  columns.run([&](int64_t t, int64_t at, int64_t width, int64_t begin, int64_t end) {
    fold_columns<Op>(plan.reduced, x + offset_of(plan.kept, at), width, begin, end,
                     p ? p + at : nullptr, part + t * outputs + at);
  });
  for (int64_t t = 0; t < tasks && tasks > 1; ++t) {
    for (int64_t j = 0; j < outputs; ++j) {
      y[j] = t == 0 ? part[j] : Op::join(y[j], part[t * outputs + j]);
    }
  }
}

// Rows of at most kShortCount elements, one after the other in memory: transposed in the cache and then
// summed side by side.
template <typename Op, typename T>
void reduce_short_rows(const ReducePlan& plan, double* y, const T* x, const T* p) {
  const int64_t outputs = plan.kept.size, count = plan.reduced.size, step = plan.kept.stride[0][0];
  parallel(div_up(outputs, kShortTile), max64(1, kSmall / (kShortTile * count)),
           [&](int64_t begin, int64_t end) {
             alignas(64) T tile[kShortCount * kShortTile], all[kShortTile];
             for (int64_t b = begin; b < end; ++b) {
               const int64_t at = b * kShortTile, rows = min64(kShortTile, outputs - at);
               transpose_tile(tile, kShortTile, x + at * step, step, rows, count);
               for (int64_t r = 0; r < rows; ++r) all[r] = Op::template start<T>();
               add_rows<Op>(tile, kShortTile, count, rows, p ? p + at : nullptr, all);
               for (int64_t r = 0; r < rows; ++r) y[at + r] = static_cast<double>(all[r]);
             }
           });
}

bool columns_first(const ReducePlan& plan) {
  return plan.kept.size > 1 && plan.kept.stride[0][plan.kept.rank - 1] == 1 &&
         plan.reduced.stride[0][plan.reduced.rank - 1] != 1;
}

bool short_rows(const ReducePlan& plan) {
  return plan.kept.rank == 1 && plan.kept.size >= kShortTile && plan.reduced.rank == 1 &&
         plan.reduced.size > 0 && plan.reduced.size <= kShortCount && plan.reduced.stride[0][0] == 1;
}

template <typename Op, typename T>
void run(const ReducePlan& plan, double* y, const T* x, const T* p) {
  if (columns_first(plan)) {
    reduce_columns<Op>(plan, y, x, p);
  } else if (short_rows(plan)) {
    reduce_short_rows<Op>(plan, y, x, p);
  } else {
    reduce_rows<Op>(plan, y, x, p);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
