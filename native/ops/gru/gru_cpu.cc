// A step's work goes unit block by unit block: the products of all running rows with the three blocks of 16
// units, then these units' gates and state while the sums are in L1. A reset before the product makes the
// candidate wait for all units of the reset state, hence a second pass per step. Backward likewise.
#include "ops/gru/gru_kernels.h"

#include "ops/gemm/gemm_gates.h"
#include "ops/gemm/gemm_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int kUnits = 16;          // of a forward block of three gates
constexpr int kPairUnits = 32;      // of one of two gates
constexpr int kSingleUnits = 64;    // of one gate, and of all backward blocks
constexpr int64_t kColumnsPerTask = 64;

template <typename T>
using Triple = UnitBlocks<T, 3, kUnits>;
template <typename T>
using Pair = UnitBlocks<T, 2, kPairUnits>;
template <typename T>
using Single = UnitBlocks<T, 1, kSingleUnits>;

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

template <typename T>
void run_after(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T *s = c.sums + r * Triple<T>::kWidth + j, *p = c.p + r * 3 * n + j;
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
template <typename T>
void run_before_gates(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kPairUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T *s = c.sums + r * Pair<T>::kWidth + j, *p = c.p + r * 3 * n + j;
    T* gates = c.gates + r * c.gate_row + j;
    const V reset = gate_sigmoid(lanes.get(p + n) + load(s + kPairUnits));
    lanes.put(gates, gate_sigmoid(lanes.get(p) + load(s)));
    lanes.put(gates + n, reset);
    lanes.put(gates + 3 * n, reset * lanes.get(c.before + r * c.before_row + j));
  });
}

// And then, with q U_n in the sums.
template <typename T>
void run_before_state(const Cells<T>& c, int64_t rows, int64_t count) {
  const int64_t n = c.n;
  for_row_lanes<T, kSingleUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    T* gates = c.gates + r * c.gate_row + j;
    const V z = lanes.get(gates);
    const V candidate = gate_tanh(lanes.get(c.p + r * 3 * n + 2 * n + j) + load(c.sums + r * kSingleUnits + j));
    lanes.put(gates + 2 * n, candidate);
    lanes.put(c.h + r * n + j, z * lanes.get(c.before + r * c.before_row + j) + (T(1) - z) * candidate);
  });
}

template <typename T, int kWidth>
Cells<T> cells_of(const GruForward<T>& p, const T* sums, const StepRows& rows, int64_t at) {
  static const T zeros[kWidth] = {};
  const int64_t n = p.units;
  const T* before = states_before(p.h, p.h0, rows, n);
  T* gates = p.gates == nullptr ? nullptr : p.gates + rows.row * 4 * n + at;
  return {sums, gates, 4 * n, n, p.projected + rows.row * 3 * n + at,
          p.bias == nullptr ? zeros : p.bias + at, before == nullptr ? zeros : before + at, before == nullptr ? 0 : n,
          p.h + rows.row * n + at, n};
}

template <typename T>
struct AfterStep {
  const GruForward<T>& p;
  const Triple<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units, size = rows.count * Triple<T>::kWidth;
    T* sums = scratch<T>(size);
    T* spare = scratch<T>(4 * kUnits);
    const T* h = states_before(p.h, p.h0, rows, n);
    for (int64_t b = begin; b < end; ++b) {
      memset(sums, 0, static_cast<size_t>(size) * sizeof(T));
      fetch_projections(rows, b);
      if (h != nullptr) weights.add(sums, h, n, rows.count, b);
      Cells<T> cells = cells_of<T, kUnits>(p, sums, rows, b * kUnits);
      if (p.gates == nullptr) {
        cells.gates = spare;
        cells.gate_row = 0;
        cells.gate_step = kUnits;
      }
      run_after(cells, rows.count, weights.valid(b));
    }
  }

  // The block's projections, into the cache while its products run.
  void fetch_projections(const StepRows& rows, int64_t block) const {
    const T* from = p.projected + rows.row * 3 * p.units + block * kUnits;
    for (int64_t i = 0; i < rows.count * 3; ++i) __builtin_prefetch(from + i * p.units);
  }
};

