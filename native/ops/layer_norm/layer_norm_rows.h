// One position: a row's values lie side by side. A row is read from memory once and stays in the
// first-level cache for the passes over it: sums, then results.
#pragma once

#include <type_traits>

#include "core/vector_of.h"
#include "ops/layer_norm/layer_norm_common.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSegment = 2048;  // values added in T before they go into a double sum
constexpr int64_t kColumns = 1024;  // of the inner loop over two rows: they and the sums stay close
constexpr int64_t kForwardGrain = 16384;
constexpr int64_t kBackwardGrain = 65536;  // so that a chunk's sums are few beside its elements
constexpr int64_t kLeastRows = 16;
constexpr int64_t kMostChunks = 256;
constexpr int64_t kRowsToDouble = 64;  // rows added in T before they go into double sums

// total[k] = sum over [0, n) of the k-th of `count` terms that f(i, terms) gives for the vector, or
// for the single value, at i. Four vectors of sums each: additions wait for no others.
template <typename T, int count, typename F>
inline __attribute__((always_inline)) void row_sums(int64_t n, const F& f, double* total) {
  typedef VectorOf<T> V;
  constexpr int64_t lanes = kLanesOf<T>;
  for (int k = 0; k < count; ++k) total[k] = 0;
  for (int64_t i = 0, end; i < n;) {
    end = min64(n, i + kSegment);
    V sum[4][count] = {};
    T rest[count] = {};
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
#pragma GCC unroll 4
      for (int u = 0; u < 4; ++u) {
        V terms[count];
        f(i + u * lanes, terms);
        for (int k = 0; k < count; ++k) sum[u][k] += terms[k];
      }
    }
    for (; i + lanes <= end; i += lanes) {
      V terms[count];
      f(i, terms);
      for (int k = 0; k < count; ++k) sum[0][k] += terms[k];
    }
    for (; i < end; ++i) {
      T terms[count];
      f(i, terms);
      for (int k = 0; k < count; ++k) rest[k] += terms[k];
    }
    for (int k = 0; k < count; ++k) {
      const V all = (sum[0][k] + sum[1][k]) + (sum[2][k] + sum[3][k]);
      total[k] += static_cast<double>(rest[k] + sum_of<T>(all));
    }
  }
}

// Divisions that all rows share.
struct RowPlan {
  int64_t n, some;  // length, and values of the rough mean
  double share, share_of_some, share_of_squares, eps;
  bool centred;
  RowPlan(const LayerNormPlan& plan, int64_t lanes) : n(plan.width), eps(plan.eps), centred(plan.centred) {
    some = min64(n, max64(4 * lanes, n / kShare));
    const double count = static_cast<double>(n), divisor = count - plan.correction;
    share = 1 / count;
    share_of_some = 1 / static_cast<double>(some);
    share_of_squares = 1 / (divisor > 0 ? divisor : 0);
  }
};

// A rough mean is taken off first; it is never far from the mean, counted in deviations, so little
// cancels in the variance (as in ops/batch_norm).
template <typename T>
inline void row_statistics(const RowPlan& plan, const T* x, T* mean, T* rstd) {
  double sums[2];
  if (!plan.centred) {
    row_sums<T, 1>(plan.n, [=](int64_t i, auto* terms) __attribute__((always_inline)) {
      const auto v = load_as<std::remove_pointer_t<decltype(terms)>>(x + i);
      terms[0] = v * v;
    }, sums);
    *rstd = static_cast<T>(1 / sqrt(sums[0] * plan.share_of_squares + plan.eps));
    return;
  }
  row_sums<T, 1>(plan.some, [=](int64_t i, auto* terms) __attribute__((always_inline)) {
    terms[0] = load_as<std::remove_pointer_t<decltype(terms)>>(x + i);
  }, sums);
  const T rough = static_cast<T>(sums[0] * plan.share_of_some);
  row_sums<T, 2>(plan.n, [=](int64_t i, auto* terms) __attribute__((always_inline)) {
    typedef std::remove_pointer_t<decltype(terms)> V;
    const V d = load_as<V>(x + i) - rough;
    terms[0] = d;
    terms[1] = d * d;
  }, sums);
  const double squares = sums[1] - sums[0] * sums[0] * plan.share;
  *mean = static_cast<T>(static_cast<double>(rough) + sums[0] * plan.share);
  *rstd = static_cast<T>(1 / sqrt((squares < 0 ? 0 : squares) * plan.share_of_squares + plan.eps));
}

template <typename T, bool with_gamma, bool with_beta, bool past>
void row_write(T* y, const T* x, const T* gamma, const T* beta, T mean, T rstd, int64_t n) {
  each_vector<T>(n, [=](int64_t i, auto zero) __attribute__((always_inline)) {
    typedef decltype(zero) V;
    if (sizeof(V) > sizeof(T)) __builtin_prefetch(x + n + i, 0, 2);
    V v = (load_as<V>(x + i) - mean) * rstd;
    if (with_gamma) v = v * load_as<V>(gamma + i);
    if (with_beta) v = v + load_as<V>(beta + i);
    past ? stream_as(y + i, v) : store_as(y + i, v);
  });
}

