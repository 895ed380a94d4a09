// Where the extremes are: argmax and argmin, the gradient of max and min, the search for NaN and
// infinity. Limited by memory.
#include "core/stream.h"
#include "core/transpose_block.h"
#include "neurite/core.h"
#include "ops/reduce/reduce_extreme.h"
#include "ops/reduce/reduce_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kBlock = 1024;       // elements whose extreme is found before anything is compared
constexpr int64_t kTask = 64 * 1024;   // elements of one partial result
constexpr int64_t kSmall = 16 * 1024;  // elements below which there is no parallel region
constexpr int64_t kTile = 64;          // columns or short rows searched side by side

// The first extreme of a piece: its value and position.
template <typename T>
struct Found {
  T value;
  int64_t at;
};

template <bool kLargest, typename T>
bool wins(T later, T earlier) {
  return earlier == earlier && beats<kLargest>(later, earlier);
}

template <typename T>
int64_t first_equal(const T* x, int64_t n, T value) {
  constexpr int64_t kStep = 32;
  int64_t i = 0;
  for (; value == value && i + kStep <= n; i += kStep) {
    int hits = 0;
    for (int64_t j = 0; j < kStep; ++j) hits |= x[i + j] == value ? 1 : 0;
    if (hits != 0) break;
  }
  for (; i < n; ++i) {
    if (x[i] == value || (x[i] != x[i]) & (value != value)) return i;
  }
  return 0;
}

// n >= 1 contiguous elements. Only the block that holds the extreme is searched for it.
template <bool kLargest, typename T>
Found<T> find(const T* x, int64_t n) {
  int64_t best = 0;
  T value = extreme_of<kLargest>(x, min64(kBlock, n));
  for (int64_t i = kBlock; i < n; i += kBlock) {
    const T part = extreme_of<kLargest>(x + i, min64(kBlock, n - i));
    if (wins<kLargest>(part, value)) {
      value = part;
      best = i;
    }
  }
  return {value, best + first_equal(x + best, min64(kBlock, n - best), value)};
}

// Long rows: pieces of kTask elements, compared in order.
template <bool kLargest, typename T>
void arg_rows(int64_t* y, const T* x, int64_t rows, int64_t count) {
  const int64_t pieces = div_up(count, kTask);
  ScratchMark mark;
  Found<T>* part = scratch<Found<T>>(rows * pieces);
  parallel(rows * pieces, max64(1, kSmall / min64(count, kTask)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % pieces * kTask;
      part[i] = find<kLargest>(x + i / pieces * count + first, min64(kTask, count - first));
      part[i].at += first;
    }
  });
  for (int64_t r = 0; r < rows; ++r) {
    Found<T> best = part[r * pieces];
    for (int64_t t = 1; t < pieces; ++t) {
      if (wins<kLargest>(part[r * pieces + t].value, best.value)) best = part[r * pieces + t];
    }
    y[r] = best.at;
  }
}

// The integer as wide as T, so that values and positions fill the same vectors.
template <typename T>
struct Position {
  using Type = int32_t;
};
template <>
struct Position<double> {
  using Type = int64_t;
};
template <>
struct Position<int64_t> {
  using Type = int64_t;
};

// width <= kTile columns of count elements, `step` apart.
template <bool kLargest, typename T>
void arg_columns(int64_t* y, const T* x, int64_t count, int64_t step, int64_t width) {
  using P = typename Position<T>::Type;
  alignas(64) T best[kTile];
  alignas(64) P at[kTile];
  for (int64_t j = 0; j < width; ++j) best[j] = x[j], at[j] = 0;
  for (int64_t i = 1; i < count; ++i) {
    const T* NRT_RESTRICT row = x + i * step;
    const P here = static_cast<P>(i);
    for (int64_t j = 0; j < width; ++j) {
      const T v = row[j], b = best[j];
      const bool won = ((kLargest ? v > b : v < b) | (v != v)) & (b == b);
      best[j] = won ? v : b;
      at[j] = won ? here : at[j];
    }
  }
  for (int64_t j = 0; j < width; ++j) y[j] = at[j];
}

template <bool kLargest, typename T>
void arg_short_rows(int64_t* y, const T* x, int64_t rows, int64_t count) {
  parallel(div_up(rows, kTile), max64(1, kSmall / (kTile * count)), [=](int64_t begin, int64_t end) {
    alignas(64) T tile[kTile * kTile];
    for (int64_t b = begin; b < end; ++b) {
      const int64_t at = b * kTile, width = min64(kTile, rows - at);
      transpose_tile(tile, kTile, x + at * count, count, width, count);
      arg_columns<kLargest>(y + at, tile, count, kTile, width);
    }
  });
}

