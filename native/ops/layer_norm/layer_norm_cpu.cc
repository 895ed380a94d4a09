// Two ways through x [batch, positions, groups, width].
//
// Rows (one position): a row's values lie side by side, so its statistics are sums along it, by the
// corrected two-pass algorithm (Chan, Golub, LeVeque, "Algorithms for computing the sample variance",
// 1983, eq. 1.7). Gradients of gamma and beta are column sums: per chunk of rows, then in chunk order.
//
// Planes (several positions): a group's values are spread over the positions, so sums run down the
// columns first (per chunk of positions, merged in chunk order by the same paper's eq. 2.1) and are
// folded over the channels of a group. With few channels a number of positions is treated as one row
// of `wide` columns (the data are contiguous): a loop over 3 channels would not vectorise.
#include "core/kernel.h"
#include "core/rows.h"
#include "ops/layer_norm/layer_norm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSegment = 2048;         // values added in T before they go into a double sum
constexpr int64_t kFlushRows = 64;         // rows added in T before they go into double sums
constexpr int64_t kWide = 64;              // least columns of an inner loop over a plane
constexpr int64_t kChunkElements = 32768;  // 10 to 20 us of work, and it stays in the second-level cache
constexpr int64_t kChunkRows = 16;         // least rows, so that a chunk's sums stay few beside it

template <typename T, typename F>
inline double long_sum(int64_t n, const F& f) {
  double total = 0;
  for (int64_t at = 0; at < n; at += kSegment) {
    total += static_cast<double>(
        row_sum<T>(min64(kSegment, n - at), [&](int64_t i) { return f(at + i); }));
  }
  return total;
}

inline double inverse_deviation(const LayerNormPlan& plan, double squares, double n) {
  const double divisor = n - plan.correction;
  return 1 / sqrt(squares / (divisor > 0 ? divisor : 0) + plan.eps);
}

inline double share_of(double n) { return n > 0 ? 1 / n : 0; }

// ---- rows

template <typename T>
void row_statistics(const LayerNormPlan& plan, const T* x, int64_t n, T* mean, T* rstd) {
  const double count = static_cast<double>(n);
  if (!plan.centred) {
    *rstd = static_cast<T>(
        inverse_deviation(plan, long_sum<T>(n, [=](int64_t i) { return x[i] * x[i]; }), count));
    return;
  }
  const T rough = static_cast<T>(long_sum<T>(n, [=](int64_t i) { return x[i]; }) * share_of(count));
  const double rest = long_sum<T>(n, [=](int64_t i) { return x[i] - rough; });
  const double squares =
      long_sum<T>(n, [=](int64_t i) { return (x[i] - rough) * (x[i] - rough); });
  const double corrected = squares - rest * rest * share_of(count);
  *mean = static_cast<T>(static_cast<double>(rough) + rest * share_of(count));
  *rstd = static_cast<T>(inverse_deviation(plan, corrected < 0 ? 0 : corrected, count));
}

template <typename T>
void row_write(T* y, const T* x, const T* gamma, const T* beta, T mean, T rstd, int64_t n) {
  if (gamma != nullptr && beta != nullptr) {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * gamma[i] + beta[i];
  } else if (gamma != nullptr) {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * gamma[i];
  } else if (beta != nullptr) {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd + beta[i];
  } else {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd;
  }
}

template <typename T>
inline const T* part(const T* per_channel, int64_t at) {
  return per_channel == nullptr ? nullptr : per_channel + at;
}

template <typename T>
void rows_forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
                  const T* beta) {
  const int64_t n = plan.width, rows = plan.batch * plan.groups;
  parallel(rows, max64(1, kRowGrainElements / max64(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      T m = 0;
      row_statistics(plan, x + r * n, n, &m, rstd + r);
      if (mean != nullptr) mean[r] = m;
      const int64_t channel = r % plan.groups * n;
      row_write(y + r * n, x + r * n, part(gamma, channel), part(beta, channel), m, rstd[r], n);
    }
  });
}

