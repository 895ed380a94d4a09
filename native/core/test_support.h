// Shared by the native tests: an open context, seeded values, closeness with a readable message.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/philox.h"
#include "neurite/core.h"

namespace nrt_test {

inline nrt_ctx ctx() {
  static const nrt_ctx shared = nrt_ctx_open(NRT_CPU, 0, "", 0);
  return shared;
}

template <typename T>
nrt_ptr addr(std::vector<T>& v) {
  return static_cast<nrt_ptr>(reinterpret_cast<intptr_t>(v.data()));
}
template <typename T>
nrt_ptr addr(const std::vector<T>& v) {
  return static_cast<nrt_ptr>(reinterpret_cast<intptr_t>(v.data()));
}

template <typename T>
struct Code;
template <>
struct Code<float> {
  static constexpr int32_t value = NRT_FLOAT32;
};
template <>
struct Code<double> {
  static constexpr int32_t value = NRT_FLOAT64;
};

// Uniform in [low, high), reproducible.
template <typename T>
std::vector<T> uniform(int64_t n, uint64_t seed, double low = -1, double high = 1) {
  std::vector<T> v(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    const nrt_philox_block b = nrt_philox(seed, 0, static_cast<uint64_t>(i));
    v[static_cast<size_t>(i)] =
        static_cast<T>(low + (high - low) * nrt_uniform_f64(b.v[0], b.v[1]));
  }
  return v;
}

// run(context) gives a vector of numbers: the same bits on one, two and three threads.
template <typename F>
void expect_same_bits_on_any_threads(const F& run) {
  const auto on = [&](int32_t threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    EXPECT_NE(0, c) << nrt_last_error();
    const auto y = run(c);
    nrt_ctx_close(c);
    return y;
  };
  const auto one = on(1);
  for (const int32_t threads : {2, 3}) {
    const auto more = on(threads);
    ASSERT_EQ(one.size(), more.size());
    EXPECT_EQ(0, std::memcmp(one.data(), more.data(), one.size() * sizeof(one[0])))
        << threads << " threads";
  }
}

#define NRT_ASSERT_OK(call) ASSERT_EQ(NRT_OK, (call)) << nrt_last_error()

// |got - want| <= atol + rtol * |want|, NaN equals NaN; reports the first five offenders.
template <typename T>
void expect_close(const std::vector<T>& got, const std::vector<double>& want, double rtol,
                  double atol) {
  ASSERT_EQ(got.size(), want.size());
  int reported = 0;
  for (size_t i = 0; i < got.size() && reported < 5; ++i) {
    const double g = static_cast<double>(got[i]), w = want[i];
    if (std::isnan(g) && std::isnan(w)) continue;
    if (g == w) continue;
    if (!(std::fabs(g - w) <= atol + rtol * std::fabs(w))) {
      ADD_FAILURE() << "element " << i << ": got " << g << ", want " << w;
      ++reported;
    }
  }
}

}  // namespace nrt_test