template <typename T, bool past>
void row_result(T* y, const T* x, const T* gamma, const T* beta, T mean, T rstd, int64_t n) {
  if (gamma != nullptr && beta != nullptr) {
    row_write<T, true, true, past>(y, x, gamma, beta, mean, rstd, n);
  } else if (gamma != nullptr) {
    row_write<T, true, false, past>(y, x, gamma, beta, mean, rstd, n);
  } else if (beta != nullptr) {
    row_write<T, false, true, past>(y, x, gamma, beta, mean, rstd, n);
  } else {
    row_write<T, false, false, past>(y, x, gamma, beta, mean, rstd, n);
  }
}

template <typename T>
void rows_forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
                  const T* beta) {
  const int64_t n = plan.width, rows = plan.batch * plan.groups;
  const RowPlan row_plan(plan, kLanesOf<T>);
  const bool past = rows_worth_streaming(y, rows, n * static_cast<int64_t>(sizeof(T)));
  parallel(rows, max64(1, kForwardGrain / max64(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      T m = 0, s = 0;
      const T* from = x + r * n;
      row_statistics(row_plan, from, &m, &s);
      if (mean != nullptr) mean[r] = m;
      rstd[r] = s;
      const int64_t channel = r % plan.groups * n;
      (past ? row_result<T, true> : row_result<T, false>)(
          y + r * n, from, part(gamma, channel), part(beta, channel), m, s, n);
    }
    if (past) stream_done();
  });
}

// A row on its way back: dx = (dy * gamma - shift - (x - mean) * slope) * rstd.
template <typename T>
struct RowGradient {
  T* dx;
  const T* dy;
  const T* x;
  T mean, rstd, shift, slope;
};

template <typename T>
RowGradient<T> row_gradient(const LayerNormPlan& plan, T* dx, const T* dy, const T* x,
                            const T* gamma, T mean, T rstd) {
  const int64_t n = plan.width;
  double sums[2];  // of g = dy * gamma, and of g * xhat
  const auto add = [=](int64_t i, auto* terms, auto g) __attribute__((always_inline)) {
    typedef decltype(g) V;
    terms[0] = g;
    terms[1] = g * ((load_as<V>(x + i) - mean) * rstd);
  };
  if (gamma != nullptr) {
    row_sums<T, 2>(n, [=](int64_t i, auto* terms) __attribute__((always_inline)) {
      typedef std::remove_pointer_t<decltype(terms)> V;
      add(i, terms, load_as<V>(dy + i) * load_as<V>(gamma + i));
    }, sums);
  } else {
    row_sums<T, 2>(n, [=](int64_t i, auto* terms) __attribute__((always_inline)) {
      typedef std::remove_pointer_t<decltype(terms)> V;
      add(i, terms, load_as<V>(dy + i));
    }, sums);
  }
  const double count = static_cast<double>(n);
  RowGradient<T> r = {dx, dy, x, mean, rstd, 0, 0};
  if (plan.centred) r.shift = static_cast<T>(sums[0] / count);
  r.slope = static_cast<T>(sums[1] / (count - plan.correction)) * rstd;
  return r;
}

// dx of `count` rows at [begin, end), and their share of the gradients of gamma and beta. `next`
// is the distance to the rows that come after these.
template <typename T, int count, bool with_gamma, bool with_sums, bool past>
void columns_back(const RowGradient<T>* rows, const T* gamma, T* scale, T* shift, int64_t begin,
                  int64_t end, int64_t next) {
  RowGradient<T> own[count];  // local, so that no store can change them
  for (int r = 0; r < count; ++r) own[r] = rows[r];
  each_vector<T>(end - begin, [=](int64_t at, auto zero) __attribute__((always_inline)) {
    typedef decltype(zero) V;
    const int64_t i = begin + at;
    V by_normal = zero, plain = zero;
    V g = zero;
    if (with_gamma) g = load_as<V>(gamma + i);
#pragma GCC unroll 2
    for (int r = 0; r < count; ++r) {
      if (sizeof(V) > sizeof(T)) {
        __builtin_prefetch(own[r].dy + next + i, 0, 2);
        __builtin_prefetch(own[r].x + next + i, 0, 2);
      }
      const V up = load_as<V>(own[r].dy + i), centred = load_as<V>(own[r].x + i) - own[r].mean;
      if (with_sums) {
        by_normal += up * (centred * own[r].rstd);
        plain += up;
      }
      const V weighted = with_gamma ? V(up * g) : up;
      const V dx = (weighted - own[r].shift - centred * own[r].slope) * own[r].rstd;
      past ? stream_as(own[r].dx + i, dx) : store_as(own[r].dx + i, dx);
    }
    if (with_sums) {
      store_as(scale + i, V(load_as<V>(scale + i) + by_normal));
      store_as(shift + i, V(load_as<V>(shift + i) + plain));
    }
  });
}

