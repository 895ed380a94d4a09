// 3x3 convolutions of step 1 at the default precision (Winograd's form where it pays) against sums in
// double: never less accurate than with plain float32 sums, exact on small integers, infinite and NaN
// inputs as in plain sums, the same bits on any number of threads.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/test_support.h"
#include "ops/conv2d/conv2d.h"
#include "ops/unary/unary.h"

namespace {

using nrt_test::addr;
using nrt_test::uniform;
using Values = std::vector<float>;

struct Shape {
  int64_t n, h, w, c, oc, pad_top = 1, pad_left = 1, oh = 0, ow = 0;
  int64_t out_h() const { return oh != 0 ? oh : h; }
  int64_t out_w() const { return ow != 0 ? ow : w; }
  int64_t x_size() const { return n * h * w * c; }
  int64_t y_size() const { return n * out_h() * out_w() * oc; }
  int64_t w_size() const { return 9 * c * oc; }
  std::vector<int64_t> desc(int64_t activation) const {
    return {n, h, w, c, out_h(), out_w(), oc, 3, 3, 1, 1, 1, 1, pad_top, pad_left, 1, activation};
  }
};

struct Context {
  nrt_ctx handle;
  explicit Context(int32_t mode, int32_t threads = 2) : handle(nrt_ctx_open(NRT_CPU, 0, "", threads)) {
    EXPECT_EQ(NRT_OK, nrt_ctx_set_precision(handle, mode));
  }
  ~Context() { nrt_ctx_close(handle); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

struct Data {
  Shape s;
  Values x, w, dy, bias;
};

struct Results {
  Values y, dx, dw, dbias;
};

Results run(nrt_ctx c, const Data& d, int64_t activation = NRT_UNARY_IDENTITY) {
  const Shape& s = d.s;
  const std::vector<int64_t> desc = s.desc(activation);
  Results r{Values(static_cast<size_t>(s.y_size())), Values(d.x.size()), Values(d.w.size()),
            Values(static_cast<size_t>(s.oc))};
  EXPECT_EQ(NRT_OK, nrt_conv2d_fwd(c, NRT_FLOAT32, addr(r.y), addr(d.x), addr(d.w), addr(d.bias), desc.data()))
      << nrt_last_error();
  EXPECT_EQ(NRT_OK, nrt_conv2d_bwd_data(c, NRT_FLOAT32, addr(r.dx), addr(d.dy), addr(d.w), desc.data()))
      << nrt_last_error();
  EXPECT_EQ(NRT_OK, nrt_conv2d_bwd_weights(c, NRT_FLOAT32, addr(r.dw), addr(r.dbias), addr(d.x), addr(d.dy),
                                           desc.data()))
      << nrt_last_error();
  return r;
}

struct Sums {
  std::vector<double> y, dx, dw, dbias;
};

// Sums in double without activation.
Sums reference(const Data& d) {
  const Shape& s = d.s;
  Sums r{std::vector<double>(static_cast<size_t>(s.y_size())), std::vector<double>(d.x.size()),
         std::vector<double>(d.w.size()), std::vector<double>(static_cast<size_t>(s.oc))};
  for (int64_t pixel = 0; pixel < s.n * s.out_h() * s.out_w(); ++pixel) {
    const int64_t n = pixel / (s.out_h() * s.out_w());
    const int64_t i = pixel / s.out_w() % s.out_h(), j = pixel % s.out_w();
    double* y = &r.y[static_cast<size_t>(pixel * s.oc)];
    const float* dy = &d.dy[static_cast<size_t>(pixel * s.oc)];
    for (int64_t o = 0; o < s.oc; ++o) {
      y[o] = static_cast<double>(d.bias[static_cast<size_t>(o)]);
      r.dbias[static_cast<size_t>(o)] += static_cast<double>(dy[o]);
    }
    for (int64_t tap = 0; tap < 9; ++tap) {
      const int64_t row = i + tap / 3 - s.pad_top, col = j + tap % 3 - s.pad_left;
      if (row < 0 || row >= s.h || col < 0 || col >= s.w) continue;
      const size_t at = static_cast<size_t>(((n * s.h + row) * s.w + col) * s.c);
      for (int64_t k = 0; k < s.c; ++k) {
        const double x = static_cast<double>(d.x[at + static_cast<size_t>(k)]);
        const size_t weight = static_cast<size_t>((tap * s.c + k) * s.oc);
        double dx = 0;
        for (int64_t o = 0; o < s.oc; ++o) {
          const double w = static_cast<double>(d.w[weight + static_cast<size_t>(o)]);
          const double g = static_cast<double>(dy[o]);
          y[o] += x * w;
          dx += g * w;
          r.dw[weight + static_cast<size_t>(o)] += x * g;
        }
        r.dx[at + static_cast<size_t>(k)] += dx;
      }
    }
  }
  return r;
}

Data data(const Shape& s, uint64_t seed, double low = -1, double high = 1) {
  return {s, uniform<float>(s.x_size(), seed, low, high), uniform<float>(s.w_size(), seed + 1, low, high),
          uniform<float>(s.y_size(), seed + 2, low, high), uniform<float>(s.oc, seed + 3, low, high)};
}

// Frobenius norm of the error over that of the sums.
double error(const Values& got, const std::vector<double>& want) {
  double wrong = 0, all = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double e = static_cast<double>(got[i]) - want[i];
    wrong += e * e;
    all += want[i] * want[i];
  }
  return std::sqrt(wrong / all);
}

void expect_not_worse(const Data& d) {
  const Context highest(NRT_PRECISION_HIGHEST), plain(NRT_PRECISION_IEEE);
  const Results a = run(highest.handle, d), b = run(plain.handle, d);
  const Sums want = reference(d);
  // A tenth above for the noise between two roundings.
  EXPECT_LE(error(a.y, want.y), 1.1 * error(b.y, want.y) + 1e-9);
  EXPECT_LE(error(a.dx, want.dx), 1.1 * error(b.dx, want.dx) + 1e-9);
  EXPECT_LE(error(a.dbias, want.dbias), 1e-5);
  // Sums over pixels: both forms add them in blocks of different lengths.
  EXPECT_LE(error(a.dw, want.dw), std::max(1.1 * error(b.dw, want.dw), 1e-6));
}

const Shape kShapes[] = {
    {2, 16, 16, 64, 64},          {3, 13, 11, 32, 48},          {1, 28, 28, 32, 64},
    {5, 7, 7, 64, 32},            {2, 14, 14, 48, 80, 0, 0, 12, 12}, {1, 15, 17, 32, 32, 2, 2, 17, 19},
    {2, 12, 13, 32, 32, 2, 0, 12, 12}, {13, 4, 4, 32, 32},      {2, 16, 16, 128, 144},
};

TEST(Conv2dWinograd, AsAccurateAsPlainSums) {
  uint64_t seed = 1;
  for (const Shape& s : kShapes) {
    SCOPED_TRACE(::testing::Message() << s.n << "x" << s.h << "x" << s.w << "x" << s.c << "->" << s.oc);
    expect_not_worse(data(s, seed += 10));
  }
}

TEST(Conv2dWinograd, AsAccurateOnOtherData) {
  const Shape s{2, 16, 16, 64, 64};
  expect_not_worse(data(s, 100, 0, 1));  // no cancellation
  Data relu = data(s, 200);
  for (float& v : relu.x) v = v < 0 ? 0 : v;
  expect_not_worse(relu);
  Data outliers = data(s, 300);
  for (size_t i = 0; i < outliers.x.size(); i += 977) outliers.x[i] = 1e6f;
  expect_not_worse(outliers);
  Data small = data(s, 400);
  for (float& v : small.x) v *= 1e-30f;
  expect_not_worse(small);
}

TEST(Conv2dWinograd, IntegersAreExact) {
  Data d = data({2, 16, 16, 32, 32}, 7);
  for (Values* v : {&d.x, &d.w, &d.dy, &d.bias}) {
    for (float& e : *v) e = std::nearbyint(e * 30);
  }
  const Context highest(NRT_PRECISION_HIGHEST);
  const Results got = run(highest.handle, d);
  const Sums want = reference(d);
  EXPECT_EQ(0, error(got.y, want.y));
  EXPECT_EQ(0, error(got.dx, want.dx));
  EXPECT_EQ(0, error(got.dw, want.dw));
  EXPECT_EQ(0, error(got.dbias, want.dbias));
}

TEST(Conv2dWinograd, ActivationsFollowTheSums) {
  const Data d = data({2, 13, 12, 32, 32}, 11);
  const Context highest(NRT_PRECISION_HIGHEST);
  const Results plain = run(highest.handle, d), relu = run(highest.handle, d, NRT_UNARY_RELU);
  const Results sigmoid = run(highest.handle, d, NRT_UNARY_SIGMOID);
  for (size_t i = 0; i < plain.y.size(); ++i) {
    ASSERT_EQ(plain.y[i] < 0 ? 0 : plain.y[i], relu.y[i]);
    ASSERT_NEAR(1 / (1 + std::exp(-static_cast<double>(plain.y[i]))), static_cast<double>(sigmoid.y[i]), 1e-6);
  }
}

// Values that are not finite stay where plain sums have them, and huge ones do not overflow in between.
TEST(Conv2dWinograd, InfiniteAndHugeInputs) {
  const float infinite = std::numeric_limits<float>::infinity();
  for (const float odd : {infinite, -infinite, std::numeric_limits<float>::quiet_NaN(), 3e38f}) {
    SCOPED_TRACE(odd);
    Data d = data({2, 16, 16, 32, 32}, 17, 0.001, 0.002);
    // Two neighbours in a channel: their sum, which plain sums never form, overflows.
    for (const size_t at : {5000, 5000 + 32}) {
      d.x[at] = odd;
      d.dy[at] = odd;
    }
    const Context highest(NRT_PRECISION_HIGHEST), plain(NRT_PRECISION_IEEE);
    const Results a = run(highest.handle, d), b = run(plain.handle, d);
    for (const auto& pair : {std::make_pair(&a.y, &b.y), std::make_pair(&a.dx, &b.dx)}) {
      ASSERT_EQ(0, std::memcmp(pair.first->data(), pair.second->data(), pair.first->size() * sizeof(float)));
    }
    for (size_t i = 0; i < a.dw.size(); ++i) {
      ASSERT_EQ(std::isfinite(b.dw[i]), std::isfinite(a.dw[i])) << i;
    }
  }
}

// On a level with bfloat16 tiles the products of the transformed values run there, as those of matrices do.
TEST(Conv2dWinograd, TilesServeTheProducts) {
  const Data d = data({2, 16, 16, 64, 64}, 29);
  const std::vector<int64_t> desc = d.s.desc(NRT_UNARY_IDENTITY);
  Values y(static_cast<size_t>(d.s.y_size()));
  for (const int32_t mode : {NRT_PRECISION_HIGHEST, NRT_PRECISION_HIGH}) {
    const Context c(mode);
    ASSERT_EQ(NRT_OK, nrt_conv2d_fwd(c.handle, NRT_FLOAT32, addr(y), addr(d.x), addr(d.w), 0, desc.data()));
    EXPECT_EQ(nrt_ctx_products(c.handle, 128, 64, 64, 1), nrt_last_products());
    const double bound = mode == NRT_PRECISION_HIGHEST ? 1e-6 : 1e-5;
    Data plain = d;
    std::fill(plain.bias.begin(), plain.bias.end(), 0.f);
    EXPECT_LE(error(y, reference(plain).y), bound);
  }
}

TEST(Conv2dWinograd, SameBitsOnAnyThreads) {
  const Data d = data({3, 15, 14, 64, 32}, 23);
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    const Results r = run(c, d);
    Values all = r.y;
    for (const Values* v : {&r.dx, &r.dw, &r.dbias}) all.insert(all.end(), v->begin(), v->end());
    return all;
  });
}

}  // namespace
