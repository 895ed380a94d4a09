// A step's work goes unit block by unit block: the products of all running rows with the weights of 64
// units, begun with the projection, then the activation while the sums are in L1. Backward likewise.
#include "ops/rnn/rnn_kernels.h"

#include "core/kernel_math.h"
#include "ops/gemm/gemm_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int kUnits = 64;  // of a block

template <typename T>
using Weights = UnitBlocks<T, 1, kUnits>;

template <typename T>
void activate(T* z, int64_t count, int32_t activation) {
  switch (activation) {
    case kRnnTanh:
      for (int64_t i = 0; i < count; ++i) z[i] = math::tanh(z[i]);
      return;
    case kRnnRelu:
      for (int64_t i = 0; i < count; ++i) z[i] = z[i] > 0 || z[i] != z[i] ? z[i] : T(0);
      return;
    case kRnnSigmoid:
      for (int64_t i = 0; i < count; ++i) z[i] = math::sigmoid(z[i]);
      return;
    default:
      return;
  }
}

template <typename T>
struct ForwardStep {
  const RnnForward<T>& p;
  const Weights<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units;
    T* sums = scratch<T>(rows.count * kUnits);
    const T* h = rows.step > 0 ? p.h + (rows.offset_before + rows.first) * n
                 : p.h0 == nullptr ? nullptr : p.h0 + rows.first * n;
    for (int64_t b = begin; b < end; ++b) {
      load_block<T, kUnits>(sums, p.projected, n, rows.row, rows.count, b);
      if (h != nullptr) weights.add(sums, h, n, rows.count, b);
      activate(sums, rows.count * kUnits, p.activation);
      store_block<T, kUnits>(p.h, sums, n, rows.row, rows.count, b);
    }
  }
};

template <typename T>
void forward(const RnnForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  const auto weights = Weights<T>::of(p.recurrent, n, n, n, n);
  const ForwardStep<T> step = {p, weights};
  walk_forward(p.steps, StepSplit(p.steps, n, n), phase(weights.blocks(), step));
  last_rows(p.hn, p.h, p.h0, p.steps, n);
}

// dz = (carried + dh) act'(z), the derivative from the output.
template <typename T, typename D>
void gradient_units(T* NRT_RESTRICT dz, const T* carried, const T* dh, const T* h, int64_t count,
                    const D& derivative) {
  for (int64_t i = 0; i < count; ++i) dz[i] = (carried[i] + dh[i]) * derivative(h[i]);
}

template <typename T>
void gradient_units(T* dz, const T* carried, const T* dh, const T* h, int64_t count, int32_t activation) {
  switch (activation) {
    case kRnnTanh:
      gradient_units(dz, carried, dh, h, count, [](T y) { return 1 - y * y; });
      return;
    case kRnnRelu:
      gradient_units(dz, carried, dh, h, count, [](T y) { return y > 0 ? T(1) : T(0); });
      return;
    case kRnnSigmoid:
      gradient_units(dz, carried, dh, h, count, [](T y) { return y * (1 - y); });
      return;
    default:
      gradient_units(dz, carried, dh, h, count, [](T) { return T(1); });
  }
}

template <typename T>
struct BackwardStep {
  const RnnBackward<T>& p;
  const Weights<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    static const T zeros[kUnits] = {};
    ScratchMark mark;
    const int64_t n = p.units;
    T* sums = scratch<T>(rows.count * kUnits);
    for (int64_t b = begin; b < end; ++b) {
      carried_block(sums, weights, p.dprojected, n, static_cast<const T*>(nullptr), p.dhn, p.steps, rows, b);
      for (int64_t r = 0; r < rows.count; ++r) {
        const int64_t at = (rows.row + r) * n + b * kUnits;
        gradient_units(p.dprojected + at, sums + r * kUnits, p.dh == nullptr ? zeros : p.dh + at, p.h + at,
                       weights.valid(b), p.activation);
      }
    }
  }
};

template <typename T>
void backward(const RnnBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  const auto weights = Weights<T>::of_transposed(p.recurrent, n, n, n);
  const BackwardStep<T> step = {p, weights};
  walk_backward(p.steps, StepSplit(p.steps, n, n), phase(weights.blocks(), step));
  if (p.dh0 != nullptr) {
    first_gradient(p.dh0, weights, p.dprojected, n, static_cast<const T*>(nullptr), p.dhn, p.steps);
  }
  recurrent_gradient(p.drecurrent, n, p.h, p.h0, p.previous, p.dprojected, n, p.steps, n, n);
}

}  // namespace

extern const RnnKernels rnn_kernels;
const RnnKernels rnn_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
