// y[r,:] = exp(x[r,:] - max) / sum, or its logarithm. Three passes over a row (max, exp and sum, scale),
// the first two over chunks that stay in L1. Short rows (10 classes) go sixteen at a time, one per lane, so
// that exp fills the vectors. Limited by exp in cache, by memory beyond it.
#include "core/exp_rows.h"
#include "core/rows.h"
#include "neurite/core.h"
#include "ops/softmax/softmax_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
void log_row_forward(T* NRT_RESTRICT y, const T* NRT_RESTRICT x, int64_t cols) {
  RunningSum<T> found;
  found.add_row(x, cols);
  const T max = found.largest, shift = math::log(found.sum);
  each_whole(x, cols, [&](int64_t i, ExpVector<T> v, int64_t count) { store_first(y + i, (v - max) - shift, count); });
}

// `tops` has a place for each chunk: what its exponentials are relative to.
template <typename T>
void row_forward(T* NRT_RESTRICT y, const T* NRT_RESTRICT x, int64_t cols, T* tops) {
  RunningSum<T> found;
  for (int64_t c = 0; c < cols; c += kExpChunk) {
    found.add(x + c, min64(kExpChunk, cols - c),
              [&](int64_t i, ExpVector<T> e, int64_t count) { store_first(y + c + i, e, count); });
    tops[c / kExpChunk] = found.largest;
  }
  for (int64_t c = 0; c < cols; c += kExpChunk) {
    const T scale = math::exp(tops[c / kExpChunk] - found.largest) / found.sum;
    T* to = y + c;
    each_whole(to, min64(kExpChunk, cols - c),
               [&](int64_t i, ExpVector<T> v, int64_t count) { store_first(to + i, v * scale, count); });
  }
}

template <typename T>
void short_forward(T* y, const T* x, int64_t rows, int64_t cols, bool log_form) {
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
    for (int64_t r = 0; r < kLanes; ++r) {
      const T z = tile[c * kLanes + r] - max[r];
      const T e = math::exp(z);
      sum[r] += e;
      tile[c * kLanes + r] = log_form ? z : e;
    }
  }
  for (int64_t r = 0; r < kLanes; ++r) sum[r] = log_form ? math::log(sum[r]) : 1 / sum[r];
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < kLanes; ++r) {
      const T v = tile[c * kLanes + r];
      tile[c * kLanes + r] = log_form ? v - sum[r] : v * sum[r];
    }
  }
  store_tile(y, tile, rows, cols);
}

template <typename T>
void row_backward(T* NRT_RESTRICT dx, const T* NRT_RESTRICT dy, const T* NRT_RESTRICT y, int64_t cols,
                  bool log_form) {
  if (log_form) {
    const T sum = row_sum<T>(cols, [&](int64_t i) { return dy[i]; });
    each_whole(y, cols, [&](int64_t i, ExpVector<T> v, int64_t count) {
      store_first(dx + i, load_first(dy + i, count) - exp_of(v) * sum, count);
    });
    return;
  }
  const T dot = row_sum<T>(cols, [&](int64_t i) { return dy[i] * y[i]; });
  for (int64_t i = 0; i < cols; ++i) dx[i] = y[i] * (dy[i] - dot);
}

template <typename T>
void forward_all(T* y, const T* x, int64_t rows, int64_t cols, bool log_form) {
  for_each_row(
      rows, cols,
      [&](int64_t first, int64_t n) {
        short_forward(y + first * cols, x + first * cols, n, cols, log_form);
      },
      [&](int64_t r) {
        if (log_form) return log_row_forward(y + r * cols, x + r * cols, cols);
        const ScratchMark mark;
        row_forward(y + r * cols, x + r * cols, cols, scratch<T>(div_up(cols, kExpChunk)));
      });
}

template <typename T>
void backward_all(T* dx, const T* dy, const T* y, int64_t rows, int64_t cols, bool log_form) {
  parallel(rows, max64(1, kRowGrainElements / cols), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      row_backward(dx + r * cols, dy + r * cols, y + r * cols, cols, log_form);
    }
  });
}

void forward(int32_t dtype, void* y, const void* x, int64_t rows, int64_t cols, bool log_form) {
  if (dtype == NRT_FLOAT32) {
    forward_all(static_cast<float*>(y), static_cast<const float*>(x), rows, cols, log_form);
  } else {
    forward_all(static_cast<double*>(y), static_cast<const double*>(x), rows, cols, log_form);
  }
}

void backward(int32_t dtype, void* dx, const void* dy, const void* y, int64_t rows, int64_t cols,
              bool log_form) {
  if (dtype == NRT_FLOAT32) {
    backward_all(static_cast<float*>(dx), static_cast<const float*>(dy), static_cast<const float*>(y),
                 rows, cols, log_form);
  } else {
    backward_all(static_cast<double*>(dx), static_cast<const double*>(dy),
                 static_cast<const double*>(y), rows, cols, log_form);
  }
}

}  // namespace

extern const SoftmaxKernels softmax_kernels;
const SoftmaxKernels softmax_kernels = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
