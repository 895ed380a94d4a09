// Shared by the tests of poolings: a naive reference and the checks of the four calls. A test brings its Shape
// (x_size(), y_size(), c, desc(count_pad)) and each_output(shape, count_pad, body), which calls body(output
// element, cells of its window, how many count in the mean, x offset of the first cell).
#pragma once

#include <gmock/gmock.h>

#include <limits>

#include "core/test_support.h"

namespace nrt_test {

struct PoolCalls {
  nrt_status (*max_fwd)(nrt_ctx, int32_t, nrt_ptr, nrt_ptr, nrt_ptr, const int64_t*);
  nrt_status (*max_bwd)(nrt_ctx, int32_t, nrt_ptr, nrt_ptr, nrt_ptr, const int64_t*);
  nrt_status (*avg_fwd)(nrt_ctx, int32_t, nrt_ptr, nrt_ptr, const int64_t*);
  nrt_status (*avg_bwd)(nrt_ctx, int32_t, nrt_ptr, nrt_ptr, const int64_t*);
};

// Winner of a window: the first NaN, or else the first of the largest; -1 for no cell.
template <typename T>
int64_t winner(const std::vector<T>& x, const std::vector<int64_t>& cells, int64_t base, int64_t c) {
  int64_t best = -1;
  for (const int64_t cell : cells) {
    const T v = x[base + cell * c];
    const T so_far = best < 0 ? v : x[base + best * c];
    if (best < 0 || (!std::isnan(so_far) && (std::isnan(v) || v > so_far))) best = cell;
  }
  return best;
}

// Few distinct values (ties), some NaN and infinities.
template <typename T>
std::vector<T> with_ties(int64_t n, uint64_t seed) {
  std::vector<T> x = uniform<T>(n, seed, -3, 3);
  for (T& v : x) {
    v = std::floor(v * 2) / 2;
    if (v == T(-1.5)) v = -std::numeric_limits<T>::infinity();
    if (v == T(2.5)) v = std::numeric_limits<T>::quiet_NaN();
  }
  return x;
}

template <typename T, typename Shape>
void check_max_forward(const PoolCalls& calls, const Shape& s, const std::vector<T>& x) {
  std::vector<double> want(static_cast<size_t>(s.y_size()));
  std::vector<int32_t> want_at(want.size());
  each_output(s, false, [&](int64_t at, const std::vector<int64_t>& cells, int64_t, int64_t base) {
    const int64_t cell = winner(x, cells, base, s.c);
    want_at[at] = static_cast<int32_t>(cell);
    want[at] = cell < 0 ? -INFINITY : static_cast<double>(x[base + cell * s.c]);
  });
  std::vector<T> y(want.size(), T(-77)), inference(want.size(), T(-77));
  std::vector<int32_t> at(want.size(), -77);
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(calls.max_fwd(ctx(), Code<T>::value, addr(y), addr(at), addr(x), desc.data()));
  NRT_ASSERT_OK(calls.max_fwd(ctx(), Code<T>::value, addr(inference), 0, addr(x), desc.data()));
  expect_close(y, want, 0, 0);
  expect_close(inference, want, 0, 0);
  EXPECT_EQ(want_at, at);
}

template <typename T, typename Shape>
void check_max_backward(const PoolCalls& calls, const Shape& s, const std::vector<T>& x) {
  const std::vector<T> dy = uniform<T>(s.y_size(), 4);
  std::vector<double> want(x.size(), 0);
  std::vector<int32_t> at(dy.size());
  each_output(s, false, [&](int64_t o, const std::vector<int64_t>& cells, int64_t, int64_t base) {
    at[o] = static_cast<int32_t>(winner(x, cells, base, s.c));
    if (at[o] >= 0) want[base + at[o] * s.c] += static_cast<double>(dy[o]);
  });
  std::vector<T> dx(x.size(), T(-77));
  const std::vector<int64_t> desc = s.desc();
  NRT_ASSERT_OK(calls.max_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), addr(at), desc.data()));
  expect_close(dx, want, 1e-6, 1e-6);
}

