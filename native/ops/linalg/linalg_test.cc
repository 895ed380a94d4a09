#include "ops/linalg/linalg.h"

#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

template <typename T>
class Linalg : public ::testing::Test {
 protected:
  static constexpr int32_t kType = Code<T>::value;
  static constexpr double kTolerance = sizeof(T) == 4 ? 2e-5 : 1e-11;

  // Entry (i, j) of the product of [m, k] and [k, n] matrices, either transposed.
  static std::vector<double> product(const T* a, const T* b, int64_t m, int64_t k, int64_t n,
                                     bool ta, bool tb) {
    std::vector<double> y(static_cast<size_t>(m * n));
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        for (int64_t l = 0; l < k; ++l) {
          y[static_cast<size_t>(i * n + j)] += static_cast<double>(a[ta ? l * m + i : i * k + l]) *
                                               static_cast<double>(b[tb ? j * k + l : l * n + j]);
        }
      }
    }
    return y;
  }

  static std::vector<T> well_conditioned(int64_t batch, int64_t n) {
    auto a = uniform<T>(batch * n * n, 7);
    for (int64_t m = 0; m < batch; ++m) {
      for (int64_t i = 0; i < n; ++i)
        a[static_cast<size_t>((m * n + i) * n + (i + 1) % n)] += static_cast<T>(n);
    }
    return a;
  }

  static void expect_matrix(const T* got, const std::vector<double>& want, double tolerance) {
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(want[i], static_cast<double>(got[i]), tolerance) << "element " << i;
    }
  }

  static std::vector<T> symmetric(int64_t n) {
    auto a = uniform<T>(n * n, 9);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < i; ++j)
        a[static_cast<size_t>(i * n + j)] = a[static_cast<size_t>(j * n + i)];
    }
    return a;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Linalg, Types);

constexpr int64_t kOrders[] = {0, 1, 2, 3, 7, 31, 64};

TYPED_TEST(Linalg, SolutionsSatisfyTheEquations) {
  for (int64_t n : kOrders) {
    const int64_t batch = 3, columns = 5;
    const auto a = this->well_conditioned(batch, n);
    const auto b = uniform<TypeParam>(batch * n * columns, 8);
    std::vector<TypeParam> y(b.size());
    NRT_ASSERT_OK(
        nrt_linalg_solve(ctx(), this->kType, addr(y), addr(a), addr(b), batch, n, columns));
    for (int64_t m = 0; m < batch; ++m) {
      const auto back = this->product(a.data() + m * n * n, y.data() + m * n * columns, n, n,
                                      columns, false, false);
      this->expect_matrix(b.data() + m * n * columns, back, this->kTolerance * 10);
    }
  }
}

TYPED_TEST(Linalg, TrianglesAreSolvedInAllFourForms) {
  const int64_t n = 13, columns = 3;
  auto t = uniform<TypeParam>(n * n, 7);
  for (int64_t i = 0; i < n; ++i) t[static_cast<size_t>(i * n + i)] += TypeParam(4);
  const auto b = uniform<TypeParam>(n * columns, 8);
  for (int form = 0; form < 4; ++form) {
    const bool lower = (form & 1) != 0, transposed = (form & 2) != 0;
    auto triangle = t;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        if (lower ? j > i : j < i) triangle[static_cast<size_t>(i * n + j)] = 0;
      }
    }
    std::vector<TypeParam> y(b.size());
    NRT_ASSERT_OK(nrt_linalg_solve_triangular(ctx(), this->kType, addr(y), addr(t), addr(b), 1, n,
                                              columns, lower, transposed));
    this->expect_matrix(b.data(),
                        this->product(triangle.data(), y.data(), n, n, columns, transposed, false),
                        this->kTolerance);
  }
}