// Reset before, first pass: z, r and q of blocks of 32 units.
template <typename T>
struct GateStep {
  const GruForward<T>& p;
  const Pair<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units, size = rows.count * Pair<T>::kWidth;
    T* sums = scratch<T>(size);
    const T* h = states_before(p.h, p.h0, rows, n);
    for (int64_t b = begin; b < end; ++b) {
      memset(sums, 0, static_cast<size_t>(size) * sizeof(T));
      if (h != nullptr) weights.add(sums, h, n, rows.count, b);
      run_before_gates(cells_of<T, kPairUnits>(p, sums, rows, b * kPairUnits), rows.count, weights.valid(b));
    }
  }
};

// Second pass: candidate and state.
template <typename T>
struct StateStep {
  const GruForward<T>& p;
  const Single<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units, size = rows.count * kSingleUnits;
    T* sums = scratch<T>(size);
    for (int64_t b = begin; b < end; ++b) {
      memset(sums, 0, static_cast<size_t>(size) * sizeof(T));
      weights.add(sums, p.gates + rows.row * 4 * n + 3 * n, 4 * n, rows.count, b);
      run_before_state(cells_of<T, kSingleUnits>(p, sums, rows, b * kSingleUnits), rows.count, weights.valid(b));
    }
  }
};

template <typename T>
void forward(const GruForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  const StepSplit split(p.steps, n, wide);
  if (p.reset_after) {
    const auto weights = Triple<T>::of(p.recurrent, wide, n, n, n);
    const AfterStep<T> step = {p, weights};
    walk_forward(p.steps, split, phase(weights.blocks(), step));
  } else {
    const auto both = Pair<T>::of(p.recurrent, wide, n, n, n);
    const auto candidate = Single<T>::of(p.recurrent + 2 * n, wide, n, n, n);
    const GateStep<T> gates = {p, both};
    const StateStep<T> state = {p, candidate};
    walk_forward(p.steps, split, phase(both.blocks(), gates), phase(candidate.blocks(), state));
  }
  last_rows(p.hn, p.h, p.h0, p.steps, n);
}

// The same backward. `carried`, kSingleUnits a row, is the gradient of the state from the step after; `direct`
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
template <typename T>
void gradient_after(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kSingleUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* gates = g.gates + r * 4 * n + j;
    const V z = lanes.get(gates), reset = lanes.get(gates + n), candidate = lanes.get(gates + 2 * n);
    const V up = lanes.get(g.carried + r * kSingleUnits + j) + lanes.get(g.dh + r * g.dh_row + j);
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
template <typename T>
void gradient_before(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kSingleUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* gates = g.gates + r * 4 * n + j;
    const V z = lanes.get(gates), candidate = lanes.get(gates + 2 * n);
    const V up = lanes.get(g.carried + r * kSingleUnits + j) + lanes.get(g.dh + r * g.dh_row + j);
    T* dp = g.dp + r * 3 * n + j;
    lanes.put(dp, up * (lanes.get(g.before + r * g.before_row + j) - candidate) * z * (T(1) - z));
    lanes.put(dp + 2 * n, up * (T(1) - z) * (T(1) - candidate * candidate));
    lanes.put(g.direct + r * n + j, up * z);
  });
}

// Second half, with dq = dn U_n' in `carried`: dr, and q's part of the direct gradient.
template <typename T>
void gradient_reset(const Gradients<T>& g, int64_t rows, int64_t count) {
  const int64_t n = g.n;
  for_row_lanes<T, kSingleUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const V reset = lanes.get(g.gates + r * 4 * n + n + j), dq = lanes.get(g.carried + r * kSingleUnits + j);
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

  Gradients<T> gradients(const T* sums, const StepRows& rows, int64_t block) const {
    static const T zeros[kSingleUnits] = {};
    const int64_t n = p.units, at = block * kSingleUnits, row = rows.row;
    const T* before = states_before(p.h, p.h0, rows, n);
    return {p.dprojected + row * 3 * n + at, p.dinner == nullptr ? nullptr : p.dinner + row * 3 * n + at,
            direct + rows.first * n + at, sums, p.dh == nullptr ? zeros : p.dh + row * n + at,
            p.dh == nullptr ? 0 : n, p.gates + row * 4 * n + at, before == nullptr ? zeros : before + at,
            before == nullptr ? 0 : n, n};
  }
};