template <typename T>
void row_gradient(const LayerNormPlan& plan, T* dx, const T* dy, const T* x, const T* gamma, T mean,
                  T rstd) {
  const int64_t n = plan.width;
  const double count = static_cast<double>(n);
  double sum, product;
  if (gamma != nullptr) {
    sum = plan.centred ? long_sum<T>(n, [=](int64_t i) { return dy[i] * gamma[i]; }) : 0;
    product = long_sum<T>(n, [=](int64_t i) { return dy[i] * gamma[i] * ((x[i] - mean) * rstd); });
  } else {
    sum = plan.centred ? long_sum<T>(n, [=](int64_t i) { return dy[i]; }) : 0;
    product = long_sum<T>(n, [=](int64_t i) { return dy[i] * ((x[i] - mean) * rstd); });
  }
  const T shift = static_cast<T>(sum / count);
  const T slope = static_cast<T>(product / (count - plan.correction)) * rstd;
  if (gamma != nullptr) {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
      dx[i] = (dy[i] * gamma[i] - shift - (x[i] - mean) * slope) * rstd;
    }
  } else {
    NRT_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) dx[i] = (dy[i] - shift - (x[i] - mean) * slope) * rstd;
  }
}

template <typename T>
inline void flush(double* NRT_RESTRICT total, T* NRT_RESTRICT part, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    total[i] += static_cast<double>(part[i]);
    part[i] = 0;
  }
}

// sums[0, n) += dy * xhat, sums[n, 2n) += dy over samples [first, last) of n = groups * width.
template <typename T>
void parameter_sums(const LayerNormPlan& plan, double* sums, const T* dy, const T* x, const T* mean,
                    const T* rstd, int64_t first, int64_t last) {
  const int64_t n = plan.groups * plan.width;
  ScratchMark mark;
  T* partial = scratch<T>(2 * n);
  memset(partial, 0, static_cast<size_t>(2 * n) * sizeof(T));
  memset(sums, 0, static_cast<size_t>(2 * n) * sizeof(double));
  for (int64_t b = first; b < last; ++b) {
    for (int64_t g = 0; g < plan.groups; ++g) {
      const int64_t r = b * plan.groups + g;
      const T m = mean != nullptr ? mean[r] : T(0), s = rstd[r];
      const T* NRT_RESTRICT from = x + r * plan.width;
      const T* NRT_RESTRICT up = dy + r * plan.width;
      T* NRT_RESTRICT scale = partial + g * plan.width;
      T* NRT_RESTRICT shift = partial + n + g * plan.width;
      for (int64_t i = 0; i < plan.width; ++i) {
        scale[i] += up[i] * ((from[i] - m) * s);
        shift[i] += up[i];
      }
    }
    if ((b - first) % kFlushRows == kFlushRows - 1) flush(sums, partial, 2 * n);
  }
  flush(sums, partial, 2 * n);
}

// dgamma and dbeta = the sums of the chunks [chunks, 2n], added in their order.
template <typename T>
void store_parameter_gradients(T* dgamma, T* dbeta, const double* sums, int64_t chunks, int64_t n) {
  parallel(n, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t half = 0; half < 2; ++half) {
      T* to = half == 0 ? dgamma : dbeta;
      if (to == nullptr) continue;
      for (int64_t i = begin; i < end; ++i) {
        double total = 0;
        for (int64_t c = 0; c < chunks; ++c) total += sums[(2 * c + half) * n + i];
        to[i] = static_cast<T>(total);
      }
    }
  });
}

template <typename T>
void rows_backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
                   const T* gamma, const T* mean, const T* rstd) {
  const int64_t n = plan.groups * plan.width;
  const bool sums_wanted = dgamma != nullptr || dbeta != nullptr;
  const int64_t grain = max64(kChunkRows, kChunkElements / max64(n, 1));
  const int64_t chunks = div_up(plan.batch, grain);
  ScratchMark mark;
  double* sums = sums_wanted ? scratch<double>(chunks * 2 * n) : nullptr;
  parallel(plan.batch, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin * plan.groups; r < end * plan.groups; ++r) {
      const int64_t at = r * plan.width;
      row_gradient(plan, dx + at, dy + at, x + at, part(gamma, r % plan.groups * plan.width),
                   mean != nullptr ? mean[r] : T(0), rstd[r]);
    }
    if (sums_wanted) {
      parameter_sums(plan, sums + begin / grain * 2 * n, dy, x, mean, rstd, begin, end);
    }
  });
  if (sums_wanted) store_parameter_gradients(dgamma, dbeta, sums, chunks, n);
}

// ---- planes

