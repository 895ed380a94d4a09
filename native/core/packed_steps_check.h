// Checks of a PackedSteps an ABI call was given. Not for kernel files.
#pragma once

#include "core/arguments.h"
#include "core/packed_steps.h"
#include "core/precision.h"

namespace nrt {

// Elements of the buffers of a recurrent op whose recurrent kernel is [units, gates * units].
struct PackedSizes {
  int64_t rows, state, weights;  // of [total, units], [batch, units], [units, gates * units]
};

inline PackedSizes packed_sizes(const char* op, int32_t dtype, int64_t batch, int64_t total, int64_t units,
                                int64_t gates) {
  require_real(op, dtype);
  const int64_t wide = require_size(op, units, gates);
  require_size(op, total, wide);
  return {require_size(op, total, units), require_size(op, batch, units), require_size(op, units, wide)};
}

inline PackedSteps require_steps(const char* op, const int64_t* rows, int64_t steps, int64_t batch,
                                 int64_t total) {
  require_size(op, batch);
  require_size(op, total);
  // Every step has a row or more, so this also bounds what is read of `rows`.
  if (steps < 0 || steps > total) {
    invalid("%s: %lld steps, expected 0 to %lld (the rows of the buffers)", op,
            static_cast<long long>(steps), static_cast<long long>(total));
  }
  if (rows == nullptr && steps > 0) invalid("%s: step rows are null", op);
  int64_t sum = 0, before = batch;
  for (int64_t s = 0; s < steps; ++s) {
    if (rows[s] < 1 || rows[s] > before) {
      invalid("%s: step %lld has %lld rows, expected 1 to %lld", op, static_cast<long long>(s),
              static_cast<long long>(rows[s]), static_cast<long long>(before));
    }
    before = rows[s];
    if (__builtin_add_overflow(sum, rows[s], &sum)) invalid("%s: too many rows for any memory", op);
  }
  if (sum != total) {
    invalid("%s: the steps have %lld rows, the buffers %lld", op, static_cast<long long>(sum),
            static_cast<long long>(total));
  }
  return {rows, steps, batch, total};
}

// bfloat16 products per float32 product of the steps (0: FMA). The recurrent weights are split once for all
// steps, as a parameter's are for all uses.
inline int32_t step_products(int32_t dtype, const PackedSteps& s, int64_t units, int64_t gates) {
  const int32_t products = dtype == NRT_FLOAT32 ? bf16_products(s.batch, gates * units, units, s.steps > 1) : 0;
  note_products(products);
  return products;
}

}  // namespace nrt
