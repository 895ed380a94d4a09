// gemm against a naive double-precision product, over forms, sizes, batches and epilogues.
#include "ops/gemm/gemm.h"

#include <cstring>
#include <limits>
#include <string>

#include "core/test_support.h"
#include "ops/unary/unary.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;

struct Epilogue {
  double alpha, beta;
  bool bias;
  int32_t activation;
};

constexpr Epilogue kEpilogues[] = {{1, 0, false, NRT_UNARY_IDENTITY},
                                   {1, 0, true, NRT_UNARY_RELU},
                                   {1, 1, false, NRT_UNARY_IDENTITY},
                                   {-0.5, 0.75, true, NRT_UNARY_TANH},
                                   {0.3, -2, true, NRT_UNARY_SIGMOID}};

struct Shape {
  int64_t m, n, k;
};

// Tails of every vector width, more than one K block, several row blocks, the skinny path.
const Shape kShapes[] = {{1, 1, 1},     {2, 3, 5},      {3, 700, 37},   {4, 17, 9},     {1, 600, 1100},
                         {4, 70, 530},  {5, 16, 7},     {6, 64, 32},    {7, 65, 33},    {16, 8, 4},
                         {12, 10, 256}, {13, 31, 600},  {37, 1, 41},    {29, 4, 530},   {64, 64, 64},
                         {33, 129, 65}, {130, 100, 70}, {250, 70, 1030}, {301, 131, 530}, {61, 2, 2000}};

double act(double x, int32_t activation) {
  switch (activation) {
    case NRT_UNARY_RELU: return x > 0 ? x : 0;
    case NRT_UNARY_SIGMOID: return 1 / (1 + std::exp(-x));
    case NRT_UNARY_TANH: return std::tanh(x);
    default: return x;
  }
}

// Operands of one case, with padded rows and space between batch elements; c holds old values.
template <typename T>
struct Operands {
  int64_t batch, m, n, k;
  int32_t flags;
  int64_t lda, ldb, ldc, stride_a, stride_b, stride_c;
  std::vector<T> a, b, bias, c;

  Operands(int64_t batch_size, Shape s, int32_t form, int64_t pad, bool shared_b = false)
      : batch(batch_size), m(s.m), n(s.n), k(s.k), flags(form) {
    lda = ((form & NRT_GEMM_TRANS_A) ? m : k) + pad;
    ldb = ((form & NRT_GEMM_TRANS_B) ? k : n) + pad;
    ldc = n + pad;
    stride_a = ((form & NRT_GEMM_TRANS_A) ? k : m) * lda + pad;
    stride_b = shared_b ? 0 : ((form & NRT_GEMM_TRANS_B) ? n : k) * ldb + pad;
    stride_c = m * ldc + pad;
    a = exact((form & NRT_GEMM_TRANS_A) ? k : m, (form & NRT_GEMM_TRANS_A) ? m : k, lda, stride_a, 11);
    b = exact((form & NRT_GEMM_TRANS_B) ? n : k, (form & NRT_GEMM_TRANS_B) ? k : n, ldb, stride_b, 12);
    c = exact(m, n, ldc, stride_c, 13);
    bias = nrt_test::uniform<T>(n, 14);
  }

  // Ends with the last element of the last row, so that ASan sees every read behind it.
  std::vector<T> exact(int64_t rows, int64_t columns, int64_t ld, int64_t stride, uint64_t seed) const {
    if (rows == 0 || columns == 0) return {};
    return nrt_test::uniform<T>((batch - 1) * stride + (rows - 1) * ld + columns, seed);
  }

  double a_at(int64_t g, int64_t i, int64_t p) const {
    return a[static_cast<size_t>(g * stride_a + ((flags & NRT_GEMM_TRANS_A) ? p * lda + i : i * lda + p))];
  }
  double b_at(int64_t g, int64_t p, int64_t j) const {
    return b[static_cast<size_t>(g * stride_b + ((flags & NRT_GEMM_TRANS_B) ? j * ldb + p : p * ldb + j))];
  }

  // The naive products alone, in the layout of c.
  std::vector<double> sums() const {
    std::vector<double> out(c.size());
    for (int64_t g = 0; g < batch; ++g) {
      for (int64_t i = 0; i < m; ++i) {
        double* row = out.data() + g * stride_c + i * ldc;
        for (int64_t p = 0; p < k; ++p) {
          const double x = a_at(g, i, p);
          for (int64_t j = 0; j < n; ++j) row[j] += x * b_at(g, p, j);
        }
      }
    }
    return out;
  }

