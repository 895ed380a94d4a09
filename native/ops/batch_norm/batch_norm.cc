// The exported functions: checks, and the few values per channel that the kernels need, computed in
// double here (no loop over the data runs in this file).
#include "ops/batch_norm/batch_norm.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "core/kernel.h"
#include "ops/batch_norm/batch_norm_kernels.h"

NRT_DECLARE_LEVELS(BatchNormLevel, batch_norm_kernels)

namespace {

constexpr char kOp[] = "batch_norm";

struct Scratch {  // per-channel values of one call
  int64_t mark = nrt::scratch_mark();
  ~Scratch() { nrt::scratch_release(mark); }
  template <typename T>
  T* take(int64_t n) {
    return static_cast<T*>(nrt::scratch_alloc(n * static_cast<int64_t>(sizeof(T))));
  }
};

struct Named {
  const char* name;
  nrt_ptr address;
};

void check(int32_t dtype, int64_t rows, int64_t channels, std::initializer_list<Named> whole,
           std::initializer_list<Named> per_channel) {
  nrt::require_real(kOp, dtype);
  const int64_t elements = nrt::require_size(kOp, rows, channels);
  for (const Named& p : whole) nrt::require_array(kOp, p.name, p.address, elements);
  for (const Named& p : per_channel) nrt::require_array(kOp, p.name, p.address, channels);
}

template <typename T>
const nrt::BatchNormKernels<T>& kernels_of(const nrt::BatchNormLevel& level);
template <>
const nrt::BatchNormKernels<float>& kernels_of<float>(const nrt::BatchNormLevel& level) {
  return level.f32;
}
template <>
const nrt::BatchNormKernels<double>& kernels_of<double>(const nrt::BatchNormLevel& level) {
  return level.f64;
}

double inverse_deviation(double var, double eps) { return 1 / std::sqrt(var + eps); }

// What comes behind the normalisation.
struct Behind {
  nrt_ptr residual;
  bool relu;
};

template <typename T>
struct Affine {
  T* scale;
  T* shift;
};

// The normalisation as (x - mean) * scale + shift.
template <typename T>
Affine<T> affine_of(Scratch& scratch, const T* gamma, const T* beta, const T* rstd, int64_t channels) {
  const Affine<T> f = {scratch.take<T>(channels), scratch.take<T>(channels)};
  for (int64_t i = 0; i < channels; ++i) {
    f.scale[i] = gamma != nullptr ? gamma[i] * rstd[i] : rstd[i];
    f.shift[i] = beta != nullptr ? beta[i] : T(0);
  }
  return f;
}

// y = gamma * (x - mean) * rstd + beta with the given per-channel values.
template <typename T>
void affine(const nrt::BatchNormKernels<T>& k, nrt_ptr y, nrt_ptr x, const T* gamma, const T* beta,
            const T* mean, const T* rstd, int64_t rows, int64_t channels, const Behind& behind) {
  Scratch scratch;
  const Affine<T> f = affine_of(scratch, gamma, beta, rstd, channels);
  k.normalise(nrt::ptr<T>(y), nrt::ptr<T>(x), nrt::ptr<T>(behind.residual), mean, f.scale, f.shift,
              rows, channels, behind.relu);
}

template <typename T>
void forward(const nrt::BatchNormLevel& level, nrt_ptr y, nrt_ptr mean, nrt_ptr var, nrt_ptr rstd,
             nrt_ptr x, nrt_ptr gamma, nrt_ptr beta, int64_t rows, int64_t channels, double eps,
             const Behind& behind) {
  const nrt::BatchNormKernels<T>& k = kernels_of<T>(level);
  T* v = nrt::ptr<T>(var);
  T* r = nrt::ptr<T>(rstd);
  k.statistics(nrt::ptr<T>(mean), v, nrt::ptr<T>(x), rows, channels);
  for (int64_t i = 0; i < channels; ++i) {
    r[i] = static_cast<T>(inverse_deviation(static_cast<double>(v[i]), eps));
  }
  affine<T>(k, y, x, nrt::ptr<T>(gamma), nrt::ptr<T>(beta), nrt::ptr<T>(mean), r, rows, channels,
            behind);
}

template <typename T>
void store_parameter_gradients(T* dgamma, T* dbeta, const double* sums, const T* rstd,
                               int64_t channels) {
  for (int64_t i = 0; i < channels; ++i) {
    if (dbeta != nullptr) dbeta[i] = static_cast<T>(sums[i]);
    if (dgamma != nullptr) {
      dgamma[i] = static_cast<T>(sums[channels + i] * static_cast<double>(rstd[i]));
    }
  }
}

// The result's mask where there was a ReLU, and what it needs.
struct Front {
  nrt_ptr y, dz, beta;
  bool relu;
};

// dx = gamma * rstd * (dy - mean(dy) - xhat * mean(dy * xhat)), as dy * a + (x - mean) * b + d.
template <typename T>
void backward(const nrt::BatchNormLevel& level, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
              nrt_ptr dy, nrt_ptr x, nrt_ptr gamma, nrt_ptr mean, nrt_ptr rstd, int64_t rows,
              int64_t channels, const Front& front) {
  const nrt::BatchNormKernels<T>& k = kernels_of<T>(level);
  const T* r = nrt::ptr<T>(rstd);
  const T* weights = nrt::ptr<T>(gamma);
  Scratch scratch;
  nrt::BatchNormMask<T> mask;
  const T* up = nrt::ptr<T>(dy);
  if (front.relu && front.y != 0) {
    mask.y = nrt::ptr<T>(front.y);
    mask.dz = nrt::ptr<T>(front.dz);
  } else if (front.relu) {
    const Affine<T> f = affine_of(scratch, weights, nrt::ptr<const T>(front.beta), r, channels);
    mask.scale = f.scale;
    mask.shift = f.shift;
  }
  double* sums = scratch.take<double>(2 * channels);
  k.gradient_sums(sums, up, nrt::ptr<T>(x), nrt::ptr<T>(mean), mask, rows, channels);
  if (mask.y != nullptr) {  // dz is made
    up = mask.dz;
    mask = {};
  }
  T* a = scratch.take<T>(channels);
  T* b = scratch.take<T>(channels);
  T* d = scratch.take<T>(channels);
  const double share = rows > 0 ? 1 / static_cast<double>(rows) : 0;
  for (int64_t i = 0; i < channels; ++i) {
    const double inverse = static_cast<double>(r[i]);
    const double factor = (weights != nullptr ? static_cast<double>(weights[i]) : 1) * inverse;
    a[i] = static_cast<T>(factor);
    b[i] = static_cast<T>(-factor * inverse * inverse * sums[channels + i] * share);
    d[i] = static_cast<T>(-factor * sums[i] * share);
  }
  store_parameter_gradients(nrt::ptr<T>(dgamma), nrt::ptr<T>(dbeta), sums, r, channels);
  k.gradient(nrt::ptr<T>(dx), up, nrt::ptr<T>(x), nrt::ptr<T>(mean), a, b, d, mask, rows, channels);
}

template <typename T>
T* inverse_deviations(Scratch& scratch, nrt_ptr var, int64_t channels, double eps) {
  T* rstd = scratch.take<T>(channels);
  const T* v = nrt::ptr<T>(var);
  for (int64_t i = 0; i < channels; ++i) {
    rstd[i] = static_cast<T>(inverse_deviation(static_cast<double>(v[i]), eps));
  }
  return rstd;
}

template <typename T>
void infer_forward(const nrt::BatchNormLevel& level, nrt_ptr y, nrt_ptr x, nrt_ptr gamma,
                   nrt_ptr beta, nrt_ptr mean, nrt_ptr var, int64_t rows, int64_t channels,
                   double eps, const Behind& behind) {
  Scratch scratch;
  const T* rstd = inverse_deviations<T>(scratch, var, channels, eps);
  affine<T>(kernels_of<T>(level), y, x, nrt::ptr<T>(gamma), nrt::ptr<T>(beta), nrt::ptr<T>(mean),
            rstd, rows, channels, behind);
}

template <typename T>
void infer_backward(const nrt::BatchNormLevel& level, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
                    nrt_ptr dy, nrt_ptr x, nrt_ptr gamma, nrt_ptr mean, nrt_ptr var, int64_t rows,
                    int64_t channels, double eps) {
  const nrt::BatchNormKernels<T>& k = kernels_of<T>(level);
  Scratch scratch;
  const T* rstd = inverse_deviations<T>(scratch, var, channels, eps);
  if (dgamma != 0 || dbeta != 0) {
    double* sums = scratch.take<double>(2 * channels);
    k.gradient_sums(sums, nrt::ptr<T>(dy), nrt::ptr<T>(x), nrt::ptr<T>(mean), {}, rows, channels);
    store_parameter_gradients(nrt::ptr<T>(dgamma), nrt::ptr<T>(dbeta), sums, rstd, channels);
  }
  const T* weights = nrt::ptr<T>(gamma);
  T* a = scratch.take<T>(channels);
  for (int64_t i = 0; i < channels; ++i) a[i] = weights != nullptr ? weights[i] * rstd[i] : rstd[i];
  k.scale(nrt::ptr<T>(dx), nrt::ptr<T>(dy), a, rows, channels);
}

template <typename T>
void update(nrt_ptr moving_mean, nrt_ptr moving_var, nrt_ptr mean, nrt_ptr var, int64_t channels,
            double momentum, double var_scale) {
  T* mm = nrt::ptr<T>(moving_mean);
  T* mv = nrt::ptr<T>(moving_var);
  const T* m = nrt::ptr<T>(mean);
  const T* v = nrt::ptr<T>(var);
  const T keep = static_cast<T>(momentum), fresh = static_cast<T>(1 - momentum);
  const T fresh_var = static_cast<T>((1 - momentum) * var_scale);
  for (int64_t i = 0; i < channels; ++i) {
    mm[i] = keep * mm[i] + fresh * m[i];
    mv[i] = keep * mv[i] + fresh_var * v[i];
  }
}

}  // namespace

