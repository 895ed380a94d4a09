#include "ops/optim/optim.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/optim/optim_kernels.h"

NRT_DECLARE_LEVELS(OptimKernels, optim_kernels)
NRT_DECLARE_LEVELS(OptimRuleKernels, optim_rule_kernels)

namespace {

// The first `required` columns of every row must be given, the last one is a length.
void check_table(const char* op, const int64_t* table, int64_t count, int64_t columns,
                 int64_t required) {
  nrt::require_size(op, count, columns);
  if (table == nullptr && count > 0) nrt::invalid("%s: table is null", op);
  int64_t total = 0;
  for (int64_t t = 0; t < count; ++t) {
    const int64_t* row = table + t * columns;
    const int64_t n = nrt::require_size(op, row[columns - 1]);
    if (__builtin_add_overflow(total, n, &total)) nrt::invalid("%s: too many elements for any memory", op);
    for (int64_t k = 0; k < required && n > 0; ++k) {
      if (row[k] == 0) {
        nrt::invalid("%s: address %lld of tensor %lld is null", op, static_cast<long long>(k),
                     static_cast<long long>(t));
      }
    }
  }
}

nrt::OptimGradient gradient_of(double lr, double scale, double clip, double l2, double decay) {
  return {scale, clip, l2, 1 - lr * decay};
}

// The three forms of optim.h as v = keep*v + add*g; w += velocity*v + direct*g.
nrt::OptimSgd sgd_of(int32_t form, bool nesterov, bool first, double lr, double momentum,
                     double dampening) {
  const double direct = nesterov ? -lr : 0;
  switch (form) {
    case 0:
      return {momentum, -lr, nesterov ? momentum : 1, direct, -lr, first};
    case 1:
      return {momentum, first ? 1 : 1 - dampening, nesterov ? -lr * momentum : -lr, direct, -lr,
              first};
    case 2:
      if (nesterov) nrt::invalid("sgd: the moving-average form has no Nesterov variant");
      return {momentum, 1 - momentum, -lr, 0, -lr, first};
    default:
      nrt::invalid("sgd: form must be 0, 1 or 2, given %d", form);
  }
}

}  // namespace

extern "C" {

nrt_status nrt_optim_sgd_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                              int32_t form, int32_t nesterov, int32_t first, double lr,
                              double momentum, double dampening, double grad_scale, double clip,
                              double l2, double decay) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("sgd", dtype);
    check_table("sgd", table, count, NRT_OPTIM_SGD_ROW, 2);
    const nrt::OptimSgd a = sgd_of(form, nesterov != 0, first != 0, lr, momentum, dampening);
    const nrt::OptimGradient g = gradient_of(lr, grad_scale, clip, l2, decay);
    const nrt::OptimKernels& kernels = NRT_SELECT(c, optim_kernels);
    (dtype == NRT_FLOAT32 ? kernels.sgd_f32 : kernels.sgd_f64)(table, count, g, a);
  });
}

nrt_status nrt_optim_rmsprop_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                                  int32_t eps_inside, int32_t velocity_lr, double lr, double rho,
                                  double momentum, double eps, double grad_scale, double clip,
                                  double l2, double decay) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("rmsprop", dtype);
    check_table("rmsprop", table, count, NRT_OPTIM_RMSPROP_ROW, 3);
    nrt::OptimRmsprop a = {rho, eps_inside != 0 ? eps : 0, eps_inside != 0 ? 0 : eps, momentum,
                           velocity_lr != 0 ? lr : 1, velocity_lr != 0 ? 1 : lr};
    const nrt::OptimGradient g = gradient_of(lr, grad_scale, clip, l2, decay);
    const nrt::OptimKernels& kernels = NRT_SELECT(c, optim_kernels);
    (dtype == NRT_FLOAT32 ? kernels.rmsprop_f32 : kernels.rmsprop_f64)(table, count, g, a);
  });
}

nrt_status nrt_optim_adam_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                               int32_t hat, double lr, double b1, double b2, double eps, double c1,
                               double c2, double grad_scale, double clip, double l2, double decay) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("adam", dtype);
    check_table("adam", table, count, NRT_OPTIM_ADAM_ROW, 4);
    const double root = std::sqrt(c2);
    const nrt::OptimAdam a = {b1, b2, hat != 0 ? lr / c1 : lr * root / c1, hat != 0 ? 1 / root : 1,
                              eps};
    const nrt::OptimGradient g = gradient_of(lr, grad_scale, clip, l2, decay);
    const nrt::OptimKernels& kernels = NRT_SELECT(c, optim_kernels);
    (dtype == NRT_FLOAT32 ? kernels.adam_f32 : kernels.adam_f64)(table, count, g, a);
  });
}

nrt_status nrt_optim_rule_step(nrt_ctx ctx, int32_t dtype, const int64_t* table, int64_t count,
                               int32_t rule, double lr, double c0, double c1, double c2, double c3,
                               double c4, double c5, double grad_scale, double clip, double l2,
                               double decay) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("optim_rule", dtype);
    if (rule < 0 || rule >= NRT_OPTIM_RULES) nrt::invalid("optim_rule: no rule %d", rule);
    const bool one_slot = rule == NRT_OPTIM_ADAGRAD || rule == NRT_OPTIM_LION || rule == NRT_OPTIM_ASGD;
    check_table("optim_rule", table, count, NRT_OPTIM_RULE_ROW, one_slot ? 3 : 4);
    const nrt::OptimGradient g = gradient_of(lr, grad_scale, clip, l2, decay);
    const nrt::OptimRuleKernels& kernels = NRT_SELECT(c, optim_rule_kernels);
    (dtype == NRT_FLOAT32 ? kernels.step_f32 : kernels.step_f64)(
        table, count, g, nrt::OptimRule{rule, lr, {c0, c1, c2, c3, c4, c5}});
  });
}

nrt_status nrt_optim_sum_squares(nrt_ctx ctx, int32_t dtype, nrt_ptr result, const int64_t* table,
                                 int64_t count) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("sum_squares", dtype);
    nrt::require_array("sum_squares", "result", result, 1);
    check_table("sum_squares", table, count, 2, 1);
    const nrt::OptimKernels& kernels = NRT_SELECT(c, optim_kernels);
    *nrt::ptr<double>(result) =
        (dtype == NRT_FLOAT32 ? kernels.sum_squares_f32 : kernels.sum_squares_f64)(table, count);
  });
}

}  // extern "C"
