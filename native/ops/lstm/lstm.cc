#include "ops/lstm/lstm.h"

#include "core/dispatch.h"
#include "core/packed_steps_check.h"
#include "core/precision.h"
#include "ops/lstm/lstm_kernels.h"

NRT_DECLARE_LEVELS(LstmKernels, lstm_kernels)
#if defined(__x86_64__) || defined(_M_X64)
NRT_DECLARE_TILE_LEVELS(LstmTiles<float>, lstm_tiles)
#endif

namespace {

using namespace nrt;

constexpr char kOp[] = "lstm";
constexpr int64_t kGates = 4;

template <typename T>
const LstmTiles<T>* tiles_for(int32_t products) {
#if defined(__x86_64__) || defined(_M_X64)
  if constexpr (sizeof(T) == sizeof(float)) return products > 0 ? NRT_TILE_KERNELS(lstm_tiles) : nullptr;
#endif
  return static_cast<void>(products), nullptr;
}

}  // namespace

extern "C" {

nrt_status nrt_lstm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr h, nrt_ptr c, nrt_ptr gates, nrt_ptr hn,
                        nrt_ptr cn, nrt_ptr projected, nrt_ptr recurrent, nrt_ptr peephole, nrt_ptr h0,
                        nrt_ptr c0, const int64_t* step_rows, int64_t steps, int64_t batch,
                        int64_t total, int64_t units) {
  return guard([&] {
    Context& context_of_call = context(ctx);
    const PackedSizes size = packed_sizes(kOp, dtype, batch, total, units, kGates);
    const PackedSteps packed = require_steps(kOp, step_rows, steps, batch, total);
    require_array(kOp, "h", h, size.rows);
    if (gates != 0 || c != 0) {  // both or none
      require_array(kOp, "c", c, size.rows);
      require_array(kOp, "gates", gates, size.rows);
    }
    require_array(kOp, "hn", hn, size.state);
    require_array(kOp, "cn", cn, size.state);
    require_array(kOp, "projected", projected, size.rows);
    require_array(kOp, "recurrent", recurrent, size.weights);
    if (units == 0) return;  // every output is empty
    const int32_t products = step_products(dtype, packed, units, kGates);
    for_real(kOp, NRT_SELECT(context_of_call, lstm_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      table.forward({ptr<T>(h), ptr<T>(c), ptr<T>(gates), ptr<T>(hn), ptr<T>(cn), ptr<T>(projected),
                    ptr<T>(recurrent), ptr<T>(peephole), ptr<T>(h0), ptr<T>(c0), packed, units, products,
                    tiles_for<T>(products)});
    });
  });
}

nrt_status nrt_lstm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dprojected, nrt_ptr drecurrent,
                        nrt_ptr dpeephole, nrt_ptr dh0, nrt_ptr dc0, nrt_ptr previous, nrt_ptr dh,
                        nrt_ptr dhn, nrt_ptr dcn, nrt_ptr h, nrt_ptr c, nrt_ptr gates,
                        nrt_ptr recurrent, nrt_ptr peephole, nrt_ptr h0, nrt_ptr c0,
                        const int64_t* step_rows, int64_t steps, int64_t batch, int64_t total,
                        int64_t units) {
  return guard([&] {
    Context& context_of_call = context(ctx);
    const PackedSizes size = packed_sizes(kOp, dtype, batch, total, units, kGates);
    const PackedSteps packed = require_steps(kOp, step_rows, steps, batch, total);
    require_array(kOp, "dprojected", dprojected, size.rows);
    require_array(kOp, "drecurrent", drecurrent, size.weights);
    require_array(kOp, "dpeephole", peephole == 0 ? 1 : dpeephole, units);
    require_array(kOp, "dc0", dc0, size.state);
    require_array(kOp, "previous", previous, of_one_length(packed) ? 0 : size.rows);
    require_array(kOp, "h", h, size.rows);
    require_array(kOp, "c", c, size.rows);
    require_array(kOp, "gates", gates, size.rows);
    require_array(kOp, "recurrent", recurrent, size.weights);
    if (units == 0) return;  // every output is empty
    const int32_t products = step_products(dtype, packed, units, kGates);
    for_real(kOp, NRT_SELECT(context_of_call, lstm_kernels), dtype, [&](const auto& table, auto zero) {
      using T = decltype(zero);
      table.backward({ptr<T>(dprojected), ptr<T>(drecurrent), ptr<T>(dpeephole), ptr<T>(dh0), ptr<T>(dc0),
                     ptr<T>(previous), ptr<T>(dh), ptr<T>(dhn), ptr<T>(dcn), ptr<T>(h), ptr<T>(c),
                     ptr<T>(gates), ptr<T>(recurrent), ptr<T>(peephole), ptr<T>(h0), ptr<T>(c0), packed,
                     units, products, tiles_for<T>(products)});
    });
  });
}

}  // extern "C"
