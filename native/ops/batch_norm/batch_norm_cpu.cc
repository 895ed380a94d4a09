// Column statistics and column-wise affine maps of x [rows, channels].
//
// The rows are cut into chunks that fit into the second-level cache. A chunk is read twice, from
// memory once: first a mean good to rounding, then sum d and sum d^2 of d = x - that mean (the
// corrected two-pass algorithm: Chan, Golub, LeVeque, "Algorithms for computing the sample
// variance", 1983, eq. 1.7); chunks are merged in their order by the same paper's eq. 2.1. Four rows
// are added in T before they go into the double sums, which spares three of four conversions.
//
// With few channels a group of rows is treated as one row of `width` columns (the data are
// contiguous), folded at the end: a loop over 3 channels would not vectorise.
#include "core/kernel.h"
#include "ops/batch_norm/batch_norm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kWidth = 64;             // least columns of an inner loop
constexpr int64_t kChunkElements = 32768;  // 128 KB of float; 10 to 20 us of work
constexpr int64_t kChunkRows = 64;         // least rows, so that a chunk's sums stay few beside it

struct Plan {
  int64_t rows, channels, group, width, chunk_rows, chunks;
  Plan(int64_t r, int64_t c) : rows(r), channels(c) {
    group = c >= kWidth ? 1 : kWidth / max64(c, 1);
    width = group * c;
    chunk_rows = max64(kChunkRows, kChunkElements / max64(c, 1));
    chunk_rows = div_up(chunk_rows, group) * group;
    chunks = c > 0 ? div_up(r, chunk_rows) : 0;
  }
  int64_t begin(int64_t chunk) const { return chunk * chunk_rows * channels; }
  int64_t rows_of(int64_t chunk) const { return min64(chunk_rows, rows - chunk * chunk_rows); }
};

// Calls body(offset, columns) for every wide row of `elements` contiguous values; the last one may
// be shorter.
template <typename F>
inline void wide_rows(const Plan& plan, int64_t elements, const F& body) {
  int64_t at = 0;
  for (; at + plan.width <= elements; at += plan.width) body(at, plan.width);
  if (at < elements) body(at, elements - at);
}

// Per-channel values repeated over a wide row.
template <typename T>
const T* widened(const Plan& plan, const T* channel_values) {
  if (plan.group == 1) return channel_values;
  T* wide = scratch<T>(plan.width);
  for (int64_t g = 0; g < plan.group; ++g) {
    for (int64_t c = 0; c < plan.channels; ++c) wide[g * plan.channels + c] = channel_values[c];
  }
  return wide;
}

// Adds the groups of a wide row of sums into its first `channels` entries.
inline void fold(const Plan& plan, double* sums) {
  for (int64_t g = 1; g < plan.group; ++g) {
    for (int64_t c = 0; c < plan.channels; ++c) sums[c] += sums[g * plan.channels + c];
  }
}

// first[c] += sum of f(row, c), second[c] += sum of g(row, c) over the wide rows, where term writes
// both. Four rows at a time in T.
template <typename T, typename F>
inline void column_sums(const Plan& plan, int64_t elements, double* NRT_RESTRICT first,
                        double* NRT_RESTRICT second, const F& term) {
  const int64_t w = plan.width;
  int64_t at = 0;
  for (; at + 4 * w <= elements; at += 4 * w) {
    for (int64_t c = 0; c < w; ++c) {
      T a[4], b[4];
      for (int k = 0; k < 4; ++k) term(at + k * w + c, c, &a[k], &b[k]);
      first[c] += static_cast<double>((a[0] + a[1]) + (a[2] + a[3]));
      second[c] += static_cast<double>((b[0] + b[1]) + (b[2] + b[3]));
    }
  }
  for (; at < elements; at += w) {
    const int64_t columns = min64(w, elements - at);
    for (int64_t c = 0; c < columns; ++c) {
      T a, b;
      term(at + c, c, &a, &b);
      first[c] += static_cast<double>(a);
      second[c] += static_cast<double>(b);
    }
  }
  fold(plan, first);
  fold(plan, second);
}

// A rough mean of the chunk, repeated over a wide row: the centre of the exact sums.
template <typename T>
const T* centre_of(const Plan& plan, const T* x, int64_t rows) {
  double* sums = scratch<double>(plan.width);
  for (int64_t i = 0; i < plan.width; ++i) sums[i] = 0;
  const int64_t w = plan.width, elements = rows * plan.channels;
  int64_t at = 0;
  for (; at + 4 * w <= elements; at += 4 * w) {
    const T* NRT_RESTRICT p = x + at;
    for (int64_t c = 0; c < w; ++c) {
      sums[c] += static_cast<double>((p[c] + p[w + c]) + (p[2 * w + c] + p[3 * w + c]));
    }
  }
  wide_rows(plan, elements - at, [&](int64_t offset, int64_t columns) {
    for (int64_t c = 0; c < columns; ++c) sums[c] += static_cast<double>(x[at + offset + c]);
  });
  fold(plan, sums);
  T* centre = scratch<T>(plan.channels);
  const double share = 1.0 / static_cast<double>(rows);
  for (int64_t c = 0; c < plan.channels; ++c) centre[c] = static_cast<T>(sums[c] * share);
  return widened(plan, centre);
}

