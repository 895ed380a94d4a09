#include "ops/attention/attention.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/attention/attention_kernels.h"

NRT_DECLARE_LEVELS(AttentionLevel, attention_kernels)

namespace {

constexpr char kOp[] = "attention";

nrt::AttentionStrides strides(const int64_t* desc, int at) {
  return {desc[at], desc[at + 1], desc[at + 2]};
}

nrt::AttentionPlan plan_of(const int64_t* desc, nrt_ptr mask, nrt_ptr lengths, int32_t mask_kind,
                           int32_t causal, double scale) {
  if (desc == nullptr) nrt::invalid("%s: desc is null", kOp);
  nrt::AttentionPlan p{};
  p.batch = desc[NRT_ATTENTION_BATCH];
  p.heads = desc[NRT_ATTENTION_HEADS];
  p.kv_heads = desc[NRT_ATTENTION_KV_HEADS];
  p.queries = desc[NRT_ATTENTION_QUERIES];
  p.keys = desc[NRT_ATTENTION_KEYS];
  p.width = desc[NRT_ATTENTION_WIDTH];
  p.value_width = desc[NRT_ATTENTION_VALUE_WIDTH];
  p.q = strides(desc, NRT_ATTENTION_Q);
  p.k = strides(desc, NRT_ATTENTION_K);
  p.v = strides(desc, NRT_ATTENTION_V);
  p.y = strides(desc, NRT_ATTENTION_Y);
  p.mask_batch = desc[NRT_ATTENTION_MASK];
  p.mask_head = desc[NRT_ATTENTION_MASK + 1];
  p.mask_query = desc[NRT_ATTENTION_MASK + 2];
  p.mask_key = desc[NRT_ATTENTION_MASK + 3];
  p.mask_kind = mask_kind;
  p.causal = causal != 0;
  p.scale = scale;
  p.mask = nrt::ptr<void>(mask);
  p.lengths = nrt::ptr<int64_t>(lengths);
  return p;
}

void check(int32_t dtype, const nrt::AttentionPlan& p) {
  nrt::require_real(kOp, dtype);
  for (const int64_t n : {p.queries, p.keys, p.width, p.value_width}) nrt::require_size(kOp, n);
  const int64_t groups = nrt::require_size(kOp, p.batch, p.heads);
  nrt::require_size(kOp, nrt::require_size(kOp, groups, p.queries), p.width);
  nrt::require_size(kOp, nrt::require_size(kOp, groups, p.queries), p.value_width);
  nrt::require_size(kOp, nrt::require_size(kOp, groups, p.keys), p.width);
  nrt::require_size(kOp, nrt::require_size(kOp, groups, p.keys), p.value_width);
  const int64_t keys = nrt::require_size(kOp, nrt::require_size(kOp, p.batch, p.kv_heads), p.keys);
  nrt::require_size(kOp, keys, p.width);
  nrt::require_size(kOp, keys, p.value_width);
  nrt::require_size(kOp, nrt::require_size(kOp, groups, p.queries), p.keys);
  if (p.heads > 0 && (p.kv_heads == 0 || p.heads % p.kv_heads != 0)) {
    nrt::invalid("%s: %lld heads are no multiple of %lld key/value heads", kOp,
                 static_cast<long long>(p.heads), static_cast<long long>(p.kv_heads));
  }
  if (p.mask_kind < NRT_ATTENTION_MASK_NONE || p.mask_kind > NRT_ATTENTION_MASK_ADDED) {
    nrt::invalid("%s: unknown mask kind %d", kOp, p.mask_kind);
  }
  if (p.mask_kind != NRT_ATTENTION_MASK_NONE && p.mask == nullptr && groups * p.queries * p.keys > 0) {
    nrt::invalid("%s: mask is null", kOp);
  }
}

void require_inputs(const nrt::AttentionPlan& p, nrt_ptr q, nrt_ptr k, nrt_ptr v) {
  nrt::require_array(kOp, "q", q, p.batch * p.heads * p.queries * p.width);
  nrt::require_array(kOp, "k", k, p.batch * p.kv_heads * p.keys * p.width);
  nrt::require_array(kOp, "v", v, p.batch * p.kv_heads * p.keys * p.value_width);
}

}  // namespace