TYPED_TEST(Linalg, DeterminantsOfKnownMatrices) {
  const std::vector<TypeParam> x = {2, 1, 1, 3, 0, 2, 3, 4, 1, 2, 2, 4};
  std::vector<TypeParam> y(3);
  NRT_ASSERT_OK(nrt_linalg_det(ctx(), this->kType, addr(y), addr(x), 3, 2));
  nrt_test::expect_close(y, {5, -6, 0}, this->kTolerance, this->kTolerance);
  NRT_ASSERT_OK(nrt_linalg_det(ctx(), this->kType, addr(y), addr(x), 1, 0));
  EXPECT_EQ(TypeParam(1), y[0]);
}

TYPED_TEST(Linalg, CholeskyTimesItsTransposeIsTheMatrix) {
  for (int64_t n : kOrders) {
    const auto r = uniform<TypeParam>(n * n, 6);
    const auto square = this->product(r.data(), r.data(), n, n, n, false, true);
    std::vector<TypeParam> a(square.begin(), square.end()), y(a.size());
    for (int64_t i = 0; i < n; ++i) a[static_cast<size_t>(i * n + i)] += 1;
    NRT_ASSERT_OK(nrt_linalg_cholesky(ctx(), this->kType, addr(y), addr(a), 1, n));
    this->expect_matrix(a.data(), this->product(y.data(), y.data(), n, n, n, false, true),
                        this->kTolerance * 10);
  }
}

TYPED_TEST(Linalg, EigenvectorsAreOrthonormalAndAscending) {
  for (int64_t n : kOrders) {
    const auto a = this->symmetric(n);
    std::vector<TypeParam> values(static_cast<size_t>(n)), vectors(a.size());
    NRT_ASSERT_OK(nrt_linalg_eigh(ctx(), this->kType, addr(values), addr(vectors), addr(a), 1, n));
    auto scaled = vectors;
    for (int64_t i = 0; i < n * n; ++i)
      scaled[static_cast<size_t>(i)] *= values[static_cast<size_t>(i % n)];
    this->expect_matrix(a.data(),
                        this->product(scaled.data(), vectors.data(), n, n, n, false, true),
                        this->kTolerance);
    const auto unit = this->product(vectors.data(), vectors.data(), n, n, n, true, false);
    for (int64_t i = 0; i < n * n; ++i) {
      ASSERT_NEAR(i / n == i % n ? 1 : 0, unit[static_cast<size_t>(i)], this->kTolerance);
    }
    for (size_t i = 1; i < values.size(); ++i) ASSERT_LE(values[i - 1], values[i]);
  }
}

TYPED_TEST(Linalg, SingularVectorsRebuildTheMatrixEvenWithoutFullRank) {
  const int64_t sizes[][3] = {{1, 1, 1},    {4, 3, 3}, {31, 7, 7}, {9, 9, 5},
                              {64, 40, 40}, {5, 5, 0}, {6, 0, 0}};
  for (const auto& z : sizes) {
    const int64_t m = z[0], n = z[1], rank = z[2];
    const auto left = uniform<TypeParam>(m * rank, 3), right = uniform<TypeParam>(rank * n, 4);
    const auto full = this->product(left.data(), right.data(), m, rank, n, false, false);
    const std::vector<TypeParam> x(full.begin(), full.end());
    std::vector<TypeParam> u(x.size()), s(static_cast<size_t>(n)), v(static_cast<size_t>(n * n));
    NRT_ASSERT_OK(nrt_linalg_svd(ctx(), this->kType, addr(u), addr(s), addr(v), addr(x), 1, m, n));
    const auto unit = this->product(u.data(), u.data(), n, m, n, true, false);
    for (int64_t i = 0; i < n * n; ++i) {
      ASSERT_NEAR(i / n == i % n ? 1 : 0, unit[static_cast<size_t>(i)], this->kTolerance);
    }
    auto scaled = u;
    for (int64_t i = 0; i < m * n; ++i)
      scaled[static_cast<size_t>(i)] *= s[static_cast<size_t>(i % n)];
    this->expect_matrix(x.data(), this->product(scaled.data(), v.data(), m, n, n, false, true),
                        this->kTolerance * 10);
    for (size_t i = 1; i < s.size(); ++i) ASSERT_GE(s[i - 1], s[i]);
  }
}

