// Walking packed steps in kernel files. Two ways to share the work between threads, with the same
// results: chunks of sequences, each a task that runs all its steps; or, where there are too few
// sequences, the units of each step, with all threads meeting after it.
#pragma once

#include "core/kernel.h"
#include "core/packed_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Some sequences at one step. Packed rows [row, row + count) are sequences [first, first + count).
struct StepRows {
  int64_t row, first, count, step;
  int64_t offset_before;  // packed row of sequence 0 at the step before
  int64_t offset_after;   // ... and at the step after

  // Rows [skip, skip + most) of these.
  StepRows part(int64_t skip, int64_t most) const {
    StepRows p = *this;
    p.row += skip, p.first += skip, p.count = min64(most, count - skip);
    return p;
  }
};

constexpr int64_t kSequencesAtOnce = 64;
constexpr int64_t kSequencesPerThread = 12;   // fewer make the product too slow
constexpr double kSharedWork = 2e6;           // below, waking a thread costs more than it brings
constexpr double kSharedStep = 3e5;           // the same of one step, the thread being awake

// How the work is shared; results do not depend on it.
struct StepSplit {
  int64_t chunk;  // sequences per task
  int threads;    // > 1: these share the units of each step

  // together: rows whose sums are taken together, so that no boundary may lie between them.
  StepSplit(const PackedSteps& s, int64_t units, int64_t columns, int64_t together = 1)
      : chunk(max64(s.batch, 1)), threads(1) {
    const double row = 2.0 * static_cast<double>(units) * static_cast<double>(columns);
    const int available = row * static_cast<double>(s.total) < kSharedWork ? 1 : parallel_threads();
    if (available > 1 && s.batch < available * max64(kSequencesPerThread, together) && s.steps > 0 &&
        row * static_cast<double>(s.total) > kSharedStep * static_cast<double>(s.steps)) {
      threads = available;
      return;
    }
    const int64_t chunks = div_up(div_up(s.batch, kSequencesAtOnce), available) * available;
    chunk = max64(min64(kSequencesPerThread, chunk), div_up(s.batch, max64(chunks, 1)));
    chunk = div_up(chunk, together) * together;
  }
};

// A pass over the blocks of one step: body(rows, begin, end) for blocks [begin, end).
template <typename F>
struct Phase {
  int64_t blocks;
  const F& body;

  void run(const StepRows& rows, int threads) const {
    const int64_t grain = threads > 1 ? div_up(blocks, threads) : max64(blocks, 1);
    const auto range = [&](int64_t begin, int64_t end) {
      for (int64_t skip = 0; skip < rows.count; skip += kSequencesAtOnce) {
        body(rows.part(skip, kSequencesAtOnce), begin, end);
      }
    };
    if (threads > 1) {
      parallel(blocks, grain, range);
    } else {
      range(0, blocks);
    }
  }
};

template <typename F>
Phase<F> phase(int64_t blocks, const F& body) {
  return {blocks, body};
}

// Runs the phases, one after the other, at every step, first step first.
template <typename... F>
void walk_forward(const PackedSteps& s, const StepSplit& split, const Phase<F>&... phases) {
  parallel(s.batch, split.chunk, [&](int64_t first, int64_t last) {
    int64_t offset = 0, before = 0;
    for (int64_t step = 0; step < s.steps; ++step) {
      const int64_t count = min64(last, s.rows[step]) - first, after = offset + s.rows[step];
      if (count <= 0) return;
      const StepRows rows = {offset + first, first, count, step, before, after};
      (phases.run(rows, split.threads), ...);
      before = offset;
      offset = after;
    }
  });
}

// ... last step first.
template <typename... F>
void walk_backward(const PackedSteps& s, const StepSplit& split, const Phase<F>&... phases) {
  parallel(s.batch, split.chunk, [&](int64_t first, int64_t last) {
    int64_t offset = s.total;
    for (int64_t step = s.steps - 1; step >= 0; --step) {
      const int64_t after = offset;
      offset -= s.rows[step];
      const int64_t count = min64(last, s.rows[step]) - first;
      if (count <= 0) continue;
      const int64_t before = step > 0 ? offset - s.rows[step - 1] : 0;
      const StepRows rows = {offset + first, first, count, step, before, after};
      (phases.run(rows, split.threads), ...);
    }
  });
}

// Rows of a state: the given one's, or zeros.
template <typename T>
void start_state(T* to, const T* from, int64_t rows, int64_t units) {
  const size_t bytes = static_cast<size_t>(rows * units) * sizeof(T);
  if (bytes == 0) return;
  if (from == nullptr) {
    memset(to, 0, bytes);
  } else {
    memcpy(to, from, bytes);
  }
}

// The state of every sequence after its last step; `start` (or zeros) of one without steps.
template <typename T>
void last_rows(T* last, const T* all, const T* start, const PackedSteps& s, int64_t units) {
  int64_t offset = 0;
  for (int64_t step = 0; step < s.steps; ++step) {
    const int64_t going = step + 1 < s.steps ? s.rows[step + 1] : 0, ending = s.rows[step] - going;
    if (ending > 0) start_state(last + going * units, all + (offset + going) * units, ending, units);
    offset += s.rows[step];
  }
  const int64_t some = s.steps > 0 ? s.rows[0] : 0;
  if (some < s.batch) {
    start_state(last + some * units, start == nullptr ? nullptr : start + some * units, s.batch - some, units);
  }
}

// The state before each packed row: h0 (or zeros) at step 0, else the row of the step before.
template <typename T>
void previous_rows(T* previous, const T* h, const T* h0, const PackedSteps& s, int64_t units) {
  int64_t offset = 0, before = 0;
  for (int64_t step = 0; step < s.steps; ++step) {
    start_state(previous + offset * units, step > 0 ? h + before * units : h0, s.rows[step], units);
    before = offset;
    offset += s.rows[step];
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