  std::vector<double> want(const Epilogue& e, const std::vector<double>& sum) const {
    std::vector<double> out(c.begin(), c.end());
    for (int64_t g = 0; g < batch; ++g) {
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          const size_t at = static_cast<size_t>(g * stride_c + i * ldc + j);
          out[at] = act(e.alpha * sum[at] + (e.beta != 0 ? e.beta * out[at] : 0) +
                            (e.bias ? static_cast<double>(bias[static_cast<size_t>(j)]) : 0),
                        e.activation);
        }
      }
    }
    return out;
  }
  std::vector<double> want(const Epilogue& e) const { return want(e, sums()); }

  std::vector<T> run(const Epilogue& e, nrt_ctx on = ctx()) const {
    std::vector<T> out = c;
    EXPECT_EQ(NRT_OK, nrt_gemm_fwd(on, Code<T>::value, addr(out), addr(a), addr(b),
                                   e.bias ? addr(bias) : 0, batch, m, n, k, lda, stride_a, ldb,
                                   stride_b, ldc, stride_c, flags, e.alpha, e.beta, e.activation))
        << nrt_last_error();
    return out;
  }

  std::vector<T> run_packed(const Epilogue& e) const {
    std::vector<T> out = c;
    const int64_t bytes = nrt_gemm_packed_bytes(ctx(), Code<T>::value, n, k);
    const nrt_ptr packed = nrt_alloc(ctx(), bytes);
    EXPECT_EQ(NRT_OK, nrt_gemm_pack(ctx(), Code<T>::value, packed, addr(b), n, k, ldb,
                                    flags & NRT_GEMM_TRANS_B))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_gemm_packed_fwd(ctx(), Code<T>::value, addr(out), addr(a), packed,
                                          e.bias ? addr(bias) : 0, m, n, k, lda, ldc,
                                          flags & NRT_GEMM_TRANS_A, e.alpha, e.beta, e.activation))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_free(ctx(), packed));
    return out;
  }

  std::string name() const {
    return "batch " + std::to_string(batch) + ", " + std::to_string(m) + "x" + std::to_string(n) +
           "x" + std::to_string(k) + ", flags " + std::to_string(flags);
  }
};

template <typename T>
bool same_bits(const std::vector<T>& x, const std::vector<T>& y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
}

template <typename T>
void expect_product(const std::vector<T>& got, const std::vector<double>& want, int64_t k) {
  // The sum's error grows with k; elements are below 1, so it is absolute.
  const double eps = std::numeric_limits<T>::epsilon();
  nrt_test::expect_close(got, want, 8 * eps, eps * (8 + 2 * static_cast<double>(k)));
}

template <typename T>
class GemmTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GemmTest, Types);

TYPED_TEST(GemmTest, EveryFormAndSizeMatchesTheNaiveProduct) {
  for (const Shape& s : kShapes) {
    for (int32_t form = 0; form < 4; ++form) {
      const Operands<TypeParam> o(1, s, form, form == 0 ? 0 : 3);
      const std::vector<double> sums = o.sums();
      for (const Epilogue& e : kEpilogues) {
        SCOPED_TRACE(o.name() + ", alpha " + std::to_string(e.alpha));
        expect_product(o.run(e), o.want(e, sums), s.k);
        if (this->HasFailure()) return;
      }
    }
  }
}

TYPED_TEST(GemmTest, BatchesWithStridesAndASharedMatrixMatch) {
  for (const Shape& s : {Shape{3, 5, 7}, Shape{16, 8, 4}, Shape{20, 70, 33}, Shape{150, 140, 130}}) {
    for (int32_t form = 0; form < 4; ++form) {
      for (const bool shared : {false, true}) {
        const Operands<TypeParam> o(5, s, form, 2, shared);
        SCOPED_TRACE(o.name());
        expect_product(o.run(kEpilogues[3]), o.want(kEpilogues[3]), s.k);
      }
    }
  }
}

TYPED_TEST(GemmTest, PackedWeightsGiveTheSameBits) {
  // The form of float32 FMA; that of bfloat16 products is tested in gemm_precision_test.cc.
  const nrt_ctx ieee = ctx() | (int64_t{NRT_PRECISION_IEEE + 1} << NRT_PRECISION_SHIFT);
  for (const Shape& s : kShapes) {
    for (int32_t form = 0; form < 4; ++form) {
      const Operands<TypeParam> o(1, s, form, 1);
      SCOPED_TRACE(o.name());
      for (const Epilogue& e : {kEpilogues[0], kEpilogues[3]}) {
        EXPECT_TRUE(same_bits(o.run(e, ieee), o.run_packed(e))) << "alpha " << e.alpha;
      }
    }
  }
}

