// What both ways through the data share (layer_norm_cpu.cc).
#pragma once

#include "core/kernel.h"
#include "core/wide_rows.h"
#include "ops/layer_norm/layer_norm_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kShare = 8;  // a shift is the mean of one value in so many

inline double inverse_deviation(const LayerNormPlan& plan, double squares, double n) {
  const double divisor = n - plan.correction;
  return 1 / sqrt(squares / (divisor > 0 ? divisor : 0) + plan.eps);
}

template <typename T>
inline const T* part(const T* per_channel, int64_t at) {
  return per_channel == nullptr ? nullptr : per_channel + at;
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