// The pass that begins with the gradient of the state, from the gradients `dz` of the step after.
template <typename T>
struct UpStep {
  const Pass<T>& pass;
  const Single<T>& weights;
  const T* dz;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const GruBackward<T>& p = pass.p;
    T* sums = scratch<T>(rows.count * kSingleUnits);
    for (int64_t b = begin; b < end; ++b) {
      carried_block(sums, weights, dz, 3 * p.units, pass.direct, pass.direct, p.steps, rows, b);
      const Gradients<T> gradients = pass.gradients(sums, rows, b);
      if (p.reset_after) {
        gradient_after(gradients, rows.count, weights.valid(b));
      } else {
        gradient_before(gradients, rows.count, weights.valid(b));
      }
    }
  }
};

template <typename T>
struct ResetStep {
  const Pass<T>& pass;
  const Single<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const GruBackward<T>& p = pass.p;
    const int64_t n = p.units;
    T* sums = scratch<T>(rows.count * kSingleUnits);
    for (int64_t b = begin; b < end; ++b) {
      memset(sums, 0, static_cast<size_t>(rows.count * kSingleUnits) * sizeof(T));
      weights.add(sums, p.dprojected + rows.row * 3 * n + 2 * n, 3 * n, rows.count, b);
      gradient_reset(pass.gradients(sums, rows, b), rows.count, weights.valid(b));
    }
  }
};

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
void backward_after(const GruBackward<T>& p, const Pass<T>& pass, const StepSplit& split) {
  const int64_t n = p.units, wide = 3 * n;
  const auto weights = Single<T>::of_transposed(p.recurrent, wide, wide, n);
  const UpStep<T> step = {pass, weights, p.dinner};
  walk_backward(p.steps, split, phase(weights.blocks(), step));
  if (p.dh0 != nullptr) first_gradient(p.dh0, weights, p.dinner, wide, pass.direct, p.dhn, p.steps);
  recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dinner, wide, p.steps, n, wide);
  if (p.dbias != nullptr) bias_gradient(p.dbias, p.dinner, p.steps.total, n);
}

template <typename T>
void backward_before(const GruBackward<T>& p, const Pass<T>& pass, const StepSplit& split) {
  const int64_t n = p.units, wide = 3 * n;
  const auto both = Single<T>::of_transposed(p.recurrent, wide, 2 * n, n);
  const auto candidate = Single<T>::of_transposed(p.recurrent + 2 * n, wide, n, n);
  const UpStep<T> step = {pass, both, p.dprojected};
  const ResetStep<T> reset = {pass, candidate};
  walk_backward(p.steps, split, phase(both.blocks(), step), phase(candidate.blocks(), reset));
  if (p.dh0 != nullptr) first_gradient(p.dh0, both, p.dprojected, wide, pass.direct, p.dhn, p.steps);
  recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dprojected, wide, p.steps, n, 2 * n);
  gemm_transposed_left(p.drecurrent + 2 * n, wide, p.gates + 3 * n, 4 * n, p.dprojected + 2 * n, wide, n, n,
                       p.steps.total, 0);
}

template <typename T>
void backward(const GruBackward<T>& p) {
  ScratchMark mark;
  T* direct = p.dh0 != nullptr ? p.dh0 : scratch<T>(p.steps.batch * p.units);
  start_state(direct, p.dhn, p.steps.batch, p.units);
  const Pass<T> pass = {p, direct};
  const StepSplit split(p.steps, p.units, 3 * p.units);
  p.reset_after ? backward_after(p, pass, split) : backward_before(p, pass, split);
}

}  // namespace

extern const GruKernels gru_kernels;
const GruKernels gru_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