extern "C" {

nrt_status nrt_batch_norm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr mean, nrt_ptr var,
                              nrt_ptr rstd, nrt_ptr x, nrt_ptr gamma, nrt_ptr beta,
                              nrt_ptr residual, int64_t rows, int64_t channels, double eps,
                              int32_t relu) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    check(dtype, rows, channels, {{"y", y}, {"x", x}}, {{"mean", mean}, {"var", var}, {"rstd", rstd}});
    (dtype == NRT_FLOAT32 ? forward<float> : forward<double>)(
        NRT_SELECT(c, batch_norm_kernels), y, mean, var, rstd, x, gamma, beta, rows, channels, eps,
        {residual, relu != 0});
  });
}

nrt_status nrt_batch_norm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
                              nrt_ptr dz, nrt_ptr dy, nrt_ptr x, nrt_ptr y, nrt_ptr gamma,
                              nrt_ptr beta, nrt_ptr mean, nrt_ptr rstd, int64_t rows,
                              int64_t channels, int32_t relu) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    check(dtype, rows, channels, {{"dx", dx}, {"dy", dy}, {"x", x}}, {{"mean", mean}, {"rstd", rstd}});
    if (relu != 0 && y != 0) check(dtype, rows, channels, {{"dz", dz}}, {});
    (dtype == NRT_FLOAT32 ? backward<float> : backward<double>)(
        NRT_SELECT(c, batch_norm_kernels), dx, dgamma, dbeta, dy, x, gamma, mean, rstd, rows,
        channels, {y, dz, beta, relu != 0});
  });
}

