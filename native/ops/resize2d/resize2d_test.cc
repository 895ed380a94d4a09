// resize2d against a naive reference: every mode, enlarging, shrinking, borders, gradients as adjoints.
#include "ops/resize2d/resize2d.h"

#include <gmock/gmock.h>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

constexpr double kCubic = -0.75;

struct Shape {
  const char* name;
  int64_t n, h, w, c, oh, ow;
};

void PrintTo(const Shape& s, std::ostream* out) { *out << s.name; }

const Shape kShapes[] = {
    {"One", 1, 1, 1, 1, 1, 1},           {"Same", 2, 5, 4, 3, 5, 4},
    {"Doubled", 2, 3, 4, 16, 6, 8},      {"Primes", 1, 7, 11, 5, 13, 17},
    {"Shrunk", 1, 13, 17, 7, 5, 3},      {"ToOne", 2, 5, 7, 2, 1, 1},
    {"FromOne", 1, 1, 1, 33, 4, 3},      {"Line", 2, 1, 9, 1, 1, 20},
    {"UpAndDown", 1, 3, 40, 4, 31, 6},   {"EmptyBatch", 0, 3, 4, 2, 6, 8},
    {"EmptyOutput", 1, 3, 4, 2, 0, 8},   {"NoChannels", 1, 3, 4, 0, 6, 8},
};

struct Mode {
  int64_t mode;
  bool corners;
};
const Mode kModes[] = {{NRT_RESIZE_NEAREST, false}, {NRT_RESIZE_NEAREST_FLOOR, false},
                       {NRT_RESIZE_LINEAR, false},  {NRT_RESIZE_LINEAR, true},
                       {NRT_RESIZE_CUBIC, false},   {NRT_RESIZE_CUBIC, true}};

double cubic(double d) {
  if (d <= 1) return (kCubic + 2) * d * d * d - (kCubic + 3) * d * d + 1;
  return d < 2 ? kCubic * (d * d * d - 5 * d * d + 8 * d - 4) : 0;
}

// Weights of all cells of an axis in output i.
std::vector<double> weights(int64_t i, int64_t in, int64_t out, const Mode& m) {
  std::vector<double> w(static_cast<size_t>(in), 0);
  const double n = static_cast<double>(in), o = static_cast<double>(out), at = static_cast<double>(i);
  if (m.mode == NRT_RESIZE_NEAREST) {
    w[static_cast<size_t>(std::floor((at + 0.5) * n / o))] = 1;
    return w;
  }
  if (m.mode == NRT_RESIZE_NEAREST_FLOOR) {
    w[static_cast<size_t>(i * in / out)] = 1;
    return w;
  }
  double source = m.corners ? (out == 1 ? 0 : at * (n - 1) / (o - 1)) : (at + 0.5) * n / o - 0.5;
  if (m.mode == NRT_RESIZE_LINEAR && source < 0) source = 0;
  for (int64_t r = -4; r < in + 4; ++r) {
    const double d = std::fabs(source - static_cast<double>(r));
    const size_t cell = static_cast<size_t>(std::min(std::max<int64_t>(r, 0), in - 1));
    w[cell] += m.mode == NRT_RESIZE_LINEAR ? std::max(0.0, 1 - d) : cubic(d);
  }
  return w;
}

template <typename T>
void check(const Shape& s, const Mode& m) {
  const std::vector<T> x = uniform<T>(s.n * s.h * s.w * s.c, 1);
  const std::vector<T> dy = uniform<T>(s.n * s.oh * s.ow * s.c, 2);
  std::vector<double> want(dy.size(), 0), want_dx(x.size(), 0);
  for (int64_t i = 0; i < s.oh; ++i) {
    const std::vector<double> rows = weights(i, s.h, s.oh, m);
    for (int64_t j = 0; j < s.ow; ++j) {
      const std::vector<double> cols = weights(j, s.w, s.ow, m);
      for (int64_t k = 0; k < s.n * s.h * s.w * s.c; ++k) {
        const int64_t c = k % s.c, q = k / s.c % s.w, r = k / s.c / s.w % s.h, n = k / s.c / s.w / s.h;
        const int64_t at = ((n * s.oh + i) * s.ow + j) * s.c + c;
        want[at] += rows[r] * cols[q] * static_cast<double>(x[k]);
        want_dx[k] += rows[r] * cols[q] * static_cast<double>(dy[at]);
      }
    }
  }
  const std::vector<int64_t> desc = {s.n, s.h, s.w, s.c, s.oh, s.ow, m.mode, m.corners ? 1 : 0};
  std::vector<T> y(dy.size(), T(-77)), dx(x.size(), T(-77));
  NRT_ASSERT_OK(nrt_resize2d_fwd(ctx(), Code<T>::value, addr(y), addr(x), desc.data(), kCubic));
  NRT_ASSERT_OK(nrt_resize2d_bwd(ctx(), Code<T>::value, addr(dx), addr(dy), desc.data(), kCubic));
  const double close = sizeof(T) == 4 ? 1e-5 : 1e-13;
  expect_close(y, want, close, close);
  expect_close(dx, want_dx, close, close);
}

class Resize2d : public ::testing::TestWithParam<Shape> {};

TEST_P(Resize2d, EveryModeAndItsGradientEqualTheReference) {
  for (const Mode& m : kModes) {
    SCOPED_TRACE(m.mode * 10 + m.corners);
    check<float>(GetParam(), m);
    check<double>(GetParam(), m);
  }
}