TYPED_TEST(Linalg, ThreadsDoNotChangeTheBits) {
  const int64_t batch = 37, n = 17;
  const auto a = this->well_conditioned(batch, n), b = uniform<TypeParam>(batch * n * n, 3);
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    const auto type = this->kType;
    std::vector<TypeParam> all;
    std::vector<TypeParam> y(a.size()), u(a.size()), v(a.size()), s(static_cast<size_t>(batch * n));
    const auto keep = [&](const std::vector<TypeParam>& part) {
      all.insert(all.end(), part.begin(), part.end());
    };
    EXPECT_EQ(NRT_OK, nrt_linalg_det(c, type, addr(s), addr(a), batch, n));
    keep(s);
    EXPECT_EQ(NRT_OK, nrt_linalg_solve(c, type, addr(y), addr(a), addr(b), batch, n, n));
    keep(y);
    EXPECT_EQ(NRT_OK, nrt_linalg_eigh(c, type, addr(s), addr(v), addr(a), batch, n));
    keep(s);
    keep(v);
    EXPECT_EQ(NRT_OK, nrt_linalg_svd(c, type, addr(u), addr(s), addr(v), addr(a), batch, n, n));
    keep(u);
    keep(s);
    return all;
  });
}

TEST(LinalgErrors, SingularAndIndefiniteMatricesAreNamed) {
  const std::vector<double> a = {1, 0, 0, 1, 1, 2, 2, 4};
  std::vector<double> b(4, 1.0), y(8);
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_linalg_solve(ctx(), NRT_FLOAT64, addr(y), addr(a), addr(b), 2, 2, 1));
  EXPECT_STREQ("matrix 1 of the batch is singular", nrt_last_error());
  const std::vector<double> c = {1, 0, 0, -1};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_linalg_cholesky(ctx(), NRT_FLOAT64, addr(y), addr(c), 1, 2));
  EXPECT_STREQ("matrix 0 of the batch is not positive definite", nrt_last_error());
}

TEST(LinalgEdges, EmptyMatricesEndAtOnceHoweverMany) {
  const int64_t many = int64_t{1} << 50;
  NRT_ASSERT_OK(nrt_linalg_solve(ctx(), NRT_FLOAT32, 0, 0, 0, many, 0, 3));
  NRT_ASSERT_OK(nrt_linalg_solve_triangular(ctx(), NRT_FLOAT32, 0, 0, 0, many, 0, 3, 1, 0));
  NRT_ASSERT_OK(nrt_linalg_cholesky(ctx(), NRT_FLOAT32, 0, 0, many, 0));
  NRT_ASSERT_OK(nrt_linalg_eigh(ctx(), NRT_FLOAT32, 0, 0, 0, many, 0));
  NRT_ASSERT_OK(nrt_linalg_svd(ctx(), NRT_FLOAT32, 0, 0, 0, 0, many, 5, 0));
}

TEST(LinalgErrors, WrongArgumentsAreRefused) {
  std::vector<float> a(4);
  const nrt_ptr p = addr(a);
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_linalg_det(ctx(), NRT_INT32, p, p, 1, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_linalg_det(ctx(), NRT_FLOAT32, p, 0, 1, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_linalg_det(ctx(), NRT_FLOAT32, p, p, 1, -2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_linalg_svd(ctx(), NRT_FLOAT32, p, p, p, p, 1, 1, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_linalg_solve(ctx(), NRT_FLOAT32, p, p, p, 1, INT64_MAX / 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_linalg_eigh(ctx(), NRT_FLOAT32, 0, p, p, 1, 2));
}

}  // namespace
