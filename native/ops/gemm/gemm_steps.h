// What backward passes through recurrent steps share: the gradient that reaches a state from the step
// after, and the gradient of the recurrent weights.
#pragma once

#include "core/packed_walk.h"
#include "ops/gemm/gemm_blocks.h"
#include "ops/gemm/gemm_call.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// How many of the rows have a next step.
inline int64_t rows_going_on(const PackedSteps& s, const StepRows& rows) {
  if (rows.step + 1 >= s.steps) return 0;
  return max64(0, min64(rows.count, s.rows[rows.step + 1] - rows.first));
}

// Block `block` of states [batch, units], or zeros, to to[count, kWidth]; zeros behind the last unit.
template <typename T, int kWidth>
void load_block(T* to, const T* states, int64_t units, int64_t first, int64_t count, int64_t block) {
  const int64_t valid = min64(kWidth, units - block * kWidth);
  if (states == nullptr || valid < kWidth) memset(to, 0, static_cast<size_t>(count * kWidth) * sizeof(T));
  if (states == nullptr) return;
  const T* from = states + first * units + block * kWidth;
  for (int64_t r = 0; r < count; ++r) {
    memcpy(to + r * kWidth, from + r * units, static_cast<size_t>(valid) * sizeof(T));
  }
}

// The other way round.
template <typename T, int kWidth>
void store_block(T* states, const T* from, int64_t units, int64_t first, int64_t count, int64_t block) {
  const int64_t valid = min64(kWidth, units - block * kWidth);
  T* to = states + first * units + block * kWidth;
  for (int64_t r = 0; r < count; ++r) {
    memcpy(to + r * units, from + r * kWidth, static_cast<size_t>(valid) * sizeof(T));
  }
}

// The gradient of the state after these rows' step, block by block: what the step after gives (its gates'
// gradients dz, packed rows ld apart, times the weights, plus `direct`), for sequences that end here `last`; then
// gates(sums, block, first, last) as in run_blocks.
template <typename T, typename W, typename Gates>
void run_carried(const W& weights, const T* dz, int64_t ld, const T* direct, const T* last, const PackedSteps& s,
                 const StepRows& rows, int64_t begin, int64_t end, const Gates& gates) {
  constexpr int kWidth = W::kUnits;
  const int64_t going = rows_going_on(s, rows);
  const auto load = [&](T* sums, int64_t block) {
    load_block<T, kWidth>(sums, direct, weights.units(), rows.first, going, block);
    load_block<T, kWidth>(sums + going * kWidth, last, weights.units(), rows.first + going, rows.count - going,
                          block);
  };
  run_blocks(weights, dz + (rows.offset_after + rows.first) * ld, ld, going, rows.count, begin, end, load, gates);
}

// The gradient of the first states; `direct` may be dh0.
template <typename T, typename W>
void first_gradient(T* dh0, const W& weights, const T* dz, int64_t ld, const T* direct, const T* last,
                    const PackedSteps& s) {
  constexpr int kWidth = W::kUnits;
  const int64_t units = weights.units(), some = s.steps > 0 ? s.rows[0] : 0;
  if (direct != dh0) start_state(dh0, last, s.batch, units);
  parallel(weights.blocks(), div_up(weights.blocks(), parallel_threads()), [&](int64_t begin, int64_t end) {
    for (int64_t first = 0; first < some; first += kSequencesAtOnce) {
      const int64_t count = min64(kSequencesAtOnce, some - first);
      const auto load = [&](T* sums, int64_t block) {
        load_block<T, kWidth>(sums, direct, units, first, count, block);
      };
      const auto store = [&](const T* sums, int64_t block, int64_t from, int64_t to) {
        store_block<T, kWidth>(dh0, sums + from * kWidth, units, first + from, to - from, block);
      };
      run_blocks(weights, dz + first * ld, ld, count, count, begin, end, load, store);
    }
  });
}

// du [units, columns] = sum over rows of h_{t-1}' dz. Sequences of one length: h_{t-1} of a row is `batch`
// rows above it in h, so nothing is copied; else into `previous` [total, units].
template <typename T>
void recurrent_gradient(T* du, int64_t ld, const T* h, const T* h0, T* previous, const T* dz, int64_t ld_dz,
                        const PackedSteps& s, int64_t units, int64_t columns) {
  const int64_t first = s.steps > 0 ? s.rows[0] : 0;
  if (!of_one_length(s)) {
    previous_rows(previous, h, h0, s, units);
    gemm_transposed_left(du, ld, previous, units, dz, ld_dz, units, columns, s.total, 0);
    return;
  }
  gemm_transposed_left(du, ld, h, units, dz + first * ld_dz, ld_dz, units, columns, s.total - first, 0);
  if (h0 != nullptr) gemm_transposed_left(du, ld, h0, units, dz, ld_dz, units, columns, first, 1);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