nrt_status nrt_batch_norm_infer_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr gamma,
                                    nrt_ptr beta, nrt_ptr mean, nrt_ptr var, nrt_ptr residual,
                                    int64_t rows, int64_t channels, double eps, int32_t relu) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    check(dtype, rows, channels, {{"y", y}, {"x", x}}, {{"mean", mean}, {"var", var}});
    (dtype == NRT_FLOAT32 ? infer_forward<float> : infer_forward<double>)(
        NRT_SELECT(c, batch_norm_kernels), y, x, gamma, beta, mean, var, rows, channels, eps,
        {residual, relu != 0});
  });
}

nrt_status nrt_batch_norm_infer_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma,
                                    nrt_ptr dbeta, nrt_ptr dy, nrt_ptr x, nrt_ptr gamma,
                                    nrt_ptr mean, nrt_ptr var, int64_t rows, int64_t channels,
                                    double eps) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    check(dtype, rows, channels, {{"dx", dx}, {"dy", dy}, {"x", x}}, {{"mean", mean}, {"var", var}});
    (dtype == NRT_FLOAT32 ? infer_backward<float> : infer_backward<double>)(
        NRT_SELECT(c, batch_norm_kernels), dx, dgamma, dbeta, dy, x, gamma, mean, var, rows,
        channels, eps);
  });
}

nrt_status nrt_batch_norm_update(nrt_ctx ctx, int32_t dtype, nrt_ptr moving_mean, nrt_ptr moving_var,
                                 nrt_ptr mean, nrt_ptr var, int64_t channels, double momentum,
                                 double var_scale) {
  return nrt::guard([&] {
    nrt::context(ctx);
    check(dtype, 1, channels, {},
          {{"moving_mean", moving_mean}, {"moving_var", moving_var}, {"mean", mean}, {"var", var}});
    (dtype == NRT_FLOAT32 ? update<float> : update<double>)(moving_mean, moving_var, mean, var,
                                                            channels, momentum, var_scale);
  });
}

}  // extern "C"
