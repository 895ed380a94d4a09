#include "ops/linalg/linalg.h"

#include <type_traits>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/linalg/linalg_kernels.h"

NRT_DECLARE_LEVELS(LinalgKernels, linalg_kernels)

namespace {

int64_t elements(int64_t batch, int64_t m, int64_t n) {
  return nrt::require_size("linalg", batch, nrt::require_size("linalg", m, n));
}

void require(const char* name, nrt_ptr address, int64_t count) {
  nrt::require_array("linalg", name, address, count);
}

// Calls f(table of the type, null pointer of the type).
template <typename F>
void typed(nrt_ctx ctx, int32_t dtype, const F& f) {
  nrt::Context& c = nrt::context(ctx);
  nrt::require_real("linalg", dtype);
  const nrt::LinalgKernels& kernels = NRT_SELECT(c, linalg_kernels);
  if (dtype == NRT_FLOAT32) {
    f(kernels.f32, static_cast<float*>(nullptr));
  } else {
    f(kernels.f64, static_cast<double*>(nullptr));
  }
}

void refuse(int64_t matrix, const char* what) {
  if (matrix >= 0)
    nrt::invalid("matrix %lld of the batch is %s", static_cast<long long>(matrix), what);
}

}  // namespace

extern "C" {

nrt_status nrt_linalg_det(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t batch,
                          int64_t n) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      require("x", x, elements(batch, n, n));
      require("y", y, batch);
      kernels.det(nrt::ptr<T>(y), nrt::ptr<T>(x), batch, n);
    });
  });
}

nrt_status nrt_linalg_solve(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                            int64_t batch, int64_t n, int64_t columns) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      require("a", a, elements(batch, n, n));
      require("b", b, elements(batch, n, columns));
      require("y", y, elements(batch, n, columns));
      if (n == 0) return;  // empty matrices, however many
      refuse(kernels.solve(nrt::ptr<T>(y), nrt::ptr<T>(a), nrt::ptr<T>(b), batch, n, columns),
             "singular");
    });
  });
}

nrt_status nrt_linalg_solve_triangular(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr t, nrt_ptr b,
                                       int64_t batch, int64_t n, int64_t columns, int32_t lower,
                                       int32_t transposed) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      require("t", t, elements(batch, n, n));
      require("b", b, elements(batch, n, columns));
      require("y", y, elements(batch, n, columns));
      if (n == 0) return;  // empty matrices, however many
      const nrt::TriangularForm form = {lower != 0, transposed != 0};
      refuse(kernels.solve_triangular(nrt::ptr<T>(y), nrt::ptr<T>(t), nrt::ptr<T>(b), batch, n,
                                      columns, form),
             "singular");
    });
  });
}

nrt_status nrt_linalg_cholesky(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t batch,
                               int64_t n) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      require("x", x, elements(batch, n, n));
      require("y", y, elements(batch, n, n));
      if (n == 0) return;  // empty matrices, however many
      refuse(kernels.cholesky(nrt::ptr<T>(y), nrt::ptr<T>(x), batch, n), "not positive definite");
    });
  });
}

nrt_status nrt_linalg_eigh(nrt_ctx ctx, int32_t dtype, nrt_ptr values, nrt_ptr vectors, nrt_ptr x,
                           int64_t batch, int64_t n) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      require("x", x, elements(batch, n, n));
      require("values", values, elements(batch, 1, n));
      require("vectors", vectors, elements(batch, n, n));
      if (n == 0) return;  // empty matrices, however many
      kernels.eigh(nrt::ptr<T>(values), nrt::ptr<T>(vectors), nrt::ptr<T>(x), batch, n);
    });
  });
}

nrt_status nrt_linalg_svd(nrt_ctx ctx, int32_t dtype, nrt_ptr u, nrt_ptr s, nrt_ptr v, nrt_ptr x,
                          int64_t batch, int64_t m, int64_t n) {
  return nrt::guard([&] {
    typed(ctx, dtype, [&](const auto& kernels, auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      if (m < n)
        nrt::invalid("svd: %lld rows, expected at least %lld", static_cast<long long>(m),
                     static_cast<long long>(n));
      require("x", x, elements(batch, m, n));
      require("u", u, elements(batch, m, n));
      require("s", s, elements(batch, 1, n));
      require("v", v, elements(batch, n, n));
      if (n == 0) return;  // empty matrices, however many
      kernels.svd(nrt::ptr<T>(u), nrt::ptr<T>(s), nrt::ptr<T>(v), nrt::ptr<T>(x), batch, m, n);
    });
  });
}

}  // extern "C"
