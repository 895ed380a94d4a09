#include "ops/gru/gru_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kColumnsPerTask = 64;

template <typename T>
void forward(const GruForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  if (p.tiles != nullptr) {
    p.tiles->forward(p);
  } else if (p.reset_after) {
    forward_after(p, UnitBlocks<T, 3, 16>::of(p.recurrent, wide, n, n, n));
  } else {
    forward_before(p, UnitBlocks<T, 2, 32>::of(p.recurrent, wide, n, n, n),
                   UnitBlocks<T, 1, 64>::of(p.recurrent + 2 * n, wide, n, n, n));
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
void backward(const GruBackward<T>& p) {
  ScratchMark mark;
  using Weights = UnitBlocks<T, 1, 64>;
  const int64_t n = p.units, wide = 3 * n;
  if (p.tiles != nullptr) {
    p.tiles->backward(p);
  } else if (p.reset_after) {
    backward_after(p, Weights::of_transposed(p.recurrent, wide, wide, n));
  } else {
    backward_before(p, Weights::of_transposed(p.recurrent, wide, 2 * n, n),
                    Weights::of_transposed(p.recurrent + 2 * n, wide, n, n));
  }
  if (p.reset_after) {
    recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dinner, wide, p.steps, n, wide);
    if (p.dbias != nullptr) bias_gradient(p.dbias, p.dinner, p.steps.total, n);
  } else {
    recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dprojected, wide, p.steps, n, 2 * n);
    gemm_transposed_left(p.drecurrent + 2 * n, wide, p.gates + 3 * n, 4 * n, p.dprojected + 2 * n, wide, n, n,
                         p.steps.total, 0);
  }
}

}  // namespace

extern const GruKernels gru_kernels;
const GruKernels gru_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
