#include "ops/layer_norm/layer_norm.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/layer_norm/layer_norm_kernels.h"

NRT_DECLARE_LEVELS(LayerNormLevel, layer_norm_kernels)

namespace {

constexpr char kOp[] = "layer_norm";

struct Sizes {
  int64_t elements, channels, statistics;
};

Sizes check(int32_t dtype, const nrt::LayerNormPlan& plan) {
  nrt::require_real(kOp, dtype);
  Sizes s{};
  s.channels = nrt::require_size(kOp, plan.groups, plan.width);
  s.statistics = nrt::require_size(kOp, plan.batch, plan.groups);
  s.elements =
      nrt::require_size(kOp, nrt::require_size(kOp, plan.batch, plan.positions), s.channels);
  if (!(plan.correction >= 0)) nrt::invalid("%s: correction %g is below 0", kOp, plan.correction);
  return s;
}

template <typename T>
void forward(const nrt::LayerNormKernels<T>& k, const nrt::LayerNormPlan& plan, nrt_ptr y,
             nrt_ptr mean, nrt_ptr rstd, nrt_ptr x, nrt_ptr gamma, nrt_ptr beta) {
  k.forward(plan, nrt::ptr<T>(y), plan.centred ? nrt::ptr<T>(mean) : nullptr, nrt::ptr<T>(rstd),
            nrt::ptr<T>(x), nrt::ptr<T>(gamma), nrt::ptr<T>(beta));
}

template <typename T>
void backward(const nrt::LayerNormKernels<T>& k, const nrt::LayerNormPlan& plan, nrt_ptr dx,
              nrt_ptr dgamma, nrt_ptr dbeta, nrt_ptr dy, nrt_ptr x, nrt_ptr gamma, nrt_ptr mean,
              nrt_ptr rstd) {
  k.backward(plan, nrt::ptr<T>(dx), nrt::ptr<T>(dgamma), nrt::ptr<T>(dbeta), nrt::ptr<T>(dy),
             nrt::ptr<T>(x), nrt::ptr<T>(gamma), plan.centred ? nrt::ptr<T>(mean) : nullptr,
             nrt::ptr<T>(rstd));
}

}  // namespace

extern "C" {

nrt_status nrt_layer_norm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr mean, nrt_ptr rstd,
                              nrt_ptr x, nrt_ptr gamma, nrt_ptr beta, int64_t batch,
                              int64_t positions, int64_t groups, int64_t width, double eps,
                              double correction, int32_t centred) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::LayerNormPlan plan = {batch, positions, groups, width, eps, correction, centred != 0};
    const Sizes s = check(dtype, plan);
    nrt::require_array(kOp, "y", y, s.elements);
    nrt::require_array(kOp, "x", x, s.elements);
    nrt::require_array(kOp, "rstd", rstd, s.statistics);
    if (plan.centred) nrt::require_array(kOp, "mean", mean, s.statistics);
    const nrt::LayerNormLevel& level = NRT_SELECT(c, layer_norm_kernels);
    if (dtype == NRT_FLOAT32) {
      forward<float>(level.f32, plan, y, mean, rstd, x, gamma, beta);
    } else {
      forward<double>(level.f64, plan, y, mean, rstd, x, gamma, beta);
    }
  });
}

nrt_status nrt_layer_norm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
                              nrt_ptr dy, nrt_ptr x, nrt_ptr gamma, nrt_ptr mean, nrt_ptr rstd,
                              int64_t batch, int64_t positions, int64_t groups, int64_t width,
                              double correction, int32_t centred) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::LayerNormPlan plan = {batch, positions, groups, width, 0, correction, centred != 0};
    const Sizes s = check(dtype, plan);
    nrt::require_array(kOp, "dx", dx, s.elements);
    nrt::require_array(kOp, "dy", dy, s.elements);
    nrt::require_array(kOp, "x", x, s.elements);
    nrt::require_array(kOp, "rstd", rstd, s.statistics);
    if (plan.centred) nrt::require_array(kOp, "mean", mean, s.statistics);
    const nrt::LayerNormLevel& level = NRT_SELECT(c, layer_norm_kernels);
    if (dtype == NRT_FLOAT32) {
      backward<float>(level.f32, plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
    } else {
      backward<double>(level.f64, plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
    }
  });
}

}  // extern "C"
