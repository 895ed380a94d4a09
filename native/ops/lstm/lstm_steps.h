// A step of an LSTM, unit block by unit block: the products of all running rows with the four gates of a block's
// units, then these units' gates, cell and output while the sums are in L1. Backward likewise: the gradient of a
// block of the state, then at once the gates' gradients of that block. W: the packed weights, UnitBlocks or
// TileBlocks.
#pragma once

#include "ops/gemm/gemm_gates.h"
#include "ops/gemm/gemm_steps.h"
#include "ops/lstm/lstm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGates = 4;

// A block's units in all rows of a step: pointers to the first row's, and the distances of rows. z: sums of the
// four gates, one after the other, each kUnits wide. The gates, gate_step apart, may go there too.
template <typename T>
struct Cells {
  const T* z;
  T* gates;
  int64_t gate_row, gate_step;
  const T* before;
  int64_t before_row;
  T* c;
  T* h;
  const T* peephole;
  int64_t n;
};

template <typename T, int kUnits, bool kPeephole>
void run_cells(const Cells<T>& p, int64_t rows, int64_t count) {
  const T *wi = p.peephole, *wf = wi + p.n, *wo = wf + p.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* z = p.z + r * kGates * kUnits + j;
    const V old = lanes.get(p.before + r * p.before_row + j);
    V zi = load(z), zf = load(z + kUnits), zo = load(z + 3 * kUnits);
    if (kPeephole) {
      zi += lanes.get(wi + j) * old;
      zf += lanes.get(wf + j) * old;
    }
    const V i = gate_sigmoid(zi), f = gate_sigmoid(zf), g = gate_tanh(load(z + 2 * kUnits));
    const V cell = f * old + i * g;
    if (kPeephole) zo += lanes.get(wo + j) * cell;
    const V o = gate_sigmoid(zo);
    T* gates = p.gates + r * p.gate_row + j;
    lanes.put(gates, i);
    lanes.put(gates + p.gate_step, f);
    lanes.put(gates + 2 * p.gate_step, g);
    lanes.put(gates + 3 * p.gate_step, o);
    lanes.put(p.c + r * p.n + j, cell);
    lanes.put(p.h + r * p.n + j, o * gate_tanh(cell));
  });
}

template <typename T, typename W>
struct ForwardStep {
  static constexpr int kUnits = W::kUnits;
  const LstmForward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const int64_t n = p.units;
    const T* h = rows.step > 0 ? p.h + (rows.offset_before + rows.first) * n
                 : p.h0 == nullptr ? nullptr : p.h0 + rows.first * n;
    const auto load = [&](T* sums, int64_t block) {
      load_sums(sums, rows, block);
      if (block + 1 < end) fetch_sums(rows, block + 1);
    };
    const auto gates = [&](T* sums, int64_t block, int64_t first, int64_t last) {
      run_gates(sums + first * kGates * kUnits, rows.part(first, last - first), block);
    };
    run_blocks(weights, h, n, h == nullptr ? 0 : rows.count, rows.count, begin, end, load, gates);
  }

  void load_sums(T* sums, const StepRows& rows, int64_t block) const {
    const int64_t n = p.units, valid = weights.valid(block);
    const T* from = p.projected + rows.row * kGates * n + block * kUnits;
    if (valid < kUnits) memset(sums, 0, static_cast<size_t>(rows.count * kGates * kUnits) * sizeof(T));
    for (int64_t i = 0; i < rows.count * kGates; ++i, from += n, sums += kUnits) {
      if (valid == kUnits) {
        memcpy(sums, from, kUnits * sizeof(T));
      } else {
        memcpy(sums, from, static_cast<size_t>(valid) * sizeof(T));
      }
    }
  }

  // The projections of a later block, into the cache while the products run.
  void fetch_sums(const StepRows& rows, int64_t block) const {
    constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
    const int64_t n = p.units;
    const T* from = p.projected + rows.row * kGates * n + block * kUnits;
    for (int64_t i = 0; i < rows.count * kGates; ++i) {
      for (int64_t j = 0; j < kUnits; j += kLine) __builtin_prefetch(from + i * n + j);
    }
  }

  void run_gates(T* sums, const StepRows& rows, int64_t block) const {
    static const T zeros[kUnits] = {};
    const int64_t n = p.units, at = block * kUnits;
    Cells<T> cells = {sums, sums, kGates * kUnits, kUnits, nullptr, n, nullptr, p.h + rows.row * n + at,
                      p.peephole == nullptr ? zeros : p.peephole + at, n};
    if (p.gates == nullptr) {  // nothing is kept: cn runs along
      cells.c = p.cn + rows.first * n + at;
      cells.before = cells.c;
    } else {
      cells.gates = p.gates + rows.row * kGates * n + at;
      cells.gate_row = kGates * n;
      cells.gate_step = n;
      cells.c = p.c + rows.row * n + at;
      const T* before = rows.step > 0 ? p.c + rows.offset_before * n : p.c0;
      cells.before = before == nullptr ? zeros : before + rows.first * n + at;
      if (before == nullptr) cells.before_row = 0;
    }
    if (p.peephole == nullptr) {
      run_cells<T, kUnits, false>(cells, rows.count, weights.valid(block));
    } else {
      run_cells<T, kUnits, true>(cells, rows.count, weights.valid(block));
    }
  }
};

