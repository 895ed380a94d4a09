#include "ops/rnn/rnn.h"

#include "core/dispatch.h"
#include "core/packed_steps_check.h"
#include "core/precision.h"
#include "ops/rnn/rnn_kernels.h"
#include "ops/unary/unary.h"

NRT_DECLARE_LEVELS(RnnKernels, rnn_kernels)
#if defined(__x86_64__) || defined(_M_X64)
NRT_DECLARE_TILE_LEVELS(RnnTiles<float>, rnn_tiles)
#endif

namespace {

using namespace nrt;

constexpr char kOp[] = "rnn";
constexpr int64_t kGates = 1;

template <typename T>
const RnnTiles<T>* tiles_for(int32_t products) {
#if defined(__x86_64__) || defined(_M_X64)
  if constexpr (sizeof(T) == sizeof(float)) return products > 0 ? NRT_TILE_KERNELS(rnn_tiles) : nullptr;
#endif
  return static_cast<void>(products), nullptr;
}

static_assert(NRT_UNARY_IDENTITY == kRnnIdentity && NRT_UNARY_RELU == kRnnRelu &&
                  NRT_UNARY_SIGMOID == kRnnSigmoid && NRT_UNARY_TANH == kRnnTanh,
              "rnn_kernels.h repeats these codes");

void check_activation(int32_t code) {
  if (code != kRnnIdentity && code != kRnnRelu && code != kRnnSigmoid && code != kRnnTanh) {
    unsupported("rnn: activation %d; identity, relu, sigmoid and tanh are supported", code);
  }
}

}  // namespace

extern "C" {

nrt_status nrt_rnn_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr h, nrt_ptr hn, nrt_ptr projected,
                       nrt_ptr recurrent, nrt_ptr h0, const int64_t* step_rows, int64_t steps,
                       int64_t batch, int64_t total, int64_t units, int32_t activation) {
  return guard([&] {
    Context& c = context(ctx);
    const PackedSizes size = packed_sizes(kOp, dtype, batch, total, units, kGates);
    const PackedSteps packed = require_steps(kOp, step_rows, steps, batch, total);
    check_activation(activation);
    require_array(kOp, "h", h, size.rows);
    require_array(kOp, "hn", hn, size.state);
    require_array(kOp, "projected", projected, size.rows);
    require_array(kOp, "recurrent", recurrent, size.weights);
    if (units == 0) return;  // every output is empty
    const int32_t products = step_products(dtype, packed, units, kGates);
    for_real(kOp, NRT_SELECT(c, rnn_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      table.forward({ptr<T>(h), ptr<T>(hn), ptr<T>(projected), ptr<T>(recurrent), ptr<T>(h0), packed,
                    units,
                     activation, products, tiles_for<T>(products)});
    });
  });
}

nrt_status nrt_rnn_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dprojected, nrt_ptr drecurrent, nrt_ptr dh0,
                       nrt_ptr previous, nrt_ptr dh, nrt_ptr dhn, nrt_ptr h, nrt_ptr recurrent,
                       nrt_ptr h0, const int64_t* step_rows, int64_t steps, int64_t batch,
                       int64_t total, int64_t units, int32_t activation) {
  return guard([&] {
    Context& c = context(ctx);
    const PackedSizes size = packed_sizes(kOp, dtype, batch, total, units, kGates);
    const PackedSteps packed = require_steps(kOp, step_rows, steps, batch, total);
    check_activation(activation);
    require_array(kOp, "dprojected", dprojected, size.rows);
    require_array(kOp, "drecurrent", drecurrent, size.weights);
    require_array(kOp, "previous", previous, of_one_length(packed) ? 0 : size.rows);
    require_array(kOp, "h", h, size.rows);
    require_array(kOp, "recurrent", recurrent, size.weights);
    if (units == 0) return;  // every output is empty
    const int32_t products = step_products(dtype, packed, units, kGates);
    for_real(kOp, NRT_SELECT(c, rnn_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      table.backward({ptr<T>(dprojected), ptr<T>(drecurrent), ptr<T>(dh0), ptr<T>(previous), ptr<T>(dh),
                     ptr<T>(dhn), ptr<T>(h), ptr<T>(recurrent), ptr<T>(h0), packed, units,
                     activation, products, tiles_for<T>(products)});
    });
  });
}

}  // extern "C"