struct Plane {
  int64_t channels, wide, chunk_positions, chunks;  // chunks of one sample
  explicit Plane(const LayerNormPlan& plan) {
    channels = plan.groups * plan.width;
    wide = channels >= kWide ? channels : kWide / channels * channels;
    chunk_positions = max64(kChunkRows, kChunkElements / channels);
    chunks = div_up(plan.positions, chunk_positions);
  }
};

// Runs body(sample, chunk, first element, elements) over all chunks of all samples.
template <typename F>
void plane_chunks(const LayerNormPlan& plan, const Plane& plane, const F& body) {
  parallel(plan.batch * plane.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t sample = i / plane.chunks, first = i % plane.chunks * plane.chunk_positions;
      const int64_t count = min64(plane.chunk_positions, plan.positions - first);
      body(sample, i, (sample * plan.positions + first) * plane.channels, count * plane.channels);
    }
  });
}

// Runs body(offset, columns) over rows of `wide` columns; the last one may be shorter.
template <typename F>
inline void wide_rows(const Plane& plane, int64_t elements, const F& body) {
  for (int64_t at = 0; at < elements; at += plane.wide) body(at, min64(plane.wide, elements - at));
}

// own[c] = sum over positions of f(element, column), by channel.
template <typename T, typename F>
void plane_sums(const Plane& plane, int64_t elements, double* own, const F& f) {
  ScratchMark mark;
  T* NRT_RESTRICT partial = scratch<T>(plane.wide);
  double* NRT_RESTRICT total = scratch<double>(plane.wide);
  memset(partial, 0, static_cast<size_t>(plane.wide) * sizeof(T));
  memset(total, 0, static_cast<size_t>(plane.wide) * sizeof(double));
  int64_t row = 0;
  wide_rows(plane, elements, [&](int64_t at, int64_t columns) {
    for (int64_t c = 0; c < columns; ++c) partial[c] += f(at + c, c);
    if (++row % kFlushRows == 0) flush(total, partial, plane.wide);
  });
  flush(total, partial, plane.wide);
  for (int64_t c = 0; c < plane.channels; ++c) {
    double sum = 0;
    for (int64_t w = c; w < plane.wide; w += plane.channels) sum += total[w];
    own[c] = sum;
  }
}

// One value per column of a wide row, from one per channel.
template <typename T, typename F>
T* widen(const Plane& plane, const F& f) {
  T* values = scratch<T>(plane.wide);
  for (int64_t c = 0; c < plane.channels; ++c) values[c] = f(c);
  for (int64_t w = plane.channels; w < plane.wide; ++w) values[w] = values[w - plane.channels];
  return values;
}

// own[0, channels) = means, own[channels, 2 channels) = sums of squared distances from them.
template <typename T>
void chunk_moments(const LayerNormPlan& plan, const Plane& plane, const T* x, int64_t elements,
                   double* own) {
  const int64_t channels = plane.channels;
  double* squares = own + channels;
  if (!plan.centred) {
    memset(own, 0, static_cast<size_t>(channels) * sizeof(double));
    plane_sums<T>(plane, elements, squares, [=](int64_t i, int64_t) { return x[i] * x[i]; });
    return;
  }
  const double share = static_cast<double>(channels) / static_cast<double>(elements);
  ScratchMark mark;
  double* rest = scratch<double>(channels);
  plane_sums<T>(plane, elements, own, [=](int64_t i, int64_t) { return x[i]; });
  const T* rough = widen<T>(plane, [=](int64_t c) { return static_cast<T>(own[c] * share); });
  plane_sums<T>(plane, elements, rest, [=](int64_t i, int64_t c) { return x[i] - rough[c]; });
  plane_sums<T>(plane, elements, squares, [=](int64_t i, int64_t c) {
    return (x[i] - rough[c]) * (x[i] - rough[c]);
  });
  for (int64_t c = 0; c < channels; ++c) {
    own[c] = static_cast<double>(rough[c]) + rest[c] * share;
    squares[c] -= rest[c] * rest[c] * share;
  }
}

// Merges b (count_b values) into a (count_a values).
inline void merge(double* mean_a, double* squares_a, double count_a, double mean_b,
                  double squares_b, double count_b) {
  const double delta = mean_b - *mean_a, share = count_b / (count_a + count_b);
  *mean_a += delta * share;
  *squares_a += squares_b + delta * delta * count_a * share;
}

