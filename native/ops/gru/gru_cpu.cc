// A chunk of sequences is a task. reset_after: a step is one product of all running rows and one loop per
// row. Otherwise the candidate needs the reset state, hence a second product per step.
#include "ops/gru/gru_kernels.h"

#include "core/kernel_math.h"
#include "core/packed_walk.h"
#include "ops/gemm/gemm_call.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kColumnsPerTask = 64;

// One row, reset after the product: h U in the first three blocks of `gates`.
template <typename T>
void row_after(T* NRT_RESTRICT gates, const T* NRT_RESTRICT p, const T* NRT_RESTRICT bias,
               T* NRT_RESTRICT h, T* NRT_RESTRICT h_out, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T z = math::sigmoid(p[j] + gates[j]);
    const T r = math::sigmoid(p[n + j] + gates[n + j]);
    const T q = gates[2 * n + j] + bias[j];
    const T candidate = math::tanh(p[2 * n + j] + r * q);
    const T out = z * h[j] + (1 - z) * candidate;
    gates[j] = z;
    gates[n + j] = r;
    gates[2 * n + j] = candidate;
    gates[3 * n + j] = q;
    h[j] = out;
    h_out[j] = out;
  }
}

// One row, reset before: h U_zr in the first two blocks. Leaves z, r and q.
template <typename T>
void row_before_gates(T* NRT_RESTRICT gates, const T* NRT_RESTRICT p, const T* NRT_RESTRICT h, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T r = math::sigmoid(p[n + j] + gates[n + j]);
    gates[j] = math::sigmoid(p[j] + gates[j]);
    gates[n + j] = r;
    gates[3 * n + j] = r * h[j];
  }
}

// And then, with q U_n in the third block.
template <typename T>
void row_before_state(T* NRT_RESTRICT gates, const T* NRT_RESTRICT p, T* NRT_RESTRICT h,
                      T* NRT_RESTRICT h_out, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T z = gates[j];
    const T candidate = math::tanh(p[2 * n + j] + gates[2 * n + j]);
    const T out = z * h[j] + (1 - z) * candidate;
    gates[2 * n + j] = candidate;
    h[j] = out;
    h_out[j] = out;
  }
}

template <typename T>
T* zeros(int64_t n) {
  T* z = scratch<T>(n);
  memset(z, 0, static_cast<size_t>(n) * sizeof(T));
  return z;
}

template <typename T>
void forward_after(const GruForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  const GemmWeights<T> weights(p.recurrent, n, wide, wide, false, p.steps.steps);
  const T* bias = p.bias == nullptr ? zeros<T>(n) : p.bias;
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    start_state(p.hn, p.h0, first, last, n);
    T* h = p.hn + first * n;
    steps_forward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* gates = p.gates + row * 4 * n;
      weights.multiply(gates, 4 * n, h, n, count, 0);
      for (int64_t r = 0; r < count; ++r) {
        row_after(gates + r * 4 * n, p.projected + (row + r) * wide, bias, h + r * n, p.h + (row + r) * n, n);
      }
    });
  });
}

template <typename T>
void forward_before(const GruForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  const GemmWeights<T> both(p.recurrent, n, 2 * n, wide, false, p.steps.steps);
  const GemmWeights<T> candidate(p.recurrent + 2 * n, n, n, wide, false, p.steps.steps);
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    start_state(p.hn, p.h0, first, last, n);
    T* h = p.hn + first * n;
    steps_forward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* gates = p.gates + row * 4 * n;
      const T* projected = p.projected + row * wide;
      both.multiply(gates, 4 * n, h, n, count, 0);
      for (int64_t r = 0; r < count; ++r) {
        row_before_gates(gates + r * 4 * n, projected + r * wide, h + r * n, n);
      }
      candidate.multiply(gates + 2 * n, 4 * n, gates + 3 * n, 4 * n, count, 0);
      for (int64_t r = 0; r < count; ++r) {
        row_before_state(gates + r * 4 * n, projected + r * wide, h + r * n, p.h + (row + r) * n, n);
      }
    });
  });
}

template <typename T>
void forward(const GruForward<T>& p) {
  p.reset_after ? forward_after(p) : forward_before(p);
}

// One row of backward, reset after: dz, dr, dn to dp; dz, dr, dq to di; carried becomes its direct part.
template <typename T>
void gradient_after(T* NRT_RESTRICT dp, T* NRT_RESTRICT di, T* NRT_RESTRICT carried,
                    const T* NRT_RESTRICT dh, const T* NRT_RESTRICT gates,
                    const T* NRT_RESTRICT before, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T z = gates[j], r = gates[n + j], candidate = gates[2 * n + j], q = gates[3 * n + j];
    const T up = carried[j] + dh[j];
    const T dz = up * (before[j] - candidate) * z * (1 - z);
    const T dn = up * (1 - z) * (1 - candidate * candidate);
    const T dr = dn * q * r * (1 - r);
    dp[j] = dz;
    dp[n + j] = dr;
    dp[2 * n + j] = dn;
    di[j] = dz;
    di[n + j] = dr;
    di[2 * n + j] = dn * r;
    carried[j] = up * z;
  }
}

