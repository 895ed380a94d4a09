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

// The element-wise rules that need no options of their own. row: w, g, a, b, n (b 0 where unused);
// d is the prepared gradient, c0..c5 are:
//   ADAGRAD   a += d^2; w -= lr*d / (sqrt(a + c0) + c1)
//   ADADELTA  a = c0*a + (1-c0)*d^2; u = sqrt(b + c1)/sqrt(a + c1)*d; b = c0*b + (1-c0)*u^2; w -= lr*u
//   ADAMAX    a = c0*a + (1-c0)*d; b = max(c1*b, |d| + c2); w -= lr*c4*a / (b + c3)
//   NADAM     a = c0*a + (1-c0)*d; b = c1*b + (1-c1)*d^2; w -= lr*(c3*a + c4*d) / (c5*sqrt(b) + c2)
//   LION      w -= lr*sign(c0*a + (1-c0)*d); a = c1*a + (1-c1)*d
//   RADAM     a, b as NADAM; w -= lr*c3*a / (sqrt(b) + c2), or w -= lr*c3*a where c4 = 0
//   RPROP     f = c1 where d*a > 0, c0 where < 0, else 1; b = clamp(f*b, c2, c3); d = 0 where f = c0;
//             w -= sign(d)*b; a = d
//   ASGD      w = (1 - c0*lr)*w - lr*d; a += (w - a)*c1
//   FTRL      n = a + d^2; p = -c0; b += d + 2*c3*w - (n^p - a^p)/lr*w;
//             w = (clamp(b, -c1, c1) - b) / (n^p/lr + 2*c2); a = n
enum {
  NRT_OPTIM_ADAGRAD,
  NRT_OPTIM_ADADELTA,
  NRT_OPTIM_ADAMAX,
  NRT_OPTIM_NADAM,
  NRT_OPTIM_LION,
  NRT_OPTIM_RADAM,
  NRT_OPTIM_RPROP,
  NRT_OPTIM_ASGD,
  NRT_OPTIM_FTRL,
  NRT_OPTIM_RULES
};
enum { NRT_OPTIM_RULE_ROW = 5 };
nrt_status nrt_optim_rule_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                               int32_t rule, double lr, double c0, double c1, double c2, double c3,
                               double c4, double c5, double grad_scale, double clip, double l2,
                               double decay);

// result (double, device) = sum over all tensors of sum(g^2); table rows: g, n.
nrt_status nrt_optim_sum_squares(nrt_ctx ctx, int32_t dtype, nrt_ptr result, const int64_t* table,
                                 int64_t count);

#ifdef __cplusplus
}
#endif
#endif
