// conv3d against a naive reference: forward and both gradients over kernels, strides, groups, paddings.
#include "ops/conv3d/conv3d.h"

#include <gmock/gmock.h>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Axis {
  int64_t in, out, kernel = 1, stride = 1, dilation = 1, before = 0;
};

struct Shape {
  const char* name;
  int64_t n, c, oc, groups;
  Axis axis[3];

  int64_t x_size() const { return n * axis[0].in * axis[1].in * axis[2].in * c; }
  int64_t y_size() const { return n * axis[0].out * axis[1].out * axis[2].out * oc; }
  int64_t w_size() const {
    return axis[0].kernel * axis[1].kernel * axis[2].kernel * c / groups * oc;
  }
  std::vector<int64_t> desc() const {
    std::vector<int64_t> d = {n,           axis[0].in,  axis[1].in,  axis[2].in, c,
                              axis[0].out, axis[1].out, axis[2].out, oc};
    for (const Axis& a : axis) d.insert(d.end(), {a.kernel, a.stride, a.dilation, a.before});
    d.push_back(groups);
    return d;
  }
};

void PrintTo(const Shape& s, std::ostream* out) { *out << s.name; }

const Shape kShapes[] = {
    {"One", 1, 1, 1, 1, {{1, 1}, {1, 1}, {1, 1}}},
    {"Valid", 2, 3, 5, 1, {{5, 3, 3}, {7, 5, 3}, {6, 5, 2}}},
    {"Strided", 1, 2, 17, 1, {{7, 3, 3, 2}, {9, 4, 2, 2}, {11, 3, 5, 3}}},
    {"Same", 2, 4, 4, 1, {{4, 4, 3, 1, 1, 1}, {5, 5, 3, 1, 1, 1}, {6, 6, 3, 1, 1, 1}}},
    {"PaddedBehind", 1, 3, 2, 1, {{3, 4, 2, 1, 1, 0}, {3, 3, 2, 1, 1, 0}, {5, 3, 2, 2, 1, 1}}},
    {"Dilated", 1, 2, 3, 1, {{7, 3, 3, 1, 2, 0}, {8, 5, 2, 1, 3, 0}, {9, 4, 3, 2, 2, 1}}},
    {"Groups", 2, 6, 4, 2, {{4, 3, 2}, {5, 4, 2, 1, 1, 0}, {4, 4, 3, 1, 1, 1}}},
    {"Depthwise", 1, 5, 10, 5, {{4, 4, 3, 1, 1, 1}, {4, 2, 2, 2}, {5, 5, 3, 1, 1, 1}}},
    {"Pointwise", 2, 9, 7, 1, {{3, 3}, {4, 4}, {5, 5}}},
    {"WholeVolume", 2, 3, 6, 1, {{3, 1, 3}, {4, 1, 4}, {5, 1, 5}}},
    {"DepthSkipped", 1, 2, 2, 1, {{9, 2, 1, 8}, {3, 2, 2}, {3, 2, 2}}},
    {"PaddingOnly", 1, 2, 2, 1, {{1, 3, 1, 1, 1, 1}, {2, 1, 2}, {2, 1, 2}}},
    {"EmptyBatch", 0, 2, 3, 1, {{4, 3, 2}, {4, 3, 2}, {4, 3, 2}}},
    {"EmptyOutput", 1, 2, 3, 1, {{4, 0, 2}, {4, 3, 2}, {4, 3, 2}}},
    {"EmptyInput", 1, 2, 3, 1, {{0, 2, 1, 1, 1, 1}, {4, 3, 2}, {4, 3, 2}}},
};

// Calls body(output, input, weight) with the flat indices of every product of the sum.
template <typename F>
void each_product(const Shape& s, F body) {
  const Axis &z = s.axis[0], &y = s.axis[1], &x = s.axis[2];
  const int64_t cg = s.c / s.groups, taps = z.kernel * y.kernel * x.kernel;
  for (int64_t at = 0; at < s.y_size(); ++at) {
    const int64_t o = at % s.oc, j = at / s.oc % x.out, i = at / s.oc / x.out % y.out;
    const int64_t k = at / s.oc / x.out / y.out % z.out, n = at / s.oc / x.out / y.out / z.out;
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t q = tap % x.kernel, p = tap / x.kernel % y.kernel, u = tap / x.kernel / y.kernel;
      const int64_t depth = k * z.stride + u * z.dilation - z.before;
      const int64_t row = i * y.stride + p * y.dilation - y.before;
      const int64_t col = j * x.stride + q * x.dilation - x.before;
      if (depth < 0 || depth >= z.in || row < 0 || row >= y.in || col < 0 || col >= x.in) continue;
      const int64_t from =
          (((n * z.in + depth) * y.in + row) * x.in + col) * s.c + o / (s.oc / s.groups) * cg;
      for (int64_t e = 0; e < cg; ++e) body(at, from + e, (tap * cg + e) * s.oc + o);
    }
  }
}