// close: allowed error, relative and absolute.
template <typename T, typename Shape>
void check_average(const PoolCalls& calls, const Shape& s, bool count_pad, double close) {
  const std::vector<T> x = uniform<T>(s.x_size(), 5), dy = uniform<T>(s.y_size(), 6);
  std::vector<double> want(dy.size(), 0), want_dx(x.size(), 0);
  each_output(s, count_pad, [&](int64_t at, const std::vector<int64_t>& cells, int64_t counted, int64_t base) {
    for (const int64_t cell : cells) {
      want[at] += static_cast<double>(x[base + cell * s.c]) / static_cast<double>(counted);
      want_dx[base + cell * s.c] += static_cast<double>(dy[at]) / static_cast<double>(counted);
    }
  });
  std::vector<T> y(dy.size(), T(-77)), dx(x.size(), T(-77));
  const std::vector<int64_t> desc = s.desc(count_pad);
  NRT_ASSERT_OK(calls.avg_fwd(ctx(), Code<T>::value, addr(y), addr(x), desc.data()));
  NRT_ASSERT_OK(calls.avg_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), desc.data()));
  expect_close(y, want, close, close);
  expect_close(dx, want_dx, close, close);
}

// The same bits on one and two threads, from all four calls.
template <typename Shape>
void check_threads(const PoolCalls& calls, const Shape& s) {
  const std::vector<float> x = uniform<float>(s.x_size(), 7), dy = uniform<float>(s.y_size(), 8);
  const std::vector<int64_t> desc = s.desc();
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), mean(dy.size()), dx(x.size()), dmean(x.size());
    std::vector<int32_t> at(dy.size());
    NRT_ASSERT_OK(calls.max_fwd(c, NRT_FLOAT32, addr(y), addr(at), addr(x), desc.data()));
    NRT_ASSERT_OK(calls.max_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), addr(at), desc.data()));
    NRT_ASSERT_OK(calls.avg_fwd(c, NRT_FLOAT32, addr(mean), addr(x), desc.data()));
    NRT_ASSERT_OK(calls.avg_bwd(c, NRT_FLOAT32, addr(dmean), addr(dy), desc.data()));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx, mean, dmean};
  }
  EXPECT_EQ(results[0], results[1]);
}

// Calls that must be refused, made from a descriptor that would not be.
class PoolErrors : public ::testing::Test {
 protected:
  PoolErrors(const PoolCalls& calls, const std::vector<int64_t>& desc) : calls_(calls), desc_(desc) {}

  std::vector<int64_t> with(int index, int64_t value) const {
    std::vector<int64_t> desc = desc_;
    desc[static_cast<size_t>(index)] = value;
    return desc;
  }

  // Expects that all four functions refuse `desc` and that the message contains `part`.
  void refused(const std::vector<int64_t>& desc, const char* part,
               nrt_status code = NRT_INVALID_ARGUMENT, int32_t dtype = NRT_FLOAT32) {
    const nrt_ptr p = addr(memory_);
    const nrt_status all[] = {calls_.max_fwd(ctx(), dtype, p, p, p, desc.data()),
                              calls_.max_bwd(ctx(), dtype, p, p, p, desc.data()),
                              calls_.avg_fwd(ctx(), dtype, p, p, desc.data()),
                              calls_.avg_bwd(ctx(), dtype, p, p, desc.data())};
    for (const nrt_status status : all) EXPECT_EQ(code, status);
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }

  void null_tensors_are_refused() {
    const nrt_ptr p = addr(memory_);
    const int64_t* d = desc_.data();
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.max_fwd(ctx(), NRT_FLOAT32, 0, p, p, d));
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.max_fwd(ctx(), NRT_FLOAT32, p, p, 0, d));
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.max_bwd(ctx(), NRT_FLOAT32, p, p, 0, d));
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.avg_fwd(ctx(), NRT_FLOAT32, 0, p, d));
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.avg_bwd(ctx(), NRT_FLOAT32, p, 0, d));
    EXPECT_EQ(NRT_INVALID_ARGUMENT, calls_.avg_bwd(ctx(), NRT_FLOAT32, p, p, nullptr));
  }

 private:
  PoolCalls calls_;
  std::vector<int64_t> desc_;
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

}  // namespace nrt_test
