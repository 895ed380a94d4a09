// What the benchmarks of recurrent ops share: sequences of one length, and a check of gradients by
// differences of a naive forward pass.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "bench.h"

namespace neurite_bench {

struct Sequences {
  int64_t batch, steps, units;

  int64_t rows() const { return batch * steps; }
  std::vector<int64_t> step_rows() const {
    return std::vector<int64_t>(static_cast<size_t>(steps), batch);
  }
  // Row of step t of sequence b: all first steps come first, then all second ones.
  int64_t row(int64_t b, int64_t t) const { return t * batch + b; }
  // Of the recurrent products of `blocks` blocks, all steps.
  double flops(int64_t blocks) const {
    return 2.0 * static_cast<double>(rows() * units) * static_cast<double>(blocks * units);
  }
  std::string text() const {
    return std::to_string(batch) + "x" + std::to_string(steps) + "x" + std::to_string(units);
  }
};

inline double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

// h U for one block of a recurrent matrix [units, blocks units].
inline std::vector<double> block_product(const std::vector<double>& h, const Array<float>& u,
                                         int64_t blocks, int64_t block) {
  const auto n = static_cast<int64_t>(h.size());
  std::vector<double> z(h.size());
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      z[static_cast<size_t>(j)] += h[static_cast<size_t>(i)] *
                                   static_cast<double>(u[i * blocks * n + block * n + j]);
    }
  }
  return z;
}

// States h of every step of sequence b, computed plainly: [steps][units].
using NaiveStates = std::function<std::vector<std::vector<double>>(int64_t b)>;

// Compares h with the naive states of the first and the last sequence.
inline void check_states(const std::string& kernel, const Sequences& s, const Array<float>& h,
                         const NaiveStates& naive) {
  for (const int64_t b : {int64_t{0}, s.batch - 1}) {
    const auto want = naive(b);
    for (int64_t t = 0; t < s.steps; ++t) {
      for (int64_t j = 0; j < s.units; ++j) {
        const int64_t at = s.row(b, t) * s.units + j;
        check(kernel, at, static_cast<double>(h[at]),
              want[static_cast<size_t>(t)][static_cast<size_t>(j)], 2e-5);
      }
    }
  }
}

// Compares some gradients of the projections of the last sequence with differences of
// sum(dh * h); every projection belongs to one sequence only.
inline void check_projection_gradients(const std::string& kernel, const Sequences& s, int64_t blocks,
                                       const Array<float>& dprojected, const Array<float>& projected,
                                       const Array<float>& dh, const NaiveStates& naive) {
  const int64_t b = s.batch - 1;
  const auto loss = [&] {
    const auto h = naive(b);
    double sum = 0;
    for (int64_t t = 0; t < s.steps; ++t) {
      for (int64_t j = 0; j < s.units; ++j) {
        sum += h[static_cast<size_t>(t)][static_cast<size_t>(j)] *
               static_cast<double>(dh[s.row(b, t) * s.units + j]);
      }
    }
    return sum;
  };
  for (const int64_t t : {int64_t{0}, s.steps / 2, s.steps - 1}) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t at = s.row(b, t) * blocks * s.units + block * s.units + (7 * t + 3) % s.units;
      float& x = projected[at];
      const float kept = x, step = 0x1p-7F;
      x = kept + step;
      const double up = loss(), more = static_cast<double>(x);
      x = kept - step;
      const double down = loss(), less = static_cast<double>(x);
      x = kept;
      check(kernel, at, static_cast<double>(dprojected[at]), (up - down) / (more - less), 1e-3);
    }
  }
}

}  // namespace neurite_bench
