// Two ways through x [batch, positions, groups, width]: by rows (one position) and by planes
// (several). Both read the data once from memory where a row, or a sample, fits into a cache.
#include "ops/layer_norm/layer_norm_planes.h"
#include "ops/layer_norm/layer_norm_rows.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
void clear(T* values, int64_t n) {
  if (values != nullptr && n > 0) memset(values, 0, static_cast<size_t>(n) * sizeof(T));
}

template <typename T>
void forward(const LayerNormPlan& plan, T* y, T* mean, T* rstd, const T* x, const T* gamma,
             const T* beta) {
  if (plan.positions == 0 || plan.width == 0) {  // no values: finite statistics, nothing to write
    clear(mean, plan.batch * plan.groups);
    clear(rstd, plan.batch * plan.groups);
  } else if (plan.positions == 1) {
    rows_forward(plan, y, mean, rstd, x, gamma, beta);
  } else if (plan.groups > 0 && plan.batch > 0) {
    planes_forward(plan, y, mean, rstd, x, gamma, beta);
  }
}

template <typename T>
void backward(const LayerNormPlan& plan, T* dx, T* dgamma, T* dbeta, const T* dy, const T* x,
              const T* gamma, const T* mean, const T* rstd) {
  const int64_t channels = plan.groups * plan.width;
  if (plan.batch == 0 || plan.positions == 0 || channels == 0) {
    clear(dgamma, channels);
    clear(dbeta, channels);
  } else if (plan.positions == 1) {
    rows_backward(plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
  } else {
    planes_backward(plan, dx, dgamma, dbeta, dy, x, gamma, mean, rstd);
  }
}

template <typename T>
constexpr LayerNormKernels<T> table() {
  return {forward<T>, backward<T>};
}

}  // namespace

extern const LayerNormLevel layer_norm_kernels;
const LayerNormLevel layer_norm_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