extern "C" {

nrt_status nrt_attention_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr lse, nrt_ptr q, nrt_ptr k,
                             nrt_ptr v, nrt_ptr mask, nrt_ptr lengths, const int64_t* desc,
                             int32_t mask_kind, int32_t causal, double scale) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::AttentionPlan p = plan_of(desc, mask, lengths, mask_kind, causal, scale);
    check(dtype, p);
    require_inputs(p, q, k, v);
    nrt::require_array(kOp, "y", y, p.batch * p.heads * p.queries * p.value_width);
    nrt::require_array(kOp, "lse", lse, p.batch * p.heads * p.queries);
    if (p.batch * p.heads * p.queries == 0) return;
    const nrt::AttentionLevel& level = NRT_SELECT(c, attention_kernels);
    if (dtype == NRT_FLOAT32) {
      level.f32.forward(p, nrt::ptr<float>(y), nrt::ptr<float>(lse), nrt::ptr<float>(q),
                        nrt::ptr<float>(k), nrt::ptr<float>(v));
    } else {
      level.f64.forward(p, nrt::ptr<double>(y), nrt::ptr<double>(lse), nrt::ptr<double>(q),
                        nrt::ptr<double>(k), nrt::ptr<double>(v));
    }
  });
}

nrt_status nrt_attention_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dq, nrt_ptr dk, nrt_ptr dv,
                             nrt_ptr dy, nrt_ptr y, nrt_ptr lse, nrt_ptr q, nrt_ptr k, nrt_ptr v,
                             nrt_ptr mask, nrt_ptr lengths, const int64_t* desc,
                             int32_t mask_kind, int32_t causal, double scale) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::AttentionPlan p = plan_of(desc, mask, lengths, mask_kind, causal, scale);
    p.dy = strides(desc, NRT_ATTENTION_DY);
    p.dq = strides(desc, NRT_ATTENTION_DQ);
    p.dk = strides(desc, NRT_ATTENTION_DK);
    p.dv = strides(desc, NRT_ATTENTION_DV);
    check(dtype, p);
    require_inputs(p, q, k, v);
    const int64_t rows = p.batch * p.heads * p.queries;
    nrt::require_array(kOp, "dq", dq, rows * p.width);
    const int64_t key_rows = p.batch * p.kv_heads * p.keys;
    nrt::require_array(kOp, "dk", dk, key_rows * p.width);
    nrt::require_array(kOp, "dv", dv, key_rows * p.value_width);
    nrt::require_array(kOp, "dy", dy, rows * p.value_width);
    nrt::require_array(kOp, "y", y, rows * p.value_width);
    nrt::require_array(kOp, "lse", lse, rows);
    // Empty gradients of heads however many.
    if (rows * p.width == 0 && key_rows * p.width == 0 && key_rows * p.value_width == 0) return;
    const nrt::AttentionLevel& level = NRT_SELECT(c, attention_kernels);
    if (dtype == NRT_FLOAT32) {
      level.f32.backward(p, nrt::ptr<float>(dq), nrt::ptr<float>(dk), nrt::ptr<float>(dv),
                         nrt::ptr<float>(dy), nrt::ptr<float>(y),
                         nrt::ptr<float>(lse), nrt::ptr<float>(q), nrt::ptr<float>(k), nrt::ptr<float>(v));
    } else {
      level.f64.backward(p, nrt::ptr<double>(dq), nrt::ptr<double>(dk), nrt::ptr<double>(dv),
                         nrt::ptr<double>(dy), nrt::ptr<double>(y),
                         nrt::ptr<double>(lse), nrt::ptr<double>(q), nrt::ptr<double>(k),
                         nrt::ptr<double>(v));
    }
  });
}

}  // extern "C"