// Reset before, first half: dz and dn, and the direct part of carried.
template <typename T>
void gradient_before(T* NRT_RESTRICT dp, T* NRT_RESTRICT carried, const T* NRT_RESTRICT dh,
                     const T* NRT_RESTRICT gates, const T* NRT_RESTRICT before, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T z = gates[j], candidate = gates[2 * n + j];
    const T up = carried[j] + dh[j];
    dp[j] = up * (before[j] - candidate) * z * (1 - z);
    dp[2 * n + j] = up * (1 - z) * (1 - candidate * candidate);
    carried[j] = up * z;
  }
}

// Second half, with dq = dn U_n': dr, and q's part of carried.
template <typename T>
void gradient_reset(T* NRT_RESTRICT dp, T* NRT_RESTRICT carried, const T* NRT_RESTRICT dq,
                    const T* NRT_RESTRICT gates, const T* NRT_RESTRICT before, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T r = gates[n + j];
    dp[n + j] = dq[j] * before[j] * r * (1 - r);
    carried[j] += dq[j] * r;
  }
}

// Sums of the third block of dinner over the rows, in order, in double.
template <typename T>
void bias_gradient(T* dbias, const T* dinner, int64_t rows, int64_t n) {
  parallel(n, kColumnsPerTask, [&](int64_t begin, int64_t end) {
    double sums[kColumnsPerTask] = {};
    for (int64_t r = 0; r < rows; ++r) {
      const T* from = dinner + r * 3 * n + 2 * n + begin;
      for (int64_t j = 0; j < end - begin; ++j) sums[j] += static_cast<double>(from[j]);
    }
    for (int64_t j = 0; j < end - begin; ++j) dbias[begin + j] = static_cast<T>(sums[j]);
  });
}

template <typename T>
void start_backward(const GruBackward<T>& p, int64_t first, int64_t last) {
  start_state(p.dh0, p.dhn, first, last, p.units);
  previous_rows(p.previous, p.h, p.h0, p.steps, first, last, p.units);
}

template <typename T>
void backward_after(const GruBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  const GemmWeights<T> weights(p.recurrent, wide, n, wide, true, p.steps.steps);
  const T* none = zeros<T>(n);
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    start_backward(p, first, last);
    T* carried = p.dh0 + first * n;
    steps_backward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      for (int64_t r = 0; r < count; ++r) {
        const int64_t i = row + r;
        gradient_after(p.dprojected + i * wide, p.dinner + i * wide, carried + r * n,
                       p.dh == nullptr ? none : p.dh + i * n, p.gates + i * 4 * n, p.previous + i * n, n);
      }
      weights.multiply(carried, n, p.dinner + row * wide, wide, count, 1);
    });
  });
  gemm_transposed_left(p.drecurrent, wide, p.previous, n, p.dinner, wide, n, wide, p.steps.total);
  if (p.dbias != nullptr) bias_gradient(p.dbias, p.dinner, p.steps.total, n);
}

template <typename T>
void backward_before(const GruBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  const GemmWeights<T> both(p.recurrent, 2 * n, n, wide, true, p.steps.steps);
  const GemmWeights<T> candidate(p.recurrent + 2 * n, n, n, wide, true, p.steps.steps);
  const T* none = zeros<T>(n);
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    ScratchMark own;
    T* dq = scratch<T>((last - first) * n);
    start_backward(p, first, last);
    T* carried = p.dh0 + first * n;
    steps_backward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* dp = p.dprojected + row * wide;
      for (int64_t r = 0; r < count; ++r) {
        const int64_t i = row + r;
        gradient_before(dp + r * wide, carried + r * n, p.dh == nullptr ? none : p.dh + i * n,
                        p.gates + i * 4 * n, p.previous + i * n, n);
      }
      candidate.multiply(dq, n, dp + 2 * n, wide, count, 0);
      for (int64_t r = 0; r < count; ++r) {
        gradient_reset(dp + r * wide, carried + r * n, dq + r * n, p.gates + (row + r) * 4 * n,
                       p.previous + (row + r) * n, n);
      }
      both.multiply(carried, n, dp, wide, count, 1);
    });
  });
  gemm_transposed_left(p.drecurrent, wide, p.previous, n, p.dprojected, wide, n, 2 * n, p.steps.total);
  gemm_transposed_left(p.drecurrent + 2 * n, wide, p.gates + 3 * n, 4 * n, p.dprojected + 2 * n, wide, n, n,
                       p.steps.total);
}

template <typename T>
void backward(const GruBackward<T>& p) {
  p.reset_after ? backward_after(p) : backward_before(p);
}

}  // namespace

extern const GruKernels gru_kernels;
const GruKernels gru_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