TYPED_TEST(GemmTest, ThreadsDoNotChangeABit) {
  const int32_t before = nrt_ctx_threads(ctx());
  const Shape shapes[] = {{3, 3000, 200}, {128, 512, 60}, {260, 70, 130},
                          {300, 140, 530}, {64, 64, 800}, {600, 10, 400}, {700, 2, 900}};
  for (const Shape& s : shapes) {
    for (int32_t form = 0; form < 4; ++form) {
      const Operands<TypeParam> o(s.m == 260 ? 3 : 1, s, form, 1);
      SCOPED_TRACE(o.name());
      NRT_ASSERT_OK(nrt_ctx_set_threads(ctx(), 1));
      const std::vector<TypeParam> one = o.run(kEpilogues[3]);
      for (const int32_t threads : {2, 3}) {
        NRT_ASSERT_OK(nrt_ctx_set_threads(ctx(), threads));
        EXPECT_TRUE(same_bits(one, o.run(kEpilogues[3]))) << threads << " threads";
      }
    }
  }
  NRT_ASSERT_OK(nrt_ctx_set_threads(ctx(), before));
}

TYPED_TEST(GemmTest, WithoutInnerDimensionOnlyTheEpilogueRemains) {
  for (const Shape& s : {Shape{3, 5, 0}, Shape{9, 70, 0}, Shape{300, 3, 0}}) {
    for (int32_t form = 0; form < 4; ++form) {
      const Operands<TypeParam> o(2, s, form, 1);
      SCOPED_TRACE(o.name());
      expect_product(o.run(kEpilogues[4]), o.want(kEpilogues[4]), 0);
      const Operands<TypeParam> single(1, s, form, 1);
      EXPECT_TRUE(same_bits(single.run(kEpilogues[4]), single.run_packed(kEpilogues[4])));
    }
  }
}

TYPED_TEST(GemmTest, EmptyOutputsAreLeftAlone) {
  std::vector<TypeParam> c = {7};
  for (const Shape& s : {Shape{0, 5, 3}, Shape{5, 0, 3}}) {
    NRT_ASSERT_OK(nrt_gemm_fwd(ctx(), Code<TypeParam>::value, addr(c), 0, 0, 0, 1, s.m, s.n, s.k, 3, 0,
                               5, 0, 5, 0, 0, 1, 0, NRT_UNARY_IDENTITY));
  }
  NRT_ASSERT_OK(nrt_gemm_fwd(ctx(), Code<TypeParam>::value, addr(c), 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
                             1, 1, 0, 1, 0, NRT_UNARY_IDENTITY));
  EXPECT_EQ(TypeParam(7), c[0]);
}

TYPED_TEST(GemmTest, BetaZeroNeverReadsTheOldValues) {
  for (const Shape& s : {Shape{2, 9, 5}, Shape{50, 9, 5}, Shape{70, 100, 600}}) {
    Operands<TypeParam> o(1, s, 0, 0);
    const std::vector<double> want = o.want(kEpilogues[0]);
    std::fill(o.c.begin(), o.c.end(), std::numeric_limits<TypeParam>::quiet_NaN());
    expect_product(o.run(kEpilogues[0]), want, s.k);
  }
}

TYPED_TEST(GemmTest, NotANumberReachesTheOutputThroughEveryActivation) {
  for (const Shape& s : {Shape{2, 9, 5}, Shape{50, 9, 5}}) {
    for (const int32_t activation :
         {NRT_UNARY_IDENTITY, NRT_UNARY_RELU, NRT_UNARY_SIGMOID, NRT_UNARY_TANH}) {
      Operands<TypeParam> o(1, s, 0, 0);
      o.a[0] = std::numeric_limits<TypeParam>::quiet_NaN();
      const std::vector<TypeParam> got = o.run({1, 0, false, activation});
      EXPECT_TRUE(std::isnan(got[0]));
      EXPECT_FALSE(std::isnan(got.back()));
    }
  }
}

