// Per-level table of the optimiser kernels; formulas in optim.h. The coefficients are made from the
// attributes once per call, in double, so that the loops hold no branch and no constant expression.
#pragma once

#include <stdint.h>

namespace nrt {

// What happens to g and w before the update.
struct OptimGradient {
  double scale;    // g = g * scale
  double clip;     // 0: none
  double l2;       // g += l2 * w
  double shrink;   // w *= shrink (1 - lr * decay)
};

// v = keep * v + add * g; w += velocity * v + direct * g. Without v: w += alone * g.
struct OptimSgd {
  double keep, add, velocity, direct, alone;
  bool first;  // v starts at 0 whatever it holds
};

// d = s - m^2 or s; r = sqrt(d + inside) + outside; v = momentum * v + into * g / r; w -= out * v.
struct OptimRmsprop {
  double rho, inside, outside, momentum, into, out;
};

// w -= step * m / (sqrt(v) * root + eps).
struct OptimAdam {
  double b1, b2, step, root, eps;
};

// A rule of nrt_optim_rule_step and its numbers.
struct OptimRule {
  int32_t rule;
  double lr, c[6];
};

struct OptimRuleKernels {
  void (*step_f32)(const int64_t* table, int64_t count, OptimGradient g, OptimRule rule);
  void (*step_f64)(const int64_t* table, int64_t count, OptimGradient g, OptimRule rule);
};

struct OptimKernels {
  void (*sgd_f32)(const int64_t* table, int64_t count, OptimGradient g, OptimSgd a);
  void (*sgd_f64)(const int64_t* table, int64_t count, OptimGradient g, OptimSgd a);
  void (*rmsprop_f32)(const int64_t* table, int64_t count, OptimGradient g, OptimRmsprop a);
  void (*rmsprop_f64)(const int64_t* table, int64_t count, OptimGradient g, OptimRmsprop a);
  void (*adam_f32)(const int64_t* table, int64_t count, OptimGradient g, OptimAdam a);
  void (*adam_f64)(const int64_t* table, int64_t count, OptimGradient g, OptimAdam a);
  double (*sum_squares_f32)(const int64_t* table, int64_t count);
  double (*sum_squares_f64)(const int64_t* table, int64_t count);
};

}  // namespace nrt