template <bool kLargest, typename T>
void arg_typed(int64_t* y, const T* x, int64_t outer, int64_t count, int64_t inner) {
  if (inner == 1) {
    return count <= kTile ? arg_short_rows<kLargest>(y, x, outer, count)
                          : arg_rows<kLargest>(y, x, outer, count);
  }
  const int64_t tiles = div_up(inner, kTile);
  parallel(outer * tiles, max64(1, kSmall / (count * min64(inner, kTile))),
           [=](int64_t begin, int64_t end) {
             for (int64_t i = begin; i < end; ++i) {
               const int64_t o = i / tiles, j = i % tiles * kTile;
               arg_columns<kLargest>(y + o * inner + j, x + o * count * inner + j, count, inner,
                                     min64(kTile, inner - j));
             }
           });
}

template <typename T>
void arg_of(bool largest, int64_t* y, const void* x, int64_t outer, int64_t count, int64_t inner) {
  const auto search = largest ? arg_typed<true, T> : arg_typed<false, T>;
  search(y, static_cast<const T*>(x), outer, count, inner);
}

void arg(int32_t dtype, bool largest, int64_t* y, const void* x, int64_t outer, int64_t count,
         int64_t inner) {
  switch (dtype) {
    case NRT_FLOAT32: return arg_of<float>(largest, y, x, outer, count, inner);
    case NRT_FLOAT64: return arg_of<double>(largest, y, x, outer, count, inner);
    case NRT_INT32: return arg_of<int32_t>(largest, y, x, outer, count, inner);
    default: return arg_of<int64_t>(largest, y, x, outer, count, inner);
  }
}

// dx = dy / ties where x equals the extreme (both NaN count as equal), else 0.
template <typename T>
void extreme_typed(const Strided& s, T* dx, const T* dy, const T* y, const T* x, int64_t outputs) {
  ScratchMark mark;
  T* ties = scratch<T>(outputs);
  for (int64_t i = 0; i < outputs; ++i) ties[i] = 0;
  const int last = s.rank - 1;
  const int64_t x_step = s.stride[1][last], y_step = s.stride[2][last];
  const auto hit = [](T a, T b) { return (a == b) | ((a != a) & (b != b)); };
  walk<3>(s, 0, s.size, [&](const int64_t* o, int64_t n) {
    const T *from = x + o[1], *most = y + o[2];
    T* count = ties + o[2];
    if (y_step == 0 && x_step == 1) {
      T sum = 0;
      const T value = *most;
      for (int64_t i = 0; i < n; ++i) {
        if (hit(from[i], value)) sum += 1;
      }
      *count += sum;
    } else {
      for (int64_t i = 0; i < n; ++i) count[i * y_step] += hit(from[i * x_step], most[i * y_step]) ? 1 : 0;
    }
  });
  parallel(s.size, kElementGrain, [&](int64_t begin, int64_t end) {
    walk<3>(s, begin, end, [&](const int64_t* o, int64_t n) {
      const T *from = x + o[1], *most = y + o[2], *up = dy + o[2], *count = ties + o[2];
      T* NRT_RESTRICT to = dx + o[0];
      if (y_step == 0 && x_step == 1) {
        const T value = *most, share = *up / *count;
        for (int64_t i = 0; i < n; ++i) to[i] = hit(from[i], value) ? share : 0;
      } else {
        for (int64_t i = 0; i < n; ++i) {
          const T share = up[i * y_step] / count[i * y_step];
          to[i] = hit(from[i * x_step], most[i * y_step]) ? share : 0;
        }
      }
    });
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

template <typename T>
bool nonfinite_typed(const T* x, int64_t n) {
  bool found = false;
  parallel(n, kTask, [&](int64_t begin, int64_t end) {
    int64_t bad = 0;
    for (int64_t i = begin; i < end; ++i) bad += x[i] - x[i] == 0 ? 0 : 1;
    if (bad != 0) __atomic_store_n(&found, true, __ATOMIC_RELAXED);
  });
  return found;
}

bool nonfinite(int32_t dtype, const void* x, int64_t n) {
  return dtype == NRT_FLOAT32 ? nonfinite_typed(static_cast<const float*>(x), n)
                              : nonfinite_typed(static_cast<const double*>(x), n);
}

}  // namespace

extern const ReduceSearchKernels reduce_search_kernels;
const ReduceSearchKernels reduce_search_kernels = {extreme_bwd, arg, nonfinite};

}  // namespace NRT_ISA_NS
}  // namespace nrt