TYPED_TEST(GemmTest, ActivationsSaturateWithoutOverflow) {
  std::vector<TypeParam> a = {1}, c(4);
  std::vector<TypeParam> b = {TypeParam(-1e30), TypeParam(1e30), TypeParam(-30), TypeParam(1e-6)};
  const auto product = [&](int32_t activation) {
    return nrt_gemm_fwd(ctx(), Code<TypeParam>::value, addr(c), addr(a), addr(b), 0, 1, 1, 4, 1, 1, 1,
                        4, 4, 4, 4, 0, 1, 0, activation);
  };
  NRT_ASSERT_OK(product(NRT_UNARY_SIGMOID));
  const double eps = std::numeric_limits<TypeParam>::epsilon();
  nrt_test::expect_close(c, {0, 1, 1 / (1 + std::exp(30.0)), 1 / (1 + std::exp(-1e-6))}, 4 * eps, 1e-37);
  NRT_ASSERT_OK(product(NRT_UNARY_TANH));
  nrt_test::expect_close(c, {-1, 1, -1, std::tanh(1e-6)}, 4 * eps, 0);
}

nrt_status plain(nrt_ptr c, nrt_ptr a, nrt_ptr b, int64_t m, int64_t n, int64_t k, int64_t lda,
                 int64_t ldb, int64_t ldc, int32_t flags = 0, int32_t activation = 0,
                 int32_t dtype = NRT_FLOAT32, int64_t batch = 1, int64_t stride_c = 0) {
  return nrt_gemm_fwd(ctx(), dtype, c, a, b, 0, batch, m, n, k, lda, 0, ldb, 0, ldc, stride_c, flags,
                      1, 0, activation);
}

TEST(GemmErrors, WrongArgumentsAreRefusedWithTheirName) {
  std::vector<float> v(100);
  const nrt_ptr p = addr(v);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(0, p, p, 2, 2, 2, 2, 2, 2));
  EXPECT_STREQ("gemm: c is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, 0, p, 2, 2, 2, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, 0, 2, 2, 2, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, -1, 2, 2, 2, 2, 2));
  EXPECT_STREQ("gemm: m must not be negative, given -1", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 2, -2, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 3, 4, 3, 3, 3));
  EXPECT_STREQ("gemm: leading dimension of a is 3, but its rows have 4 elements", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 3, 4, 4, 2, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 3, 4, 4, 3, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 3, 4, 3, 3, 3, NRT_GEMM_TRANS_B));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 2, 2, 2, 2, 2, 8));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, 2, 2, 2, 2, 2, 2, 0, 0, NRT_FLOAT32, 2, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, plain(p, p, p, INT64_MAX / 2, 2, 2, 2, 2, 2));
  EXPECT_EQ(NRT_UNSUPPORTED, plain(p, p, p, 2, 2, 2, 2, 2, 2, 0, NRT_UNARY_GELU));
  EXPECT_EQ(NRT_UNSUPPORTED, plain(p, p, p, 2, 2, 2, 2, 2, 2, 0, 0, NRT_INT32));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_gemm_fwd(0, NRT_FLOAT32, p, p, p, 0, 1, 2, 2, 2, 2, 0, 2, 0, 2,
                                               0, 0, 1, 0, 0));
}

TEST(GemmErrors, PackedWeightsOfAnotherShapeAreRefused) {
  std::vector<float> v(100);
  const nrt_ptr p = addr(v);
  const nrt_ptr packed = nrt_alloc(ctx(), nrt_gemm_packed_bytes(ctx(), NRT_FLOAT32, 4, 5));
  NRT_ASSERT_OK(nrt_gemm_pack(ctx(), NRT_FLOAT32, packed, p, 4, 5, 4, 0));
  const auto product = [&](nrt_ptr weights, int32_t dtype, int64_t n, int64_t k) {
    return nrt_gemm_packed_fwd(ctx(), dtype, p, p, weights, 0, 2, n, k, k, n, 0, 1, 0, 0);
  };
  EXPECT_EQ(NRT_OK, product(packed, NRT_FLOAT32, 4, 5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, product(packed, NRT_FLOAT32, 5, 4));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, product(packed, NRT_FLOAT64, 4, 5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, product(0, NRT_FLOAT32, 4, 5));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_gemm_pack(ctx(), NRT_FLOAT32, packed, 0, 4, 5, 4, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_gemm_pack(ctx(), NRT_FLOAT32, packed, p, 4, 5, 3, 0));
  EXPECT_EQ(-1, nrt_gemm_packed_bytes(ctx(), NRT_FLOAT32, -1, 5));
  EXPECT_EQ(-1, nrt_gemm_packed_bytes(ctx(), NRT_FLOAT32, INT64_MAX / 8, INT64_MAX / 8));
  NRT_ASSERT_OK(nrt_free(ctx(), packed));
}

}  // namespace
