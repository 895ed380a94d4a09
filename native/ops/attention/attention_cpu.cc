// Attention without the score matrix: which form of the products, and the level's table. Forward is in
// attention_forward.h, backward in attention_backward.h; README.md tells why.
#include "ops/attention/attention_forward.h"

#if defined(NRT_ISA_AVX512)
#include "ops/attention/attention_tiles.h"
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

void forward_float(const AttentionPlan& p, float* y, float* lse, const float* q, const float* k, const float* v) {
#if defined(NRT_ISA_AVX512)
  const TileCall call(p);
  if (call.kernels != nullptr) return forward_on_tiles(p, call, y, lse, q, k, v);
#endif
  forward(p, y, lse, q, k, v);
}

void backward_float(const AttentionPlan& p, float* dq, float* dk, float* dv, const float* dy, const float* y,
                    const float* lse, const float* q, const float* k, const float* v) {
#if defined(NRT_ISA_AVX512)
  const TileCall call(p);
  if (call.kernels != nullptr) return backward_on_tiles(p, call, dq, dk, dv, {dy, y, lse, q}, k, v);
#endif
  backward(p, dq, dk, dv, dy, y, lse, q, k, v);
}

}  // namespace

extern const AttentionLevel attention_kernels;
const AttentionLevel attention_kernels = {{forward_float, backward_float}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
