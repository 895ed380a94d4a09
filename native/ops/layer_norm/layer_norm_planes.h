// Several positions: a group's values are spread over them, so sums run down the columns first (per
// chunk of positions, merged in chunk order by eq. 2.1 of Chan, Golub, LeVeque, "Algorithms for
// computing the sample variance", 1983) and are folded over the channels of a group.
//
// Sums need all of a sample before its results can be written: the second pass over it runs backwards
// and begins with what the caches still hold. Where there are samples enough for all threads each is
// one thread's, which often finds all of it there.
#pragma once

#include <type_traits>

#include "ops/layer_norm/layer_norm_common.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kChunkElements = 32768;  // 10 to 20 us of work, and it stays in the second-level cache
constexpr int64_t kChunkRows = 16;         // least rows, so that a chunk's sums stay few beside it

struct Plane {
  int64_t channels;
  WideRows wide;
  int64_t chunk_positions, chunks;  // chunks of one sample
  explicit Plane(const LayerNormPlan& plan)
      : channels(plan.groups * plan.width), wide(plan.groups * plan.width) {
    chunk_positions = max64(kChunkRows, kChunkElements / channels);
    chunk_positions = div_up(chunk_positions, wide.group) * wide.group;
    chunks = div_up(plan.positions, chunk_positions);
  }
};

struct Chunk {
  int64_t index, first, elements;  // index among all samples' chunks
};

// Runs body(chunk) over the chunks of a sample, the last one first if asked for.
template <typename F>
void chunks_of(const LayerNormPlan& plan, const Plane& plane, int64_t sample, bool backwards,
               const F& body) {
  parallel(plane.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t own = backwards ? plane.chunks - 1 - i : i, first = own * plane.chunk_positions;
      const int64_t count = min64(plane.chunk_positions, plan.positions - first);
      body(Chunk{sample * plane.chunks + own, (sample * plan.positions + first) * plane.channels,
                 count * plane.channels});
    }
  });
}

// Runs body(sample): several at a time, or one after another with its chunks shared out. How the work
// is shared is in no result.
template <typename F>
void each_sample(const LayerNormPlan& plan, const F& body) {
  if (plan.batch >= 2 * parallel_threads()) {
    parallel(plan.batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) body(b);
    });
  } else {
    for (int64_t b = 0; b < plan.batch; ++b) body(b);
  }
}

// Means of the channels over the first eighth of a chunk's positions.
template <typename T>
const T* rough_means(const Plane& plane, const T* x, int64_t elements) {
  const int64_t some = div_up(elements / plane.channels, kShare);
  double* sums = scratch<double>(2 * plane.channels);
  column_sums<T>(plane.wide, some * plane.channels, sums, sums + plane.channels,
                 [=](int64_t i, int64_t, auto* p, auto* q) __attribute__((always_inline)) {
                   typedef std::remove_pointer_t<decltype(p)> V;
                   *p = load_as<V>(x + i);
                   *q = V{};
                 });
  const double share = 1 / static_cast<double>(some);
  return widen<T>(plane.wide, [=](int64_t c) { return static_cast<T>(sums[c] * share); });
}