// Statistics of one sample from the moments of its chunks [chunks, 2 channels]; changes the first.
template <typename T>
void fold_moments(const LayerNormPlan& plan, const Plane& plane, double* moments, T* mean, T* rstd) {
  const int64_t channels = plane.channels;
  double done = static_cast<double>(min64(plane.chunk_positions, plan.positions));
  for (int64_t i = 1; i < plane.chunks; ++i) {
    const double* own = moments + i * 2 * channels;
    const double more = static_cast<double>(
        min64(plane.chunk_positions, plan.positions - i * plane.chunk_positions));
    for (int64_t c = 0; c < channels; ++c) {
      merge(moments + c, moments + channels + c, done, own[c], own[channels + c], more);
    }
    done += more;
  }
  for (int64_t g = 0; g < plan.groups; ++g) {
    const double* of = moments + g * plan.width;
    double m = of[0], squares = of[channels];
    for (int64_t c = 1; c < plan.width; ++c) {
      merge(&m, &squares, done * static_cast<double>(c), of[c], of[channels + c], done);
    }
    if (squares < 0) squares = 0;
    if (mean != nullptr) mean[g] = static_cast<T>(m);
    rstd[g] = static_cast<T>(
        inverse_deviation(plan, squares, done * static_cast<double>(plan.width)));
  }
}

template <typename T>
void planes_forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
                    const T* beta) {
  const Plane plane(plan);
  ScratchMark mark;
  double* moments = scratch<double>(plan.batch * plane.chunks * 2 * plane.channels);
  plane_chunks(plan, plane, [&](int64_t, int64_t chunk, int64_t first, int64_t elements) {
    chunk_moments(plan, plane, x + first, elements, moments + chunk * 2 * plane.channels);
  });
  parallel(plan.batch, max64(1, kRowGrainElements / (plane.chunks * plane.channels)),
           [&](int64_t begin, int64_t end) {
             for (int64_t b = begin; b < end; ++b) {
               fold_moments(plan, plane, moments + b * plane.chunks * 2 * plane.channels,
                            mean != nullptr ? mean + b * plan.groups : nullptr,
                            rstd + b * plan.groups);
             }
           });
  plane_chunks(plan, plane, [&](int64_t sample, int64_t, int64_t first, int64_t elements) {
    const int64_t s = sample * plan.groups;
    ScratchMark own;
    const T* m = widen<T>(
        plane, [=](int64_t c) { return mean != nullptr ? mean[s + c / plan.width] : T(0); });
    const T* a = widen<T>(plane, [=](int64_t c) {
      return rstd[s + c / plan.width] * (gamma != nullptr ? gamma[c] : T(1));
    });
    const T* b = widen<T>(plane, [=](int64_t c) { return beta != nullptr ? beta[c] : T(0); });
    wide_rows(plane, elements, [=](int64_t at, int64_t columns) {
      const T* from = x + first + at;
      T* to = y + first + at;
      NRT_INDEPENDENT
      for (int64_t c = 0; c < columns; ++c) to[c] = (from[c] - m[c]) * a[c] + b[c];
    });
  });
}

// Per channel of one sample, from the chunks' sums [chunks, 2 channels] of dy * (x - mean) and dy: the
// totals go into the first chunk's place, and dx = dy * a + (x - mean) * slope + shift.
template <typename T>
void plane_factors(const LayerNormPlan& plan, const Plane& plane, double* sums, const T* gamma,
                   const T* rstd, T* slope, T* shift) {
  const int64_t channels = plane.channels;
  for (int64_t i = 1; i < plane.chunks; ++i) {
    for (int64_t c = 0; c < 2 * channels; ++c) sums[c] += sums[i * 2 * channels + c];
  }
  const double n = static_cast<double>(plan.positions) * static_cast<double>(plan.width);
  for (int64_t g = 0; g < plan.groups; ++g) {
    const double r = static_cast<double>(rstd[g]);
    double product = 0, sum = 0;
    for (int64_t c = g * plan.width; c < (g + 1) * plan.width; ++c) {
      const double weight = gamma != nullptr ? static_cast<double>(gamma[c]) : 1;
      product += weight * sums[c];
      sum += weight * sums[channels + c];
      sums[c] *= r;
    }
    slope[g] = static_cast<T>(-r * r * r * product / (n - plan.correction));
    shift[g] = static_cast<T>(plan.centred ? -r * sum / n : 0);
  }
}