template <typename T, int count, bool past>
void rows_back(const RowGradient<T>* rows, const T* gamma, T* scale, T* shift, int64_t n,
               int64_t next) {
  for (int64_t begin = 0; begin < n; begin += kColumns) {
    const int64_t end = min64(n, begin + kColumns);
    if (gamma != nullptr && scale != nullptr) {
      columns_back<T, count, true, true, past>(rows, gamma, scale, shift, begin, end, next);
    } else if (gamma != nullptr) {
      columns_back<T, count, true, false, past>(rows, gamma, scale, shift, begin, end, next);
    } else if (scale != nullptr) {
      columns_back<T, count, false, true, past>(rows, gamma, scale, shift, begin, end, next);
    } else {
      columns_back<T, count, false, false, past>(rows, gamma, scale, shift, begin, end, next);
    }
  }
}

// total += part, which is cleared; total = part the first time.
template <typename T>
inline void flush(double* NRT_RESTRICT total, T* NRT_RESTRICT part, int64_t n, bool first) {
  if (first) {
    for (int64_t i = 0; i < n; ++i) total[i] = static_cast<double>(part[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) total[i] += static_cast<double>(part[i]);
  }
  memset(part, 0, static_cast<size_t>(n) * sizeof(T));
}

// dx of samples [first, last), two at a time; sums[0, n) = sum dy * xhat, sums[n, 2n) = sum dy over
// them, where sums are wanted.
template <typename T>
void samples_back(const LayerNormPlan& plan, T* dx, const T* dy, const T* x, const T* gamma,
                  const T* mean, const T* rstd, int64_t first, int64_t last, double* sums) {
  const int64_t n = plan.groups * plan.width;
  const ScratchMark mark;
  const int64_t row_bytes = plan.width * static_cast<int64_t>(sizeof(T));
  const bool past = rows_worth_streaming(dx, plan.batch * plan.groups, row_bytes);
  T* partial = sums != nullptr ? scratch<T>(2 * n) : nullptr;
  if (sums != nullptr) memset(partial, 0, static_cast<size_t>(2 * n) * sizeof(T));
  bool fresh = true;
  for (int64_t b = first; b < last; b += 2) {
    const int64_t count = min64(2, last - b);
    for (int64_t g = 0; g < plan.groups; ++g) {
      const int64_t channel = g * plan.width;
      RowGradient<T> rows[2];
      for (int64_t k = 0; k < count; ++k) {
        const int64_t r = (b + k) * plan.groups + g, at = r * plan.width;
        rows[k] = row_gradient(plan, dx + at, dy + at, x + at, part(gamma, channel),
                               mean != nullptr ? mean[r] : T(0), rstd[r]);
      }
      T* scale = sums != nullptr ? partial + channel : nullptr;
      T* shift = sums != nullptr ? partial + n + channel : nullptr;
      const auto run = past ? (count == 2 ? rows_back<T, 2, true> : rows_back<T, 1, true>)
                            : (count == 2 ? rows_back<T, 2, false> : rows_back<T, 1, false>);
      run(rows, part(gamma, channel), scale, shift, plan.width, 2 * n);
    }
    if (sums != nullptr && ((b - first) % kRowsToDouble == kRowsToDouble - 2 || b + 2 >= last)) {
      flush(sums, partial, 2 * n, fresh);
      fresh = false;
    }
  }
  if (past) stream_done();
}

// dgamma and dbeta = the sums of the chunks [chunks, 2n], added in their order.
template <typename T>
void store_parameter_gradients(T* dgamma, T* dbeta, const double* sums, int64_t chunks, int64_t n) {
  constexpr int64_t kBlock = 256;
  parallel(n, 4 * kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t half = 0; half < 2; ++half) {
      T* to = half == 0 ? dgamma : dbeta;
      for (int64_t at = begin; to != nullptr && at < end; at += kBlock) {
        const int64_t count = min64(kBlock, end - at);
        double total[kBlock] = {};
        for (int64_t c = 0; c < chunks; ++c) {
          const double* own = sums + (2 * c + half) * n + at;
          for (int64_t i = 0; i < count; ++i) total[i] += own[i];
        }
        for (int64_t i = 0; i < count; ++i) to[at + i] = static_cast<T>(total[i]);
      }
    }
  });
}

template <typename T>
void rows_backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
                   const T* gamma, const T* mean, const T* rstd) {
  const int64_t n = plan.groups * plan.width;
  const bool sums_wanted = dgamma != nullptr || dbeta != nullptr;
  const int64_t least = max64(kLeastRows, kBackwardGrain / max64(n, 1));
  const int64_t grain = max64(least, div_up(plan.batch, kMostChunks));
  const int64_t chunks = div_up(plan.batch, grain);
  ScratchMark mark;
  double* sums = sums_wanted ? scratch<double>(chunks * 2 * n) : nullptr;
  parallel(plan.batch, grain, [&](int64_t begin, int64_t end) {
    samples_back(plan, dx, dy, x, gamma, mean, rstd, begin, end,
                 sums_wanted ? sums + begin / grain * 2 * n : nullptr);
  });
  if (sums_wanted) store_parameter_gradients(dgamma, dbeta, sums, chunks, n);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