// own[0, channels) = means, own[channels, 2 channels) = sums of squared distances from them.
template <typename T>
void chunk_moments(const LayerNormPlan& plan, const Plane& plane, const T* x, int64_t elements,
                   double* own) {
  const int64_t channels = plane.channels;
  double* squares = own + channels;
  if (!plan.centred) {
    column_sums<T>(plane.wide, elements, own, squares,
                   [=](int64_t i, int64_t, auto* p, auto* q) __attribute__((always_inline)) {
                     typedef std::remove_pointer_t<decltype(p)> V;
                     *p = V{};
                     *q = load_as<V>(x + i) * load_as<V>(x + i);
                   });
    return;
  }
  ScratchMark mark;
  const T* rough = rough_means(plane, x, elements);
  column_sums<T>(plane.wide, elements, own, squares,
                 [=](int64_t i, int64_t c, auto* p, auto* q) __attribute__((always_inline)) {
                   typedef std::remove_pointer_t<decltype(p)> V;
                   *p = load_as<V>(x + i) - load_as<V>(rough + c);
                   *q = *p * *p;
                 });
  const double share = static_cast<double>(channels) / static_cast<double>(elements);
  for (int64_t c = 0; c < channels; ++c) {
    squares[c] -= own[c] * own[c] * share;
    own[c] = static_cast<double>(rough[c]) + own[c] * share;
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
bool past_the_caches(const LayerNormPlan& plan, const Plane& plane, const T* y) {
  const int64_t row_bytes = plane.wide.width * static_cast<int64_t>(sizeof(T));
  const int64_t sample_bytes = plan.positions * plane.channels * static_cast<int64_t>(sizeof(T));
  return (plan.batch == 1 || sample_bytes % 64 == 0) &&
         rows_worth_streaming(y, plan.batch * plan.positions / plane.wide.group, row_bytes);
}

// By channel: the sample's means, and rstd * gamma.
template <typename T>
T* wide_means(const LayerNormPlan& plan, const Plane& plane, const T* mean, int64_t sample) {
  const int64_t s = sample * plan.groups;
  return widen<T>(plane.wide, [=](int64_t c) { return mean != nullptr ? mean[s + c / plan.width] : T(0); });
}
template <typename T>
T* wide_scales(const LayerNormPlan& plan, const Plane& plane, const T* rstd, const T* gamma,
               int64_t sample) {
  const int64_t s = sample * plan.groups;
  return widen<T>(plane.wide, [=](int64_t c) {
    return rstd[s + c / plan.width] * (gamma != nullptr ? gamma[c] : T(1));
  });
}

template <typename T>
void planes_forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
                    const T* beta) {
  const Plane plane(plan);
  ScratchMark mark;
  const bool past = past_the_caches(plan, plane, y);
  const int64_t stride = plane.chunks * 2 * plane.channels;
  double* moments = scratch<double>(plan.batch * stride);
  each_sample(plan, [&](int64_t sample) {
    chunks_of(plan, plane, sample, false, [&](const Chunk& chunk) {
      chunk_moments(plan, plane, x + chunk.first, chunk.elements,
                    moments + chunk.index * 2 * plane.channels);
    });
    fold_moments(plan, plane, moments + sample * stride,
                 mean != nullptr ? mean + sample * plan.groups : nullptr,
                 rstd + sample * plan.groups);
    const ScratchMark own;
    const T* m = wide_means(plan, plane, mean, sample);
    const T* a = wide_scales(plan, plane, rstd, gamma, sample);
    const T* b = widen<T>(plane.wide, [=](int64_t c) { return beta != nullptr ? beta[c] : T(0); });
    chunks_of(plan, plane, sample, true, [&](const Chunk& chunk) {
      const T* from = x + chunk.first;
      map_columns(plane.wide, chunk.elements, past, y + chunk.first,
                  [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
                    typedef decltype(zero) V;
                    const V centred = load_as<V>(from + i) - load_as<V>(m + c);
                    return V(centred * load_as<V>(a + c) + load_as<V>(b + c));
                  });
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
void plane_back(const LayerNormPlan& plan, const Plane& plane, int64_t sample, double* sums, T* dx,
                const T* dy, const T* x, const T* gamma, const T* mean, const T* rstd) {
  const int64_t channels = plane.channels;
  const ScratchMark mark;
  const bool past = past_the_caches(plan, plane, dx);
  const T* m = wide_means(plan, plane, mean, sample);
  chunks_of(plan, plane, sample, false, [&](const Chunk& chunk) {
    const T* up = dy + chunk.first;
    const T* from = x + chunk.first;
    double* to = sums + chunk.index * 2 * channels;
    column_sums<T>(plane.wide, chunk.elements, to, to + channels,
                   [=](int64_t i, int64_t c, auto* p, auto* q) __attribute__((always_inline)) {
                     typedef std::remove_pointer_t<decltype(p)> V;
                     *q = load_as<V>(up + i);
                     *p = *q * (load_as<V>(from + i) - load_as<V>(m + c));
                   });
  });
  T* slope = scratch<T>(plan.groups);
  T* shift = scratch<T>(plan.groups);
  plane_factors(plan, plane, sums + sample * plane.chunks * 2 * channels, gamma,
                rstd + sample * plan.groups, slope, shift);
  const T* a = wide_scales(plan, plane, rstd, gamma, sample);
  const T* b = widen<T>(plane.wide, [=](int64_t c) { return slope[c / plan.width]; });
  const T* d = widen<T>(plane.wide, [=](int64_t c) { return shift[c / plan.width]; });
  chunks_of(plan, plane, sample, true, [&](const Chunk& chunk) {
    const T* up = dy + chunk.first;
    const T* from = x + chunk.first;
    map_columns(plane.wide, chunk.elements, past, dx + chunk.first,
                [=](int64_t i, int64_t c, auto zero) __attribute__((always_inline)) {
                  typedef decltype(zero) V;
                  const V centred = load_as<V>(from + i) - load_as<V>(m + c);
                  const V rest = centred * load_as<V>(b + c) + load_as<V>(d + c);
                  return V(load_as<V>(up + i) * load_as<V>(a + c) + rest);
                });
  });
}

template <typename T>
void planes_backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
                     const T* gamma, const T* mean, const T* rstd) {
  const Plane plane(plan);
  const int64_t channels = plane.channels, stride = plane.chunks * 2 * channels;
  ScratchMark mark;
  double* sums = scratch<double>(plan.batch * stride);
  each_sample(plan, [&](int64_t sample) {
    plane_back(plan, plane, sample, sums, dx, dy, x, gamma, mean, rstd);
  });
  for (int64_t half = 0; half < 2; ++half) {
    T* to = half == 0 ? dgamma : dbeta;
    for (int64_t c = 0; to != nullptr && c < channels; ++c) {
      double total = 0;
      for (int64_t b = 0; b < plan.batch; ++b) total += sums[b * stride + half * channels + c];
      to[c] = static_cast<T>(total);
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