template <typename T, typename W>
void forward_steps(const LstmForward<T>& p, const W& weights) {
  const int64_t n = p.units;
  if (p.gates == nullptr) start_state(p.cn, p.c0, p.steps.batch, n);
  const ForwardStep<T, W> step = {p, weights};
  walk_forward(p.steps, StepSplit(p.steps, n, kGates * n, W::kRowsTogether), phase(weights.blocks(), step));
  last_rows(p.hn, p.h, p.h0, p.steps, n);
  if (p.gates != nullptr) last_rows(p.cn, p.c, p.c0, p.steps, n);
}

// The same backward: gradients of h (carried from the step after, kUnits a row, and given) and of c in
// (that of c replaced by the one for the step before), dz out; the blocks of dz and gates are n apart.
template <typename T>
struct Gradients {
  T* dz;
  T* dc;
  const T* carried;
  const T* dh;
  int64_t dh_row;
  const T* gates;
  const T* c;
  const T* before;
  int64_t before_row;
  const T* peephole;
  int64_t n;
};

template <typename T, int kUnits, bool kPeephole>
void run_gradients(const Gradients<T>& p, int64_t rows, int64_t count) {
  const int64_t n = p.n;
  const T* w = p.peephole;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* z = p.gates + r * kGates * n + j;
    const V i = lanes.get(z), f = lanes.get(z + n), g = lanes.get(z + 2 * n), o = lanes.get(z + 3 * n);
    const V squashed = gate_tanh(lanes.get(p.c + r * n + j));
    const V up = lanes.get(p.carried + r * kUnits + j) + lanes.get(p.dh + r * p.dh_row + j);
    const V d_o = up * squashed * o * (T(1) - o);
    V cell = lanes.get(p.dc + r * n + j) + up * o * (T(1) - squashed * squashed);
    if (kPeephole) cell += d_o * lanes.get(w + 2 * n + j);
    const V d_i = cell * g * i * (T(1) - i);
    const V d_f = cell * lanes.get(p.before + r * p.before_row + j) * f * (T(1) - f);
    T* dz = p.dz + r * kGates * n + j;
    lanes.put(dz, d_i);
    lanes.put(dz + n, d_f);
    lanes.put(dz + 2 * n, cell * i * (T(1) - g * g));
    lanes.put(dz + 3 * n, d_o);
    V dc = cell * f;
    if (kPeephole) dc += d_i * lanes.get(w + j) + d_f * lanes.get(w + n + j);
    lanes.put(p.dc + r * n + j, dc);
  });
}

template <typename T, typename W>
struct BackwardStep {
  static constexpr int kUnits = W::kUnits;
  const LstmBackward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      run_gates(sums + first * kUnits, rows.part(first, last - first), block);
    };
    run_carried(weights, p.dprojected, kGates * p.units, static_cast<const T*>(nullptr), p.dhn, p.steps, rows, begin,
                end, gates);
  }

  void run_gates(const T* sums, const StepRows& rows, int64_t block) const {
    static const T zeros[kUnits] = {};
    const int64_t n = p.units, at = block * kUnits, row = rows.row;
    const T* before = rows.step > 0 ? p.c + rows.offset_before * n : p.c0;
    const Gradients<T> gradients = {p.dprojected + row * kGates * n + at, p.dc0 + rows.first * n + at, sums,
                                    p.dh == nullptr ? zeros : p.dh + row * n + at, p.dh == nullptr ? 0 : n,
                                    p.gates + row * kGates * n + at, p.c + row * n + at,
                                    before == nullptr ? zeros : before + rows.first * n + at,
                                    before == nullptr ? 0 : n, p.peephole == nullptr ? zeros : p.peephole + at, n};
    if (p.peephole == nullptr) {
      run_gradients<T, kUnits, false>(gradients, rows.count, weights.valid(block));
    } else {
      run_gradients<T, kUnits, true>(gradients, rows.count, weights.valid(block));
    }
  }
};

template <typename T, typename W>
void backward_steps(const LstmBackward<T>& p, const W& weights) {
  const int64_t n = p.units, wide = kGates * n;
  start_state(p.dc0, p.dcn, p.steps.batch, n);
  const BackwardStep<T, W> step = {p, weights};
  walk_backward(p.steps, StepSplit(p.steps, n, wide, W::kRowsTogether), phase(weights.blocks(), step));
  if (p.dh0 != nullptr) {
    first_gradient(p.dh0, weights, p.dprojected, wide, static_cast<const T*>(nullptr), p.dhn, p.steps);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