template <typename T>
void check(const Shape& s) {
  const std::vector<T> x = uniform<T>(s.x_size(), 1), w = uniform<T>(s.w_size(), 2);
  const std::vector<T> bias = uniform<T>(s.oc, 3), dy = uniform<T>(s.y_size(), 4);
  std::vector<double> y0(dy.size(), 0), dx0(x.size(), 0), dw0(w.size(), 0), db0(bias.size(), 0);
  each_product(s, [&](int64_t at, int64_t from, int64_t weight) {
    y0[at] += static_cast<double>(x[from]) * static_cast<double>(w[weight]);
    dx0[from] += static_cast<double>(dy[at]) * static_cast<double>(w[weight]);
    dw0[weight] += static_cast<double>(dy[at]) * static_cast<double>(x[from]);
  });
  for (size_t at = 0; at < dy.size(); ++at) db0[at % s.oc] += static_cast<double>(dy[at]);
  std::vector<double> biased = y0;
  for (size_t at = 0; at < dy.size(); ++at) biased[at] += static_cast<double>(bias[at % s.oc]);
  const std::vector<int64_t> d = s.desc();
  const int32_t code = Code<T>::value;
  std::vector<T> y(dy.size(), T(-77)), dx(x.size(), T(-77)), dw(w.size(), T(-77)), db(bias.size(), T(-77));
  const double close = sizeof(T) == 4 ? 2e-5 : 1e-13;
  NRT_ASSERT_OK(nrt_conv3d_fwd(ctx(), code, addr(y), addr(x), addr(w), addr(bias), d.data()));
  expect_close(y, biased, close, close);
  NRT_ASSERT_OK(nrt_conv3d_fwd(ctx(), code, addr(y), addr(x), addr(w), 0, d.data()));
  expect_close(y, y0, close, close);
  NRT_ASSERT_OK(nrt_conv3d_bwd_data(ctx(), code, addr(dx), addr(dy), addr(w), d.data()));
  expect_close(dx, dx0, close, close);
  NRT_ASSERT_OK(nrt_conv3d_bwd_weights(ctx(), code, addr(dw), addr(db), addr(x), addr(dy), d.data()));
  expect_close(dw, dw0, close, close);
  expect_close(db, db0, close, close);
  std::fill(dw.begin(), dw.end(), T(-77));
  NRT_ASSERT_OK(nrt_conv3d_bwd_weights(ctx(), code, addr(dw), 0, addr(x), addr(dy), d.data()));
  expect_close(dw, dw0, close, close);
}

class Conv3d : public ::testing::TestWithParam<Shape> {};

TEST_P(Conv3d, ForwardAndGradientsEqualTheReference) {
  check<float>(GetParam());
  check<double>(GetParam());
}

