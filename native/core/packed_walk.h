// Walking packed steps in kernel files: sequences in chunks (a task each, all steps of it), steps
// forwards or backwards.
#pragma once

#include "core/kernel.h"
#include "core/packed_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSequencesPerChunk = 16;
constexpr double kChunkedWork = 2e6;  // below, waking a thread costs more than it brings

// body(first, last): sequences [first, last). Chunks depend on the shape only.
template <typename F>
void sequence_chunks(const PackedSteps& s, int64_t units, int64_t columns, const F& body) {
  const double work = 2.0 * static_cast<double>(s.total) * static_cast<double>(units) *
                      static_cast<double>(columns);
  const int64_t grain = work < kChunkedWork ? max64(s.batch, 1) : kSequencesPerChunk;
  parallel(s.batch, grain, body);
}

// body(offset, count, step): the chunk's running rows are packed rows [offset, offset + count).
template <typename F>
void steps_forward(const PackedSteps& s, int64_t first, int64_t last, const F& body) {
  int64_t offset = 0;
  for (int64_t step = 0; step < s.steps; ++step) {
    const int64_t count = min64(last, s.rows[step]) - first;
    if (count <= 0) return;
    body(offset + first, count, step);
    offset += s.rows[step];
  }
}

template <typename F>
void steps_backward(const PackedSteps& s, int64_t first, int64_t last, const F& body) {
  int64_t offset = s.total;
  for (int64_t step = s.steps - 1; step >= 0; --step) {
    offset -= s.rows[step];
    const int64_t count = min64(last, s.rows[step]) - first;
    if (count > 0) body(offset + first, count, step);
  }
}

// Rows [first, last) of a state: the given one's, or zeros.
template <typename T>
void start_state(T* to, const T* from, int64_t first, int64_t last, int64_t units) {
  const size_t bytes = static_cast<size_t>((last - first) * units) * sizeof(T);
  if (bytes == 0) return;
  if (from == nullptr) {
    memset(to + first * units, 0, bytes);
  } else {
    memcpy(to + first * units, from + first * units, bytes);
  }
}

// The state before each packed row: h0 (or zeros) at step 0, else the row of the step before.
template <typename T>
void previous_rows(T* previous, const T* h, const T* h0, const PackedSteps& s, int64_t first,
                   int64_t last, int64_t units) {
  steps_forward(s, first, last, [&](int64_t row, int64_t count, int64_t step) {
    T* to = previous + row * units;
    const size_t bytes = static_cast<size_t>(count * units) * sizeof(T);
    if (step > 0) {
      memcpy(to, h + (row - s.rows[step - 1]) * units, bytes);
    } else if (h0 != nullptr) {
      memcpy(to, h0 + first * units, bytes);
    } else {
      memset(to, 0, bytes);
    }
  });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
