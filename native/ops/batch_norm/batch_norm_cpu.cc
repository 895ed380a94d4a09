// Column statistics and column-wise affine maps of x [rows, channels].
//
// The rows are cut into chunks, each read once: the mean of its first sixteenth is taken off all its
// values d = x - that mean, and sum d and sum d^2 give its moments. Such a shift is never far from the
// chunk's own mean, counted in its deviations: a sixteenth of the values that lie at distance D from the
// mean make a variance of at least D^2 / 16, so the correction sum d^2 - (sum d)^2 / n cancels at most
// four bits (Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983). Chunks are
// merged in their order by the same paper's eq. 2.1.
//
// Every op here needs its data twice: the second pass runs backwards, and begins with what the caches
// still hold of the first. Results larger than the caches are stored past them.
#include "core/kernel.h"
#include "core/wide_rows.h"
#include "ops/batch_norm/batch_norm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename Pointer>
struct Pointed;
template <typename V>
struct Pointed<V*> {
  typedef V Type;
};

constexpr int64_t kChunkElements = 65536;  // 20 to 40 us of work
constexpr int64_t kChunkRows = 64;         // least rows, so that a chunk's sums stay few beside it
constexpr int64_t kShare = 16;             // the shift is the mean of one in so many rows

struct Plan {
  int64_t rows, channels;
  WideRows wide;
  int64_t chunk_rows, chunks;
  Plan(int64_t r, int64_t c) : rows(r), channels(c), wide(c) {
    chunk_rows = max64(kChunkRows, kChunkElements / max64(c, 1));
    chunk_rows = div_up(chunk_rows, wide.group) * wide.group;
    chunks = c > 0 ? div_up(r, chunk_rows) : 0;
  }
  int64_t begin(int64_t chunk) const { return chunk * chunk_rows * channels; }
  int64_t rows_of(int64_t chunk) const { return min64(chunk_rows, rows - chunk * chunk_rows); }
};

// The mean of the rows, repeated over a wide row.
template <typename T>
const T* centre_of(const Plan& plan, const T* x, int64_t rows) {
  double* sums = scratch<double>(2 * plan.channels);
  column_sums<T>(plan.wide, rows * plan.channels, sums, sums + plan.channels,
                 [=](int64_t i, int64_t, auto* p, auto* q) __attribute__((always_inline)) {
                   typedef typename Pointed<decltype(p)>::Type V;
                   *p = load_as<V>(x + i);
                   *q = V{};
                 });
  const double share = 1.0 / static_cast<double>(rows);
  return widen<T>(plan.wide, [=](int64_t c) { return static_cast<T>(sums[c] * share); });
}

// Mean and sum of squared deviations of one chunk.
template <typename T>
void chunk_moments(const Plan& plan, const T* x, int64_t rows, double* mean, double* squares) {
  ScratchMark mark;
  const T* centre = centre_of(plan, x, div_up(rows, kShare));
  column_sums<T>(plan.wide, rows * plan.channels, mean, squares,
                 [=](int64_t i, int64_t c, auto* p, auto* q) __attribute__((always_inline)) {
                   typedef typename Pointed<decltype(p)>::Type V;
                   *p = load_as<V>(x + i) - load_as<V>(centre + c);
                   *q = *p * *p;
                 });
  const double share = 1.0 / static_cast<double>(rows);
  for (int64_t c = 0; c < plan.channels; ++c) {
    squares[c] -= mean[c] * mean[c] * share;
    mean[c] = static_cast<double>(centre[c]) + mean[c] * share;
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

// y[i] = value(i, column, V{}) for all elements, the last chunk first.
template <typename T, typename F>
void map(const Plan& plan, T* y, const F& value) {
  const int64_t row_bytes = plan.wide.width * static_cast<int64_t>(sizeof(T));
  const bool past = rows_worth_streaming(y, plan.rows / max64(plan.wide.group, 1), row_bytes);
  parallel(plan.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t chunk = plan.chunks - 1 - i, first = plan.begin(chunk);
      map_columns(plan.wide, plan.rows_of(chunk) * plan.channels, past, y + first,
                  [=](int64_t at, int64_t c, auto zero) __attribute__((always_inline)) {
                    return value(first + at, c, zero);
                  });
    }
  });
}

// (x - mean) * scale + shift, with the three by column.
template <typename T>
struct Normal {
  const T* x;
  const T* mean;
  const T* scale;
  const T* shift;

