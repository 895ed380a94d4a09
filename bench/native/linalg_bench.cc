#include "ops/linalg/linalg.h"

#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

// Matrices with a dominant diagonal; the results are checked by multiplying them out.
struct Matrices {
  Matrices(int64_t b, int64_t size) : batch(b), n(size) {
    for (int64_t i = 0; i < batch * n; ++i) a[i * n + i % n] += static_cast<float>(n);
  }
  int64_t batch, n;
  Array<float> a{batch * n * n, 1}, b{batch * n * n, 2}, y{batch * n * n}, u{batch * n * n};
  Array<float> v{batch * n * n}, s{batch * n};

  double symmetric(int64_t m, int64_t i, int64_t j) const {
    return 0.5 * (static_cast<double>(a[(m * n + i) * n + j]) + static_cast<double>(a[(m * n + j) * n + i]));
  }
  // f(matrix, row, column, element) for elements of the first and the last matrix.
  template <typename F>
  void sampled(const F& f) const {
    for (const int64_t m : {int64_t{0}, batch - 1}) {
      for (const int64_t e : samples(n * n, 100)) f(m, e / n, e % n, m * n * n + e);
    }
  }
  template <typename F>
  double sum(const F& term) const {
    double total = 0;
    for (int64_t k = 0; k < n; ++k) total += term(k);
    return total;
  }
  double at(const Array<float>& x, int64_t m, int64_t i, int64_t j) const {
    return static_cast<double>(x[(m * n + i) * n + j]);
  }
};

using Shared = std::shared_ptr<Matrices>;

Body solve(const Shared& t) {
  Body body = [t] {
    must(nrt_linalg_solve(ctx(), NRT_FLOAT32, t->y.at(), t->a.at(), t->b.at(), t->batch, t->n, t->n));
  };
  body();
  t->sampled([&](int64_t m, int64_t i, int64_t j, int64_t e) {
    const double got = t->sum([&](int64_t k) { return t->at(t->a, m, i, k) * t->at(t->y, m, k, j); });
    check("linalg_solve", e, got, static_cast<double>(t->b[e]), 1e-4);
  });
  return body;
}

Body cholesky(const Shared& t) {
  Body body = [t] { must(nrt_linalg_cholesky(ctx(), NRT_FLOAT32, t->y.at(), t->a.at(), t->batch, t->n)); };
  body();
  t->sampled([&](int64_t m, int64_t i, int64_t j, int64_t e) {
    const double got = t->sum([&](int64_t k) { return t->at(t->y, m, i, k) * t->at(t->y, m, j, k); });
    check("linalg_cholesky", e, got, t->symmetric(m, i, j), 1e-4);
  });
  return body;
}

Body eigh(const Shared& t) {
  Body body = [t] { must(nrt_linalg_eigh(ctx(), NRT_FLOAT32, t->s.at(), t->v.at(), t->a.at(), t->batch, t->n)); };
  body();
  t->sampled([&](int64_t m, int64_t i, int64_t j, int64_t e) {
    const double got = t->sum([&](int64_t k) {
      return t->at(t->v, m, i, k) * static_cast<double>(t->s[m * t->n + k]) * t->at(t->v, m, j, k);
    });
    check("linalg_eigh", e, got, t->symmetric(m, i, j), 1e-4);
  });
  return body;
}

Body svd(const Shared& t) {
  Body body = [t] {
    must(nrt_linalg_svd(ctx(), NRT_FLOAT32, t->u.at(), t->s.at(), t->v.at(), t->a.at(), t->batch, t->n, t->n));
  };
  body();
  t->sampled([&](int64_t m, int64_t i, int64_t j, int64_t e) {
    const double got = t->sum([&](int64_t k) {
      return t->at(t->u, m, i, k) * static_cast<double>(t->s[m * t->n + k]) * t->at(t->v, m, j, k);
    });
    check("linalg_svd", e, got, static_cast<double>(t->a[e]), 1e-4);
  });
  return body;
}

// Solving: 2/3 n^3 for the factors, 2 n^3 for n right-hand sides. The Jacobi methods take as many
// sweeps as they need, so they are given as bytes read and written once.
const bool added = add_group([] {
  const int64_t batch = 16, n = 128;
  const auto make = [] { return std::make_shared<Matrices>(16, 128); };
  const double cube = static_cast<double>(batch * n * n * n), bytes = 4.0 * static_cast<double>(batch * n * n);
  add("linalg_solve/16x128", {8.0 / 3 * cube, 0, true}, [make] { return solve(make()); });
  add("linalg_cholesky/16x128", {cube / 3, 0, true}, [make] { return cholesky(make()); });
  const auto few = [] { return std::make_shared<Matrices>(16, 32); };
  add("linalg_eigh/16x32", {0, 2 * bytes / 16}, [few] { return eigh(few()); });
  add("linalg_svd/16x32", {0, 3 * bytes / 16}, [few] { return svd(few()); });
});

}  // namespace
}  // namespace neurite_bench