TEST_P(Resize2d, ResultsDoNotDependOnTheNumberOfThreads) {
  const Shape s = GetParam();
  const std::vector<float> x = uniform<float>(s.n * s.h * s.w * s.c, 3);
  const std::vector<float> dy = uniform<float>(s.n * s.oh * s.ow * s.c, 4);
  const std::vector<int64_t> desc = {s.n, s.h, s.w, s.c, s.oh, s.ow, NRT_RESIZE_CUBIC, 0};
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), dx(x.size());
    NRT_ASSERT_OK(nrt_resize2d_fwd(c, NRT_FLOAT32, addr(y), addr(x), desc.data(), kCubic));
    NRT_ASSERT_OK(nrt_resize2d_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), desc.data(), kCubic));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx};
  }
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Resize2d, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Resize2dEdges, CellsOfWeightZeroAreNotRead) {
  const std::vector<float> x = {1, INFINITY};
  const std::vector<int64_t> desc = {1, 1, 2, 1, 1, 2, NRT_RESIZE_LINEAR, 1};
  std::vector<float> y(2);
  NRT_ASSERT_OK(nrt_resize2d_fwd(ctx(), NRT_FLOAT32, addr(y), addr(x), desc.data(), kCubic));
  EXPECT_EQ(x, y);
}

// The shapes above are single chunks; this one is shared out.
TEST(Resize2dThreads, ManyChunksGiveTheSameBits) {
  const std::vector<int64_t> desc = {3, 40, 40, 16, 61, 61, NRT_RESIZE_CUBIC, 0};
  const auto x = uniform<float>(3 * 40 * 40 * 16, 1), dy = uniform<float>(3 * 61 * 61 * 16, 2);
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    std::vector<float> y(dy.size()), dx(x.size());
    EXPECT_EQ(NRT_OK, nrt_resize2d_fwd(c, NRT_FLOAT32, addr(y), addr(x), desc.data(), kCubic));
    EXPECT_EQ(NRT_OK, nrt_resize2d_bwd(c, NRT_FLOAT32, addr(dx), addr(dy), desc.data(), kCubic));
    y.insert(y.end(), dx.begin(), dx.end());
    return y;
  });
}

TEST(Resize2dEdges, AnEmptyResultNeedsNoTables) {
  const std::vector<int64_t> desc = {1, 2, 2, 1, (int64_t{1} << 31) - 1, 0, NRT_RESIZE_LINEAR, 0};
  std::vector<float> dx(4, 7.0F);
  NRT_ASSERT_OK(nrt_resize2d_fwd(ctx(), NRT_FLOAT32, 0, 0, desc.data(), kCubic));
  NRT_ASSERT_OK(nrt_resize2d_bwd(ctx(), NRT_FLOAT32, addr(dx), 0, desc.data(), kCubic));
  EXPECT_EQ(std::vector<float>(4), dx);
}

class Resize2dErrors : public ::testing::Test {
 protected:
  void refused(int index, int64_t value, const char* part, nrt_status code = NRT_INVALID_ARGUMENT,
               int32_t dtype = NRT_FLOAT32) {
    std::vector<int64_t> desc = {1, 4, 4, 3, 8, 8, NRT_RESIZE_NEAREST, 0};
    desc[static_cast<size_t>(index)] = value;
    const nrt_ptr p = addr(memory_);
    EXPECT_EQ(code, nrt_resize2d_fwd(ctx(), dtype, p, p, desc.data(), kCubic));
    EXPECT_EQ(code, nrt_resize2d_bwd(ctx(), dtype, p, p, desc.data(), kCubic));
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

TEST_F(Resize2dErrors, EveryFieldIsChecked) {
  const char* names[] = {"n", "h", "w", "c", "oh", "ow", "mode", "align_corners"};
  for (int i = 0; i < 8; ++i) {
    refused(i, -1, names[i]);
    refused(i, int64_t{1} << 31, names[i]);
  }
  refused(7, 1, "align_corners");
  refused(1, 0, "empty image");
  refused(0, 1, "dtype", NRT_UNSUPPORTED, NRT_INT32);
}

TEST_F(Resize2dErrors, SizesThatNoMemoryHoldsAreRefused) {
  const int64_t large = (int64_t{1} << 31) - 1;
  const std::vector<int64_t> desc = {large, large, large, 1, 1, 1, 0, 0};
  const nrt_ptr p = addr(memory_);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_fwd(ctx(), NRT_FLOAT32, p, p, desc.data(), kCubic));
  EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr("too large"));
}

TEST_F(Resize2dErrors, NullTensorsAreRefused) {
  const std::vector<int64_t> desc = {1, 4, 4, 3, 8, 8, 0, 0};
  const nrt_ptr p = addr(memory_);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_fwd(ctx(), NRT_FLOAT32, 0, p, desc.data(), kCubic));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_fwd(ctx(), NRT_FLOAT32, p, 0, desc.data(), kCubic));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_bwd(ctx(), NRT_FLOAT32, 0, p, desc.data(), kCubic));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_bwd(ctx(), NRT_FLOAT32, p, 0, desc.data(), kCubic));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_resize2d_bwd(ctx(), NRT_FLOAT32, p, p, nullptr, kCubic));
}

}  // namespace