// Mean and sum of squared deviations of one chunk.
template <typename T>
void chunk_moments(const Plan& plan, const T* x, int64_t rows, double* mean, double* squares) {
  ScratchMark mark;
  const T* centre = centre_of(plan, x, rows);
  double* first = scratch<double>(2 * plan.width);
  double* second = first + plan.width;
  for (int64_t i = 0; i < 2 * plan.width; ++i) first[i] = 0;
  column_sums<T>(plan, rows * plan.channels, first, second,
                 [=](int64_t at, int64_t c, T* a, T* b) {
                   *a = x[at] - centre[c];
                   *b = *a * *a;
                 });
  const double share = 1.0 / static_cast<double>(rows);
  for (int64_t c = 0; c < plan.channels; ++c) {
    mean[c] = static_cast<double>(centre[c]) + first[c] * share;
    squares[c] = second[c] - first[c] * first[c] * share;
  }
}

template <typename T>
void statistics(T* mean, T* var, const T* x, int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  double* partial = scratch<double>(max64(plan.chunks, 1) * 2 * channels);
  memset(partial, 0, static_cast<size_t>(2 * channels) * sizeof(double));
  parallel(plan.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double* own = partial + i * 2 * channels;
      chunk_moments(plan, x + plan.begin(i), plan.rows_of(i), own, own + channels);
    }
  });
  double* NRT_RESTRICT total = partial;
  double done = static_cast<double>(min64(plan.chunk_rows, rows));
  for (int64_t i = 1; i < plan.chunks; ++i) {
    const double* NRT_RESTRICT own = partial + i * 2 * channels;
    const double more = static_cast<double>(plan.rows_of(i));
    const double share = more / (done + more), cross = done * share;
    for (int64_t c = 0; c < channels; ++c) {
      const double delta = own[c] - total[c];
      total[c] += delta * share;
      total[channels + c] += own[channels + c] + delta * delta * cross;
    }
    done += more;
  }
  for (int64_t c = 0; c < channels; ++c) {
    const double squares = total[channels + c];
    mean[c] = static_cast<T>(total[c]);
    var[c] = static_cast<T>(rows > 0 && !(squares < 0) ? squares / static_cast<double>(rows) : 0);
  }
}

// Runs body(first element, number of elements) for every chunk.
template <typename F>
void chunks_of(const Plan& plan, const F& body) {
  parallel(plan.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(plan.begin(i), plan.rows_of(i) * plan.channels);
  });
}

template <typename T>
void normalise(T* y, const T* x, const T* mean, const T* scale, const T* shift, int64_t rows,
               int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* m = widened(plan, mean);
  const T* a = widened(plan, scale);
  const T* b = widened(plan, shift);
  chunks_of(plan, [=](int64_t first, int64_t elements) {
    wide_rows(plan, elements, [=](int64_t at, int64_t columns) {
      const T* from = x + first + at;
      T* to = y + first + at;
      NRT_INDEPENDENT
      for (int64_t c = 0; c < columns; ++c) to[c] = (from[c] - m[c]) * a[c] + b[c];
    });
  });
}

template <typename T>
void gradient_sums(double* sums, const T* dy, const T* x, const T* mean, int64_t rows,
                   int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* m = widened(plan, mean);
  const int64_t width = 2 * plan.width;
  double* partial = scratch<double>(plan.chunks * width);
  parallel(plan.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double* own = partial + i * width;
      memset(own, 0, static_cast<size_t>(width) * sizeof(double));
      const T* g = dy + plan.begin(i);
      const T* v = x + plan.begin(i);
      column_sums<T>(plan, plan.rows_of(i) * channels, own, own + plan.width,
                     [=](int64_t at, int64_t c, T* a, T* b) {
                       *a = g[at];
                       *b = g[at] * (v[at] - m[c]);
                     });
    }
  });
  memset(sums, 0, static_cast<size_t>(2 * channels) * sizeof(double));
  for (int64_t i = 0; i < plan.chunks; ++i) {
    const double* own = partial + i * width;
    for (int64_t c = 0; c < channels; ++c) {
      sums[c] += own[c];
      sums[channels + c] += own[plan.width + c];
    }
  }
}

template <typename T>
void gradient(T* dx, const T* dy, const T* x, const T* mean, const T* a, const T* b, const T* d,
              int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* wm = widened(plan, mean);
  const T* wa = widened(plan, a);
  const T* wb = widened(plan, b);
  const T* wd = widened(plan, d);
  chunks_of(plan, [=](int64_t first, int64_t elements) {
    wide_rows(plan, elements, [=](int64_t at, int64_t columns) {
      const T* g = dy + first + at;
      const T* v = x + first + at;
      T* to = dx + first + at;
      NRT_INDEPENDENT
      for (int64_t c = 0; c < columns; ++c) to[c] = g[c] * wa[c] + ((v[c] - wm[c]) * wb[c] + wd[c]);
    });
  });
}

template <typename T>
void scale(T* dx, const T* dy, const T* a, int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* wa = widened(plan, a);
  chunks_of(plan, [=](int64_t first, int64_t elements) {
    wide_rows(plan, elements, [=](int64_t at, int64_t columns) {
      const T* g = dy + first + at;
      T* to = dx + first + at;
      NRT_INDEPENDENT
      for (int64_t c = 0; c < columns; ++c) to[c] = g[c] * wa[c];
    });
  });
}

template <typename T>
constexpr BatchNormKernels<T> table() {
  return {statistics<T>, normalise<T>, gradient_sums<T>, gradient<T>, scale<T>};
}

}  // namespace

extern const BatchNormLevel batch_norm_kernels;
const BatchNormLevel batch_norm_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
