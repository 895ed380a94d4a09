// Shared by the tests of the recurrent ops: packed shapes, values, and differences of a naive forward pass.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/test_support.h"

namespace nrt_test {

struct Packed {
  std::vector<int64_t> rows;  // sequences running at each step
  int64_t batch, units;

  int64_t total() const {
    int64_t sum = 0;
    for (int64_t r : rows) sum += r;
    return sum;
  }
  int64_t steps() const { return static_cast<int64_t>(rows.size()); }
};

inline std::vector<Packed> packed_shapes() {
  return {{{1}, 1, 1},          {{2, 2, 2}, 2, 3},        {{4, 3, 3, 1}, 5, 2}, {{}, 3, 4},
          {{}, 0, 3},           {{7, 7, 5, 5, 2}, 7, 17}, {{37, 36, 20, 3}, 37, 61},
          {{3, 3, 3}, 3, 131},  {{3, 2, 1, 1}, 3, 0}};
}

inline std::string text(const Packed& p) {
  std::string s = "batch " + std::to_string(p.batch) + ", units " + std::to_string(p.units) + ", rows";
  for (int64_t r : p.rows) s += " " + std::to_string(r);
  return s;
}

inline double naive_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One row: new states from the row's projections and the old states, plainly.
using NaiveStep = std::function<void(const double* projected, std::vector<std::vector<double>>& states)>;

// The first state of every packed row, then all last states: [total, units], then [batch, units] per state.
inline std::vector<double> naive_forward(const Packed& p, int64_t width, const std::vector<double>& projected,
                                         const std::vector<std::vector<double>>& first,
                                         const NaiveStep& step) {
  const auto n = static_cast<size_t>(p.units);
  std::vector<double> out(static_cast<size_t>(p.total()) * n);
  std::vector<std::vector<double>> last(first.size());
  for (int64_t r = 0; r < p.batch; ++r) {
    std::vector<std::vector<double>> s;
    for (const auto& state : first) {
      const auto from = state.begin() + static_cast<int64_t>(n) * r;
      s.emplace_back(from, from + static_cast<int64_t>(n));
    }
    int64_t offset = 0;
    for (int64_t rows : p.rows) {
      if (r >= rows) break;
      step(projected.data() + (offset + r) * width, s);
      std::copy(s[0].begin(), s[0].end(), out.begin() + (offset + r) * p.units);
      offset += rows;
    }
    for (size_t k = 0; k < s.size(); ++k) last[k].insert(last[k].end(), s[k].begin(), s[k].end());
  }
  for (const auto& state : last) out.insert(out.end(), state.begin(), state.end());
  return out;
}

// sum_i w[i] values[i], differentiated two-sidedly with respect to every element of x.
inline std::vector<double> differences(std::vector<double>& x, const std::vector<double>& w,
                                       const std::function<std::vector<double>()>& forward) {
  constexpr double kStep = 1e-5;
  const auto loss = [&] {
    const std::vector<double> y = forward();
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += w[i] * y[i];
    return sum;
  };
  std::vector<double> d;
  for (double& v : x) {
    const double old = v;
    v = old + kStep;
    const double up = loss();
    v = old - kStep;
    d.push_back((up - loss()) / (2 * kStep));
    v = old;
  }
  return d;
}

template <typename T>
std::vector<double> widened(const std::vector<T>& v) {
  return {v.begin(), v.end()};
}

template <typename T>
std::vector<T> narrowed(const std::vector<double>& v) {
  std::vector<T> out;
  for (double x : v) out.push_back(static_cast<T>(x));
  return out;
}

template <typename T>
std::vector<T> joined(std::initializer_list<std::vector<T>> parts) {
  std::vector<T> all;
  for (const auto& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

// Values exact in float, so that both types start from the same numbers.
inline std::vector<double> values(int64_t n, uint64_t seed, double scale = 1) {
  return widened(uniform<float>(n, seed, -scale, scale));
}

}  // namespace nrt_test
