// Optimiser steps over many tensors in one call, one pass over the data each.
#ifndef NEURITE_OPS_OPTIM_H
#define NEURITE_OPS_OPTIM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// table: `count` rows of int64. All tensors of one dtype (float32, float64), contiguous.
// Before the update: g = g * grad_scale; with clip > 0 clamped to [-clip, clip]; then
// g = g + l2 * w (coupled decay), and w = w - lr * decay * w (decoupled decay).

// SGD. row: w, g, v (0 without momentum), n. form 0 (Keras): v = momentum*v - lr*g; w += v
// (Nesterov: w += momentum*v - lr*g). form 1 (PyTorch): v = momentum*v + (1-dampening)*g;
// w -= lr*v (Nesterov: w -= lr*(g + momentum*v)); first = 1 sets v = g. form 2 (moving average):
// v = momentum*v + (1-momentum)*g; w -= lr*v.
enum { NRT_OPTIM_SGD_ROW = 4 };
nrt_status nrt_optim_sgd_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                              int32_t form, int32_t nesterov, int32_t first, double lr,
                              double momentum, double dampening, double grad_scale, double clip,
                              double l2, double decay);

// RMSprop. row: w, g, s, v (0), m (0), n. s = rho*s + (1-rho)*g^2; centred (m given):
// m = rho*m + (1-rho)*g, d = s - m^2, else d = s; r = eps_inside ? sqrt(d + eps) : sqrt(d) + eps.
// Without momentum w -= lr*g/r; with: v = momentum*v + (velocity_lr ? lr : 1)*g/r,
// w -= (velocity_lr ? 1 : lr)*v.
enum { NRT_OPTIM_RMSPROP_ROW = 6 };
nrt_status nrt_optim_rmsprop_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                                  int32_t eps_inside, int32_t velocity_lr, double lr, double rho,
                                  double momentum, double eps, double grad_scale, double clip,
                                  double l2, double decay);

// Adam. row: w, g, m, v, vmax (0 without AMSGrad), n. m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g^2.
// hat 1 (PyTorch, Kingma & Ba): w -= lr/c1 * m / (sqrt(v)/sqrt(c2) + eps), c1 = 1-b1^t, c2 = 1-b2^t;
// hat 0 (Keras): w -= lr*sqrt(c2)/c1 * m / (sqrt(v) + eps). AMSGrad uses vmax = max(vmax, v) for v.
enum { NRT_OPTIM_ADAM_ROW = 6 };
nrt_status nrt_optim_adam_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                               int32_t hat, double lr, double b1, double b2, double eps, double c1,
                               double c2, double grad_scale, double clip, double l2, double decay);

// result (double, device) = sum over all tensors of sum(g^2); table rows: g, n.
nrt_status nrt_optim_sum_squares(nrt_ctx ctx, int32_t dtype, nrt_ptr result, const int64_t* table,
                                 int64_t count);

#ifdef __cplusplus
}
#endif
#endif
