// Sequences of different lengths without their padding, as recurrent kernels read them: the sequences
// sorted by length (longest first), all first steps, then all second steps, ...
//
//   step 0   a0 b0 c0        rows[0] = 3
//   step 1   a1 b1           rows[1] = 2
//   step 2   a2              rows[2] = 1
//
// Sequence r is row r of every step it has, so a step's running sequences are its first rows[s] ones.
#pragma once

#include <stdint.h>

namespace nrt {

struct PackedSteps {
  const int64_t* rows;  // sequences running at each step, none larger than the one before
  int64_t steps;
  int64_t batch;  // sequences, those of length 0 (which run at no step) included
  int64_t total;  // sum of rows
};

// True where every sequence runs at every step.
static inline bool of_one_length(const PackedSteps& s) { return s.steps == 0 || s.rows[0] * s.steps == s.total; }

}  // namespace nrt