TEST_P(Conv3d, ResultsDoNotDependOnTheNumberOfThreads) {
  const Shape s = GetParam();
  const std::vector<float> x = uniform<float>(s.x_size(), 5), w = uniform<float>(s.w_size(), 6);
  const std::vector<float> dy = uniform<float>(s.y_size(), 7);
  const std::vector<int64_t> d = s.desc();
  std::vector<std::vector<float>> results[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const nrt_ctx c = nrt_ctx_open(NRT_CPU, 0, "", threads);
    ASSERT_NE(0, c) << nrt_last_error();
    std::vector<float> y(dy.size()), dx(x.size()), dw(w.size()), db(static_cast<size_t>(s.oc));
    NRT_ASSERT_OK(nrt_conv3d_fwd(c, NRT_FLOAT32, addr(y), addr(x), addr(w), 0, d.data()));
    NRT_ASSERT_OK(nrt_conv3d_bwd_data(c, NRT_FLOAT32, addr(dx), addr(dy), addr(w), d.data()));
    NRT_ASSERT_OK(
        nrt_conv3d_bwd_weights(c, NRT_FLOAT32, addr(dw), addr(db), addr(x), addr(dy), d.data()));
    NRT_ASSERT_OK(nrt_ctx_close(c));
    results[threads - 1] = {y, dx, dw, db};
  }
  EXPECT_EQ(results[0], results[1]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Conv3d, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

// Large enough that an image goes to the 2-D kernels in several batches of depths.
TEST(Conv3dBatches, SlabsOfManyDepthsAddUp) {
  check<double>({"", 1, 16, 2, 1, {{9, 9, 3, 1, 1, 1}, {120, 3, 1, 40}, {110, 3, 1, 40}}});
}

class Conv3dErrors : public ::testing::Test {
 protected:
  void refused(const std::vector<int64_t>& desc, const char* part,
               nrt_status code = NRT_INVALID_ARGUMENT, int32_t dtype = NRT_FLOAT32) {
    const nrt_ptr p = addr(memory_);
    const nrt_status all[] = {nrt_conv3d_fwd(ctx(), dtype, p, p, p, p, desc.data()),
                              nrt_conv3d_bwd_data(ctx(), dtype, p, p, p, desc.data()),
                              nrt_conv3d_bwd_weights(ctx(), dtype, p, p, p, p, desc.data())};
    for (const nrt_status status : all) EXPECT_EQ(code, status);
    EXPECT_THAT(nrt_last_error(), ::testing::HasSubstr(part));
  }
  std::vector<int64_t> with(int index, int64_t value) {
    std::vector<int64_t> desc = Shape{"", 1, 2, 2, 1, {{4, 3, 2}, {4, 3, 2}, {4, 3, 2}}}.desc();
    desc[static_cast<size_t>(index)] = value;
    return desc;
  }
  std::vector<float> memory_ = std::vector<float>(4096, 0.0F);
};

TEST_F(Conv3dErrors, EveryExtentIsChecked) {
  const char* names[] = {"n",         "d",  "h",        "w",          "c",       "od",
                         "oh",        "ow", "oc",       "kd",         "stride_d", "dilation_d",
                         "pad_front", "kh", "stride_h", "dilation_h", "pad_top", "kw",
                         "stride_w",  "dilation_w", "pad_left", "groups"};
  for (int i = 0; i < 22; ++i) {
    refused(with(i, -1), names[i]);
    refused(with(i, int64_t{1} << 31), names[i]);
  }
  for (const int i : {4, 8, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21}) refused(with(i, 0), names[i]);
  refused(with(21, 3), "groups");
}

TEST_F(Conv3dErrors, SizesThatNoMemoryHoldsAreRefused) {
  std::vector<int64_t> desc = with(0, (int64_t{1} << 31) - 1);
  desc[1] = desc[2] = (int64_t{1} << 31) - 1;
  refused(desc, "too large");
  desc[0] = 0;  // nor are images of such a size, however few
  desc[3] = (int64_t{1} << 31) - 1;
  refused(desc, "too large");
}

// The shapes above are single chunks; this one is shared out.
TEST(Conv3dThreads, ManyChunksGiveTheSameBits) {
  const Shape s = {"", 2, 8, 8, 1, {{12, 12, 3, 1, 1, 1}, {24, 24, 3, 1, 1, 1}, {24, 24, 3, 1, 1, 1}}};
  const auto x = uniform<float>(s.x_size(), 1), w = uniform<float>(s.w_size(), 2), dy = uniform<float>(s.y_size(), 3);
  const auto desc = s.desc();
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
    EXPECT_EQ(NRT_OK, nrt_conv3d_fwd(c, NRT_FLOAT32, addr(y), addr(x), addr(w), 0, desc.data()));
    EXPECT_EQ(NRT_OK, nrt_conv3d_bwd_data(c, NRT_FLOAT32, addr(dx), addr(dy), addr(w), desc.data()));
    EXPECT_EQ(NRT_OK, nrt_conv3d_bwd_weights(c, NRT_FLOAT32, addr(dw), 0, addr(x), addr(dy), desc.data()));
    y.insert(y.end(), dx.begin(), dx.end());
    y.insert(y.end(), dw.begin(), dw.end());
    return y;
  });
}

TEST(Conv3dEdges, AnEmptyResultOfManyDepthsEndsAtOnce) {
  std::vector<int64_t> desc = Shape{"", 1, 2, 2, 1, {{4, 3, 2}, {4, 3, 2}, {4, 3, 2}}}.desc();
  desc[5] = (int64_t{1} << 31) - 1;
  desc[6] = 0;
  std::vector<float> dx(128, 7.0F), w(32, 7.0F), dbias(2, 7.0F);
  NRT_ASSERT_OK(nrt_conv3d_bwd_data(ctx(), NRT_FLOAT32, addr(dx), 0, addr(w), desc.data()));
  EXPECT_EQ(std::vector<float>(128), dx);
  NRT_ASSERT_OK(
      nrt_conv3d_bwd_weights(ctx(), NRT_FLOAT32, addr(w), addr(dbias), 0, 0, desc.data()));
  EXPECT_EQ(std::vector<float>(32), w);
  EXPECT_EQ(std::vector<float>(2), dbias);
}

TEST_F(Conv3dErrors, OtherDtypesAreRefused) {
  refused(with(0, 1), "dtype", NRT_UNSUPPORTED, NRT_INT64);
}

TEST_F(Conv3dErrors, NullTensorsAreRefused) {
  const std::vector<int64_t> desc = with(0, 1);
  const nrt_ptr p = addr(memory_);
  const int64_t* d = desc.data();
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_fwd(ctx(), NRT_FLOAT32, 0, p, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_fwd(ctx(), NRT_FLOAT32, p, 0, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_fwd(ctx(), NRT_FLOAT32, p, p, 0, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_bwd_data(ctx(), NRT_FLOAT32, 0, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_bwd_weights(ctx(), NRT_FLOAT32, 0, 0, p, p, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_bwd_weights(ctx(), NRT_FLOAT32, p, 0, p, 0, d));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_conv3d_fwd(ctx(), NRT_FLOAT32, p, p, p, p, nullptr));
}

}  // namespace
