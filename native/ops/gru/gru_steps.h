// A step of a GRU, unit block by unit block: the products of all running rows with the three gates of a block's
// units, then these units' gates and state while the sums are in L1. A reset before the product makes the
// candidate wait for all units of the reset state, hence a second pass per step. Backward likewise. W: the
// packed weights, UnitBlocks or TileBlocks.
#pragma once

#include "ops/gemm/gemm_gates.h"
#include "ops/gemm/gemm_steps.h"
#include "ops/gru/gru_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// The states from which these rows start, or null for zeros.
template <typename T>
const T* states_before(const T* h, const T* h0, const StepRows& rows, int64_t n) {
  if (rows.step > 0) return h + (rows.offset_before + rows.first) * n;
  return h0 == nullptr ? nullptr : h0 + rows.first * n;
}

// A block's units in all rows of a step: pointers to the first row's. The gates, gate_step apart, may go to a
// spare row that nobody reads.
template <typename T>
struct Cells {
  const T* sums;
  T* gates;
  int64_t gate_row, gate_step;
  const T* p;
  const T* bias;
  const T* before;
  int64_t before_row;
  T* h;
  int64_t n;
};

template <typename T, int kUnits>
void run_after(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T *s = c.sums + r * 3 * kUnits + j, *p = c.p + r * 3 * n + j;
    const V z = gate_sigmoid(lanes.get(p) + load(s));
    const V reset = gate_sigmoid(lanes.get(p + n) + load(s + kUnits));
    const V q = load(s + 2 * kUnits) + lanes.get(c.bias + j);
    const V candidate = gate_tanh(lanes.get(p + 2 * n) + reset * q);
    T* gates = c.gates + r * c.gate_row + j;
    lanes.put(gates, z);
    lanes.put(gates + c.gate_step, reset);
    lanes.put(gates + 2 * c.gate_step, candidate);
    lanes.put(gates + 3 * c.gate_step, q);
    lanes.put(c.h + r * n + j, z * lanes.get(c.before + r * c.before_row + j) + (T(1) - z) * candidate);
  });
}

// Reset before: z, r and the reset state q.
template <typename T, int kUnits>
void run_before_gates(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T *s = c.sums + r * 2 * kUnits + j, *p = c.p + r * 3 * n + j;
    T* gates = c.gates + r * c.gate_row + j;
    const V reset = gate_sigmoid(lanes.get(p + n) + load(s + kUnits));
    lanes.put(gates, gate_sigmoid(lanes.get(p) + load(s)));
    lanes.put(gates + n, reset);
    lanes.put(gates + 3 * n, reset * lanes.get(c.before + r * c.before_row + j));
  });
}

// And then, with q U_n in the sums.
template <typename T, int kUnits>
void run_before_state(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    T* gates = c.gates + r * c.gate_row + j;
    const V z = lanes.get(gates);
    const V candidate = gate_tanh(lanes.get(c.p + r * 3 * n + 2 * n + j) + load(c.sums + r * kUnits + j));
    lanes.put(gates + 2 * n, candidate);
    lanes.put(c.h + r * n + j, z * lanes.get(c.before + r * c.before_row + j) + (T(1) - z) * candidate);
  });
}

template <typename T, int kUnits>
Cells<T> cells_of(const GruForward<T>& p, const T* sums, const StepRows& rows, int64_t at) {
  static const T zeros[kUnits] = {};
  const int64_t n = p.units;
  const T* before = states_before(p.h, p.h0, rows, n);
  T* gates = p.gates == nullptr ? nullptr : p.gates + rows.row * 4 * n + at;
  return {sums, gates, 4 * n, n, p.projected + rows.row * 3 * n + at,
          p.bias == nullptr ? zeros : p.bias + at, before == nullptr ? zeros : before + at, before == nullptr ? 0 : n,
          p.h + rows.row * n + at, n};
}

// Sums that begin with zeros.
template <int kWidth>
struct ZeroSums {
  int64_t rows;
  template <typename T>
  void operator()(T* sums, int64_t) const {
    memset(sums, 0, static_cast<size_t>(rows * kWidth) * sizeof(T));
  }
};

template <typename T, typename W>
struct AfterStep {
  static constexpr int kUnits = W::kUnits;
  const GruForward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units;
    T* spare = scratch<T>(4 * kUnits);
    const T* h = states_before(p.h, p.h0, rows, n);
    const ZeroSums<3 * kUnits> zeros{rows.count};
    const auto load = [&](T* sums, int64_t block) {
      zeros(sums, block);
      fetch_projections(rows, block);
    };
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      const StepRows part = rows.part(first, last - first);
      Cells<T> cells = cells_of<T, kUnits>(p, sums + first * 3 * kUnits, part, block * kUnits);
      if (p.gates == nullptr) {
        cells.gates = spare;
        cells.gate_row = 0;
        cells.gate_step = kUnits;
      }
      run_after<T, kUnits>(cells, part.count, weights.valid(block));
    };
    run_blocks(weights, h, n, h == nullptr ? 0 : rows.count, rows.count, begin, end, load, gates);
  }

  // The block's projections, into the cache while its products run.
  void fetch_projections(const StepRows& rows, int64_t block) const {
    constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
    const T* from = p.projected + rows.row * 3 * p.units + block * kUnits;
    for (int64_t i = 0; i < rows.count * 3; ++i) {
      for (int64_t j = 0; j < kUnits; j += kLine) __builtin_prefetch(from + i * p.units + j);
    }
  }
};