  template <typename V>
  inline __attribute__((always_inline)) V operator()(int64_t i, int64_t c, V) const {
    return (load_as<V>(x + i) - load_as<V>(mean + c)) * load_as<V>(scale + c) + load_as<V>(shift + c);
  }
};

// As the ReLU of ops/unary: NaN stays.
template <typename V>
inline __attribute__((always_inline)) V relu_of(const V& v) {
  return v < 0 ? V{} : v;
}

template <typename T>
void normalise(T* y, const T* x, const T* residual, const T* mean, const T* scale, const T* shift,
               int64_t rows, int64_t channels, bool relu) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const Normal<T> plain = {x, widened(plan.wide, mean), widened(plan.wide, scale),
                           widened(plan.wide, shift)};
  const auto joined = [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
    return plain(i, c, zero) + load_as<decltype(zero)>(residual + i);
  };
  if (residual == nullptr && !relu) {
    map(plan, y, plain);
  } else if (residual == nullptr) {
    map(plan, y, [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
      return relu_of(plain(i, c, zero));
    });
  } else if (!relu) {
    map(plan, y, joined);
  } else {
    map(plan, y, [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
      return relu_of(joined(i, c, zero));
    });
  }
}

// Calls body(dz) where dz(i, column, V{}) is the gradient of element i behind the mask.
template <typename T, typename F>
inline void with_mask(const Plan& plan, const BatchNormMask<T>& mask, const T* dy, const T* x,
                      const T* mean, const F& body) {
  if (mask.y != nullptr) {
    const T* y = mask.y;
    T* dz = mask.dz;
    body([=](int64_t i, int64_t, auto zero) __attribute__((always_inline)) {
      typedef decltype(zero) V;
      const V masked = load_as<V>(y + i) <= 0 ? zero : load_as<V>(dy + i);
      store_as(dz + i, masked);
      return masked;
    });
  } else if (mask.scale != nullptr) {
    const Normal<T> normal = {x, mean, widened(plan.wide, mask.scale), widened(plan.wide, mask.shift)};
    body([=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
      typedef decltype(zero) V;
      return V(normal(i, c, zero) <= 0 ? zero : load_as<V>(dy + i));
    });
  } else {
    body([=](int64_t i, int64_t, auto zero) __attribute__((always_inline)) {
      return load_as<decltype(zero)>(dy + i);
    });
  }
}

template <typename T>
void gradient_sums(double* sums, const T* dy, const T* x, const T* mean,
                   const BatchNormMask<T>& mask, int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* m = widened(plan.wide, mean);
  double* partial = scratch<double>(plan.chunks * 2 * channels);
  with_mask(plan, mask, dy, x, m, [&](const auto& gradient_at) {
    parallel(plan.chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = plan.begin(i);
        double* own = partial + i * 2 * channels;
        column_sums<T>(plan.wide, plan.rows_of(i) * channels, own, own + channels,
                       [=](int64_t at, int64_t c, auto* p, auto* q) __attribute__((always_inline)) {
                         typedef typename Pointed<decltype(p)>::Type V;
                         *p = gradient_at(first + at, c, V{});
                         *q = *p * (load_as<V>(x + first + at) - load_as<V>(m + c));
                       });
      }
    });
  });
  memset(sums, 0, static_cast<size_t>(2 * channels) * sizeof(double));
  for (int64_t i = 0; i < plan.chunks; ++i) {
    const double* own = partial + i * 2 * channels;
    for (int64_t c = 0; c < 2 * channels; ++c) sums[c] += own[c];
  }
}

template <typename T>
void gradient(T* dx, const T* dy, const T* x, const T* mean, const T* a, const T* b, const T* d,
              const BatchNormMask<T>& mask, int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* wm = widened(plan.wide, mean);
  const T* wa = widened(plan.wide, a);
  const T* wb = widened(plan.wide, b);
  const T* wd = widened(plan.wide, d);
  with_mask(plan, mask, dy, x, wm, [&](const auto& gradient_at) {
    map(plan, dx, [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
      typedef decltype(zero) V;
      const V rest = (load_as<V>(x + i) - load_as<V>(wm + c)) * load_as<V>(wb + c) + load_as<V>(wd + c);
      return V(gradient_at(i, c, zero) * load_as<V>(wa + c) + rest);
    });
  });
}

template <typename T>
void scale(T* dx, const T* dy, const T* a, int64_t rows, int64_t channels) {
  const Plan plan(rows, channels);
  ScratchMark mark;
  const T* wa = widened(plan.wide, a);
  map(plan, dx, [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
    typedef decltype(zero) V;
    return V(load_as<V>(dy + i) * load_as<V>(wa + c));
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
