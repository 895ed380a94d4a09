#include "ops/lstm/lstm_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kColumnsPerTask = 64;

template <typename T>
void forward(const LstmForward<T>& p) {
  ScratchMark mark;
  if (p.tiles != nullptr) {
    p.tiles->forward(p);
  } else {
    forward_steps(p, UnitBlocks<T, kGates, 16>::of(p.recurrent, kGates * p.units, p.units, p.units, p.units));
  }
}

// dw_i = sum dz_i c_{t-1}, dw_f = sum dz_f c_{t-1}, dw_o = sum dz_o c_t, rows in order, in double.
template <typename T>
void peephole_gradients(const LstmBackward<T>& p) {
  const int64_t n = p.units, wide = kGates * n;
  parallel(n, kColumnsPerTask, [&](int64_t begin, int64_t end) {
    double sums[3][kColumnsPerTask] = {};
    const int64_t width = end - begin;
    int64_t row = 0;
    for (int64_t step = 0; step < p.steps.steps; ++step) {
      for (int64_t r = 0; r < p.steps.rows[step]; ++r, ++row) {
        const T* dz = p.dprojected + row * wide + begin;
        const T* c = p.c + row * n + begin;
        const T* old = step > 0 ? p.c + (row - p.steps.rows[step - 1]) * n + begin
                                : p.c0 == nullptr ? nullptr : p.c0 + r * n + begin;
        for (int64_t j = 0; j < width; ++j) {
          const double before = old == nullptr ? 0 : static_cast<double>(old[j]);
          sums[0][j] += static_cast<double>(dz[j]) * before;
          sums[1][j] += static_cast<double>(dz[n + j]) * before;
          sums[2][j] += static_cast<double>(dz[3 * n + j]) * static_cast<double>(c[j]);
        }
      }
    }
    for (int64_t k = 0; k < 3; ++k) {
      for (int64_t j = 0; j < width; ++j) p.dpeephole[k * n + begin + j] = static_cast<T>(sums[k][j]);
    }
  });
}

template <typename T>
void backward(const LstmBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = kGates * n;
  if (p.tiles != nullptr) {
    p.tiles->backward(p);
  } else {
    backward_steps(p, UnitBlocks<T, 1, 64>::of_transposed(p.recurrent, wide, wide, n));
  }
  recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dprojected, wide, p.steps, n, wide);
  if (p.peephole != nullptr) peephole_gradients(p);
}

}  // namespace

extern const LstmKernels lstm_kernels;
const LstmKernels lstm_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
