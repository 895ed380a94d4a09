// A step of a simple recurrent network, unit block by unit block: the products of all running rows with a
// block's weights, begun with the projection, then the activation while the sums are in L1. Backward likewise. W:
// the packed weights, UnitBlocks or TileBlocks.
#pragma once

#include "core/kernel_math.h"
#include "ops/gemm/gemm_steps.h"
#include "ops/rnn/rnn_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

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

template <typename T, typename W>
struct ForwardStep {
  static constexpr int kUnits = W::kUnits;
  const RnnForward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const int64_t n = p.units;
    const T* h = rows.step > 0 ? p.h + (rows.offset_before + rows.first) * n
                 : p.h0 == nullptr ? nullptr : p.h0 + rows.first * n;
    const auto load = [&](T* sums, int64_t block) {
      load_block<T, kUnits>(sums, p.projected, n, rows.row, rows.count, block);
    };
    const auto gates = [&](T* sums, int64_t block, int64_t first, int64_t last) {
      T* from = sums + first * kUnits;
      activate(from, (last - first) * kUnits, p.activation);
      store_block<T, kUnits>(p.h, from, n, rows.row + first, last - first, block);
    };
    run_blocks(weights, h, n, h == nullptr ? 0 : rows.count, rows.count, begin, end, load, gates);
  }
};

template <typename T, typename W>
void forward_steps(const RnnForward<T>& p, const W& weights) {
  const int64_t n = p.units;
  const ForwardStep<T, W> step = {p, weights};
  walk_forward(p.steps, StepSplit(p.steps, n, n, W::kRowsTogether), phase(weights.blocks(), step));
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

template <typename T, typename W>
struct BackwardStep {
  static constexpr int kUnits = W::kUnits;
  const RnnBackward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    static const T zeros[kUnits] = {};
    const int64_t n = p.units;
    const T* dz = p.dprojected;
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r) {
        const int64_t at = (rows.row + r) * n + block * kUnits;
        gradient_units(p.dprojected + at, sums + r * kUnits, p.dh == nullptr ? zeros : p.dh + at, p.h + at,
                       weights.valid(block), p.activation);
      }
    };
    run_carried(weights, dz, n, static_cast<const T*>(nullptr), p.dhn, p.steps, rows, begin, end, gates);
  }
};

template <typename T, typename W>
void backward_steps(const RnnBackward<T>& p, const W& weights) {
  const int64_t n = p.units;
  const BackwardStep<T, W> step = {p, weights};
  walk_backward(p.steps, StepSplit(p.steps, n, n, W::kRowsTogether), phase(weights.blocks(), step));
  const T* dz = p.dprojected;
  if (p.dh0 != nullptr) first_gradient(p.dh0, weights, dz, n, static_cast<const T*>(nullptr), p.dhn, p.steps);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