// Reset before, first pass: z, r and q.
template <typename T, typename W>
struct GateStep {
  static constexpr int kUnits = W::kUnits;
  const GruForward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const int64_t n = p.units;
    const T* h = states_before(p.h, p.h0, rows, n);
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      const StepRows part = rows.part(first, last - first);
      run_before_gates<T, kUnits>(cells_of<T, kUnits>(p, sums + first * 2 * kUnits, part, block * kUnits), part.count,
                                  weights.valid(block));
    };
    run_blocks(weights, h, n, h == nullptr ? 0 : rows.count, rows.count, begin, end,
               ZeroSums<2 * kUnits>{rows.count}, gates);
  }
};

// Second pass: candidate and state.
template <typename T, typename W>
struct StateStep {
  static constexpr int kUnits = W::kUnits;
  const GruForward<T>& p;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const int64_t n = p.units;
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      const StepRows part = rows.part(first, last - first);
      run_before_state<T, kUnits>(cells_of<T, kUnits>(p, sums + first * kUnits, part, block * kUnits), part.count,
                                  weights.valid(block));
    };
    run_blocks(weights, static_cast<const T*>(p.gates + rows.row * 4 * n + 3 * n), 4 * n, rows.count, rows.count,
               begin, end, ZeroSums<kUnits>{rows.count}, gates);
  }
};

template <typename T, typename W>
void forward_after(const GruForward<T>& p, const W& weights) {
  const AfterStep<T, W> step = {p, weights};
  walk_forward(p.steps, StepSplit(p.steps, p.units, 3 * p.units, W::kRowsTogether), phase(weights.blocks(), step));
  last_rows(p.hn, p.h, p.h0, p.steps, p.units);
}

template <typename T, typename W2, typename W1>
void forward_before(const GruForward<T>& p, const W2& both, const W1& candidate) {
  const GateStep<T, W2> gates = {p, both};
  const StateStep<T, W1> state = {p, candidate};
  walk_forward(p.steps, StepSplit(p.steps, p.units, 3 * p.units, W1::kRowsTogether), phase(both.blocks(), gates),
               phase(candidate.blocks(), state));
  last_rows(p.hn, p.h, p.h0, p.steps, p.units);
}

// The same backward. `carried`, kUnits a row, is the gradient of the state from the step after; `direct`
// becomes the part of it that goes straight to the step before.
template <typename T>
struct Gradients {
  T* dp;
  T* di;
  T* direct;
  const T* carried;
  const T* dh;
  int64_t dh_row;
  const T* gates;
  const T* before;
  int64_t before_row;
  int64_t n;
};

// Reset after: dz, dr, dn to dp; dz, dr, dq to di.
template <typename T, int kUnits>
void gradient_after(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* gates = g.gates + r * 4 * n + j;
    const V z = lanes.get(gates), reset = lanes.get(gates + n), candidate = lanes.get(gates + 2 * n);
    const V up = lanes.get(g.carried + r * kUnits + j) + lanes.get(g.dh + r * g.dh_row + j);
    const V dz = up * (lanes.get(g.before + r * g.before_row + j) - candidate) * z * (T(1) - z);
    const V dn = up * (T(1) - z) * (T(1) - candidate * candidate);
    const V dr = dn * lanes.get(gates + 3 * n) * reset * (T(1) - reset);
    T *dp = g.dp + r * 3 * n + j, *di = g.di + r * 3 * n + j;
    lanes.put(dp, dz);
    lanes.put(dp + n, dr);
    lanes.put(dp + 2 * n, dn);
    lanes.put(di, dz);
    lanes.put(di + n, dr);
    lanes.put(di + 2 * n, dn * reset);
    lanes.put(g.direct + r * n + j, up * z);
  });
}

// Reset before, first half: dz and dn.
template <typename T, int kUnits>
void gradient_before(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* gates = g.gates + r * 4 * n + j;
    const V z = lanes.get(gates), candidate = lanes.get(gates + 2 * n);
    const V up = lanes.get(g.carried + r * kUnits + j) + lanes.get(g.dh + r * g.dh_row + j);
    T* dp = g.dp + r * 3 * n + j;
    lanes.put(dp, up * (lanes.get(g.before + r * g.before_row + j) - candidate) * z * (T(1) - z));
    lanes.put(dp + 2 * n, up * (T(1) - z) * (T(1) - candidate * candidate));
    lanes.put(g.direct + r * n + j, up * z);
  });
}

