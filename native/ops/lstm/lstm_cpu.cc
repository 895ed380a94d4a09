// A step's work goes unit block by unit block: the products of all running rows with the four gates of 16
// units, then these units' gates, cell and output while the sums are in L1. Backward likewise: the
// gradient of a block of the state, then at once the gates' gradients of that block.
#include "ops/lstm/lstm_kernels.h"

#include "ops/gemm/gemm_gates.h"
#include "ops/gemm/gemm_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGates = 4;
constexpr int kUnits = 16;              // of a forward block
constexpr int kBackwardUnits = 64;      // of a backward one
constexpr int64_t kColumnsPerTask = 64;

template <typename T>
using Weights = UnitBlocks<T, kGates, kUnits>;
template <typename T>
using BackwardWeights = UnitBlocks<T, 1, kBackwardUnits>;

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

template <typename T, bool kPeephole>
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

// What a step reads and writes of a block's columns.
template <typename T>
struct ForwardStep {
  const LstmForward<T>& p;
  const Weights<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t n = p.units;
    T* sums = scratch<T>(rows.count * Weights<T>::kWidth);
    const T* h = rows.step > 0 ? p.h + (rows.offset_before + rows.first) * n
                 : p.h0 == nullptr ? nullptr : p.h0 + rows.first * n;
    for (int64_t b = begin; b < end; ++b) {
      load_sums(sums, rows, b);
      if (b + 1 < end) fetch_sums(rows, b + 1);
      if (h != nullptr) weights.add(sums, h, n, rows.count, b);
      run_gates(sums, rows, b);
    }
  }

  void load_sums(T* sums, const StepRows& rows, int64_t block) const {
    const int64_t n = p.units, valid = weights.valid(block);
    const T* from = p.projected + rows.row * kGates * n + block * kUnits;
    if (valid < kUnits) memset(sums, 0, static_cast<size_t>(rows.count * Weights<T>::kWidth) * sizeof(T));
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
    const int64_t n = p.units;
    const T* from = p.projected + rows.row * kGates * n + block * kUnits;
    for (int64_t i = 0; i < rows.count * kGates; ++i) __builtin_prefetch(from + i * n);
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
      run_cells<T, false>(cells, rows.count, weights.valid(block));
    } else {
      run_cells<T, true>(cells, rows.count, weights.valid(block));
    }
  }
};

template <typename T>
void forward(const LstmForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = kGates * n;
  const auto weights = Weights<T>::of(p.recurrent, wide, n, n, n);
  if (p.gates == nullptr) start_state(p.cn, p.c0, p.steps.batch, n);
  const ForwardStep<T> step = {p, weights};
  walk_forward(p.steps, StepSplit(p.steps, n, wide), phase(weights.blocks(), step));
  last_rows(p.hn, p.h, p.h0, p.steps, n);
  if (p.gates != nullptr) last_rows(p.cn, p.c, p.c0, p.steps, n);
}

// The same backward: gradients of h (carried from the step after, kBackwardUnits a row, and given) and of c in
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

template <typename T, bool kPeephole>
void run_gradients(const Gradients<T>& p, int64_t rows, int64_t count) {
  const int64_t n = p.n;
  const T* w = p.peephole;
  for_row_lanes<T, kBackwardUnits>(rows, count, [&](int64_t r, auto lanes, int64_t j) __attribute__((always_inline)) {
    using V = VectorOf<T>;
    const T* z = p.gates + r * kGates * n + j;
    const V i = lanes.get(z), f = lanes.get(z + n), g = lanes.get(z + 2 * n), o = lanes.get(z + 3 * n);
    const V squashed = gate_tanh(lanes.get(p.c + r * n + j));
    const V up = lanes.get(p.carried + r * kBackwardUnits + j) + lanes.get(p.dh + r * p.dh_row + j);
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

template <typename T>
struct BackwardStep {
  const LstmBackward<T>& p;
  const BackwardWeights<T>& weights;

  void operator()(const StepRows& rows, int64_t begin, int64_t end) const {
    ScratchMark mark;
    const int64_t wide = kGates * p.units;
    T* sums = scratch<T>(rows.count * kBackwardUnits);
    for (int64_t b = begin; b < end; ++b) {
      carried_block(sums, weights, p.dprojected, wide, static_cast<const T*>(nullptr), p.dhn, p.steps, rows, b);
      run_gates(sums, rows, b);
    }
  }

  void run_gates(const T* sums, const StepRows& rows, int64_t block) const {
    static const T zeros[kBackwardUnits] = {};
    const int64_t n = p.units, at = block * kBackwardUnits, row = rows.row;
    const T* before = rows.step > 0 ? p.c + rows.offset_before * n : p.c0;
    const Gradients<T> gradients = {p.dprojected + row * kGates * n + at, p.dc0 + rows.first * n + at, sums,
                                    p.dh == nullptr ? zeros : p.dh + row * n + at, p.dh == nullptr ? 0 : n,
                                    p.gates + row * kGates * n + at, p.c + row * n + at,
                                    before == nullptr ? zeros : before + rows.first * n + at,
                                    before == nullptr ? 0 : n, p.peephole == nullptr ? zeros : p.peephole + at, n};
    if (p.peephole == nullptr) {
      run_gradients<T, false>(gradients, rows.count, weights.valid(block));
    } else {
      run_gradients<T, true>(gradients, rows.count, weights.valid(block));
    }
  }
};

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
  const auto weights = BackwardWeights<T>::of_transposed(p.recurrent, wide, wide, n);
  start_state(p.dc0, p.dcn, p.steps.batch, n);
  const BackwardStep<T> step = {p, weights};
  walk_backward(p.steps, StepSplit(p.steps, n, wide), phase(weights.blocks(), step));
  if (p.dh0 != nullptr) {
    first_gradient(p.dh0, weights, p.dprojected, wide, static_cast<const T*>(nullptr), p.dhn, p.steps);
  }
  recurrent_gradient(p.drecurrent, wide, p.h, p.h0, p.previous, p.dprojected, wide, p.steps, n, wide);
  if (p.peephole != nullptr) peephole_gradients(p);
}

}  // namespace

extern const LstmKernels lstm_kernels;
const LstmKernels lstm_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