template <typename T>
void planes_backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
                     const T* gamma, const T* mean, const T* rstd) {
  const Plane plane(plan);
  const int64_t channels = plane.channels, stride = plane.chunks * 2 * channels;
  ScratchMark mark;
  double* sums = scratch<double>(plan.batch * stride);
  T* slope = scratch<T>(plan.batch * plan.groups);
  T* shift = scratch<T>(plan.batch * plan.groups);
  const auto means = [=](int64_t sample) {
    return [=](int64_t c) { return mean != nullptr ? mean[sample * plan.groups + c / plan.width] : T(0); };
  };
  plane_chunks(plan, plane, [&](int64_t sample, int64_t chunk, int64_t first, int64_t elements) {
    ScratchMark own;
    const T* m = widen<T>(plane, means(sample));
    const T* up = dy + first;
    const T* from = x + first;
    double* to = sums + chunk * 2 * channels;
    plane_sums<T>(plane, elements, to, [=](int64_t i, int64_t c) { return up[i] * (from[i] - m[c]); });
    plane_sums<T>(plane, elements, to + channels, [=](int64_t i, int64_t) { return up[i]; });
  });
  parallel(plan.batch, max64(1, kRowGrainElements / (plane.chunks * channels)),
           [&](int64_t begin, int64_t end) {
             for (int64_t b = begin; b < end; ++b) {
               const int64_t s = b * plan.groups;
               plane_factors(plan, plane, sums + b * stride, gamma, rstd + s, slope + s, shift + s);
             }
           });
  for (int64_t half = 0; half < 2; ++half) {
    T* to = half == 0 ? dgamma : dbeta;
    for (int64_t c = 0; to != nullptr && c < channels; ++c) {
      double total = 0;
      for (int64_t b = 0; b < plan.batch; ++b) total += sums[b * stride + half * channels + c];
      to[c] = static_cast<T>(total);
    }
  }
  plane_chunks(plan, plane, [&](int64_t sample, int64_t, int64_t first, int64_t elements) {
    const int64_t s = sample * plan.groups;
    ScratchMark own;
    const T* m = widen<T>(plane, means(sample));
    const T* a = widen<T>(plane, [=](int64_t c) {
      return rstd[s + c / plan.width] * (gamma != nullptr ? gamma[c] : T(1));
    });
    const T* b = widen<T>(plane, [=](int64_t c) { return slope[s + c / plan.width]; });
    const T* d = widen<T>(plane, [=](int64_t c) { return shift[s + c / plan.width]; });
    wide_rows(plane, elements, [=](int64_t at, int64_t columns) {
      const T* up = dy + first + at;
      const T* from = x + first + at;
      T* to = dx + first + at;
      NRT_INDEPENDENT
      for (int64_t c = 0; c < columns; ++c) to[c] = up[c] * a[c] + ((from[c] - m[c]) * b[c] + d[c]);
    });
  });
}

// ---- choice

template <typename T>
void clear(T* values, int64_t n) {
  if (values != nullptr && n > 0) memset(values, 0, static_cast<size_t>(n) * sizeof(T));
}

template <typename T>
void forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
             const T* beta) {
  if (plan.positions == 0 || plan.width == 0) {  // no values: finite statistics, nothing to write
    clear(mean, plan.batch * plan.groups);
    clear(rstd, plan.batch * plan.groups);
  } else if (plan.positions == 1) {
    rows_forward(plan, y, mean, rstd, x, gamma, beta);
  } else if (plan.groups > 0 && plan.batch > 0) {
    planes_forward(plan, y, mean, rstd, x, gamma, beta);
  }
}

template <typename T>
void backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
              const T* gamma, const T* mean, const T* rstd) {
  const int64_t channels = plan.groups * plan.width;
  if (plan.batch == 0 || plan.positions == 0 || channels == 0) {
    clear(dgamma, channels);
    clear(dbeta, channels);
  } else if (plan.positions == 1) {
    rows_backward(plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
  } else {
    planes_backward(plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
  }
}

template <typename T>
constexpr LayerNormKernels<T> table() {
  return {forward<T>, backward<T>};
}

}  // namespace

extern const LayerNormLevel layer_norm_kernels;
const LayerNormLevel layer_norm_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
