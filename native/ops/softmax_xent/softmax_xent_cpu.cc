// loss[r] = lse - (1-s) x[label] - s/C sum(x), or lse * sum(t) - sum(t x) for dense targets; only the
// log-sum-exp is kept. Two passes over chunks in L1; rows of few classes sixteen at a time (rows.h).
#include "core/exp_rows.h"
#include "core/rows.h"
#include "neurite/core.h"
#include "ops/softmax_xent/softmax_xent_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
void short_lse(T* lse, const T* x, int64_t rows, int64_t cols) {
  T tile[kShortRow * kLanes], max[kLanes], sum[kLanes];
  load_tile(tile, x, rows, cols, T(0));
  for (int64_t r = 0; r < kLanes; ++r) {
    max[r] = negative_infinity<T>();
    sum[r] = 0;
  }
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < kLanes; ++r) {
      max[r] = tile[c * kLanes + r] > max[r] ? tile[c * kLanes + r] : max[r];
    }
  }
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < kLanes; ++r) sum[r] += math::exp(tile[c * kLanes + r] - max[r]);
  }
  for (int64_t r = 0; r < kLanes; ++r) sum[r] = max[r] + math::log(sum[r]);
  for (int64_t r = 0; r < rows; ++r) lse[r] = sum[r];
}

template <typename T>
T row_loss(const XentCase& c, int64_t r, T lse) {
  const T* x = static_cast<const T*>(c.x) + r * c.cols;
  if (c.labels == nullptr) {
    const T* t = static_cast<const T*>(c.targets) + r * c.cols;
    // sum t (lse - x), not lse sum(t) - sum(t x): no cancellation for large logits.
    return row_sum<T>(c.cols, [&](int64_t i) { return t[i] * (lse - x[i]); });
  }
  const int64_t label = c.labels[r];
  if (label == c.ignore) return 0;
  const T s = static_cast<T>(c.smoothing);
  const T hit = lse - x[label];
  if (s == 0) return hit;
  const T mean = row_sum<T>(c.cols, [&](int64_t i) { return lse - x[i]; }) / static_cast<T>(c.cols);
  return (1 - s) * hit + s * mean;
}

template <typename T>
void forward_all(T* loss, T* lse, const XentCase& c) {
  const T* x = static_cast<const T*>(c.x);
  for_each_row(
      c.rows, c.cols,
      [&](int64_t first, int64_t n) {
        short_lse(lse + first, x + first * c.cols, n, c.cols);
        for (int64_t r = first; r < first + n; ++r) loss[r] = row_loss(c, r, lse[r]);
      },
      [&](int64_t r) {
        RunningSum<T> found;
        found.add_row(x + r * c.cols, c.cols);
        lse[r] = found.log_sum();
        loss[r] = row_loss(c, r, lse[r]);
      });
}

template <typename T>
void row_backward(T* NRT_RESTRICT dx, const XentCase& c, int64_t r, T g, T lse) {
  const T* NRT_RESTRICT x = static_cast<const T*>(c.x) + r * c.cols;
  if (c.labels == nullptr) {
    const T* NRT_RESTRICT t = static_cast<const T*>(c.targets) + r * c.cols;
    const T total = row_sum<T>(c.cols, [&](int64_t i) { return t[i]; });
    each_whole(x, c.cols, [&](int64_t i, ExpVector<T> v, int64_t count) {
      store_first(dx + i, g * (exp_of(v - lse) * total - load_first(t + i, count)), count);
    });
    return;
  }
  const int64_t label = c.labels[r];
  if (label == c.ignore) {
    for (int64_t i = 0; i < c.cols; ++i) dx[i] = 0;
    return;
  }
  const T s = static_cast<T>(c.smoothing), spread = s / static_cast<T>(c.cols);
  each_whole(x, c.cols, [&](int64_t i, ExpVector<T> v, int64_t count) {
    store_first(dx + i, g * (exp_of(v - lse) - spread), count);
  });
  dx[label] -= g * (1 - s);
}

// The same for up to sixteen short rows: exp over all their elements in one loop.
template <typename T>
void short_backward(T* dx, const XentCase& c, int64_t first, int64_t n, const T* dloss, const T* lse) {
  if (c.labels == nullptr) {
    for (int64_t r = first; r < first + n; ++r) row_backward(dx + r * c.cols, c, r, dloss[r], lse[r]);
    return;
  }
  const T* x = static_cast<const T*>(c.x) + first * c.cols;
  T shift[kShortRow * kLanes], gain[kShortRow * kLanes];
  const T s = static_cast<T>(c.smoothing), spread = s / static_cast<T>(c.cols);
  for (int64_t r = 0; r < n; ++r) {
    const bool ignored = c.labels[first + r] == c.ignore;
    for (int64_t i = 0; i < c.cols; ++i) {
      shift[r * c.cols + i] = lse[first + r];
      gain[r * c.cols + i] = ignored ? 0 : dloss[first + r];
    }
  }
  T* out = dx + first * c.cols;
  for (int64_t i = 0; i < n * c.cols; ++i) out[i] = gain[i] * (math::exp(x[i] - shift[i]) - spread);
  for (int64_t r = 0; r < n; ++r) {
    const int64_t label = c.labels[first + r];
    if (label == c.ignore) {
      for (int64_t i = 0; i < c.cols; ++i) out[r * c.cols + i] = 0;  // also where x holds a NaN
    } else {
      out[r * c.cols + label] -= dloss[first + r] * (1 - s);
    }
  }
}

template <typename T>
void backward_all(T* dx, const T* dloss, const T* lse, const XentCase& c) {
  for_each_row(
      c.rows, c.cols,
      [&](int64_t first, int64_t n) { short_backward(dx, c, first, n, dloss, lse); },
      [&](int64_t r) { row_backward(dx + r * c.cols, c, r, dloss[r], lse[r]); });
}

void forward(int32_t dtype, void* loss, void* lse, const XentCase& c) {
  if (dtype == NRT_FLOAT32) {
    forward_all(static_cast<float*>(loss), static_cast<float*>(lse), c);
  } else {
    forward_all(static_cast<double*>(loss), static_cast<double*>(lse), c);
  }
}

void backward(int32_t dtype, void* dx, const void* dloss, const void* lse, const XentCase& c) {
  if (dtype == NRT_FLOAT32) {
    backward_all(static_cast<float*>(dx), static_cast<const float*>(dloss),
                 static_cast<const float*>(lse), c);
  } else {
    backward_all(static_cast<double*>(dx), static_cast<const double*>(dloss),
                 static_cast<const double*>(lse), c);
  }
}

}  // namespace

extern const SoftmaxXentKernels softmax_xent_kernels;
const SoftmaxXentKernels softmax_xent_kernels = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