// Second half, with dq = dn U_n' in `carried`: dr, and q's part of the direct gradient.
template <typename T, int kUnits>
void gradient_reset(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const V reset = lanes.get(g.gates + r * 4 * n + n + j), dq = lanes.get(g.carried + r * kUnits + j);
    T* direct = g.direct + r * n + j;
    lanes.put(g.dp + r * 3 * n + n + j,
              dq * lanes.get(g.before + r * g.before_row + j) * reset * (T(1) - reset));
    lanes.put(direct, lanes.get(direct) + dq * reset);
  });
}

template <typename T>
struct Pass {
  const GruBackward<T>& p;
  T* direct;  // [batch, units]

  template <int kUnits>
  Gradients<T> gradients(const T* sums, const StepRows& rows, int64_t block) const {
    static const T zeros[kUnits] = {};
    const int64_t n = p.units, at = block * kUnits, row = rows.row;
    const T* before = states_before(p.h, p.h0, rows, n);
    return {p.dprojected + row * 3 * n + at, p.dinner == nullptr ? nullptr : p.dinner + row * 3 * n + at,
            direct + rows.first * n + at, sums, p.dh == nullptr ? zeros : p.dh + row * n + at,
            p.dh == nullptr ? 0 : n, p.gates + row * 4 * n + at, before == nullptr ? zeros : before + at,
            before == nullptr ? 0 : n, n};
  }
};

// The pass that begins with the gradient of the state, from the gradients `dz` of the step after.
template <typename T, typename W>
struct UpStep {
  static constexpr int kUnits = W::kUnits;
  const Pass<T>& pass;
  const W& weights;
  const T* dz;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const GruBackward<T>& p = pass.p;
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      const StepRows part = rows.part(first, last - first);
      const auto gradients = pass.template gradients<kUnits>(sums + first * kUnits, part, block);
      if (p.reset_after) {
        gradient_after<T, kUnits>(gradients, part.count, weights.valid(block));
      } else {
        gradient_before<T, kUnits>(gradients, part.count, weights.valid(block));
      }
    };
    const T* direct = pass.direct;
    run_carried(weights, dz, 3 * p.units, direct, direct, p.steps, rows, begin, end, gates);
  }
};

template <typename T, typename W>
struct ResetStep {
  static constexpr int kUnits = W::kUnits;
  const Pass<T>& pass;
  const W& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    const GruBackward<T>& p = pass.p;
    const int64_t n = p.units;
    const auto gates = [&](const T* sums, int64_t block, int64_t first, int64_t last) {
      const StepRows part = rows.part(first, last - first);
      gradient_reset<T, kUnits>(pass.template gradients<kUnits>(sums + first * kUnits, part, block), part.count,
                                weights.valid(block));
    };
    run_blocks(weights, static_cast<const T*>(p.dprojected + rows.row * 3 * n + 2 * n), 3 * n, rows.count, rows.count,
               begin, end, ZeroSums<kUnits>{rows.count}, gates);
  }
};

// The start of backward: where the direct part of the gradient runs along.
template <typename T>
Pass<T> pass_of(const GruBackward<T>& p) {
  T* direct = p.dh0 != nullptr ? p.dh0 : scratch<T>(p.steps.batch * p.units);
  start_state(direct, p.dhn, p.steps.batch, p.units);
  return {p, direct};
}

template <typename T, typename W>
void backward_after(const GruBackward<T>& p, const W& weights) {
  const Pass<T> pass = pass_of(p);
  const UpStep<T, W> step = {pass, weights, p.dinner};
  walk_backward(p.steps, StepSplit(p.steps, p.units, 3 * p.units, W::kRowsTogether), phase(weights.blocks(), step));
  const T *dz = p.dinner, *direct = pass.direct;
  if (p.dh0 != nullptr) first_gradient(p.dh0, weights, dz, 3 * p.units, direct, p.dhn, p.steps);
}

template <typename T, typename W>
void backward_before(const GruBackward<T>& p, const W& both, const W& candidate) {
  const Pass<T> pass = pass_of(p);
  const UpStep<T, W> step = {pass, both, p.dprojected};
  const ResetStep<T, W> reset = {pass, candidate};
  walk_backward(p.steps, StepSplit(p.steps, p.units, 3 * p.units, W::kRowsTogether), phase(both.blocks(), step),
                phase(candidate.blocks(), reset));
  const T *dz = p.dprojected, *direct = pass.direct;
  if (p.dh0 != nullptr) first_gradient(p.dh0, both, dz, 3 * p.units, direct, p.dhn, p.steps);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
