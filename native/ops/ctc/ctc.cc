#include "ops/ctc/ctc.h"

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/ctc/ctc_kernels.h"

NRT_DECLARE_LEVELS(CtcKernels, ctc_kernels)

namespace {

constexpr char kOp[] = "ctc";

long long shown(int64_t v) { return static_cast<long long>(v); }

void check_length(const char* what, const int64_t* lengths, int64_t b, int64_t limit) {
  if (lengths[b] < 0 || lengths[b] > limit) {
    nrt::invalid("%s: expected %s in [0, %lld], given %lld at index %lld", kOp, what, shown(limit),
                 shown(lengths[b]), shown(b));
  }
}

void check_labels(const nrt::CtcCase& c, int64_t b) {
  for (int64_t i = 0; i < c.target_lengths[b]; ++i) {
    const int64_t label = c.targets[b * c.labels + i];
    if (label < 0 || label >= c.classes || label == c.blank) {
      nrt::invalid("%s: expected labels in [0, %lld) other than the blank %lld, given %lld at [%lld, %lld]",
                   kOp, shown(c.classes), shown(c.blank), shown(label), shown(b), shown(i));
    }
  }
}

nrt::CtcCase check(int32_t dtype, nrt_ptr logits, nrt_ptr lse, nrt_ptr targets, nrt_ptr input_lengths,
                   nrt_ptr target_lengths, int64_t batch, int64_t time, int64_t classes,
                   int64_t labels, int64_t blank) {
  nrt::require_real(kOp, dtype);
  const int64_t steps = nrt::require_size(kOp, batch, time);
  nrt::require_array(kOp, "logits", logits, nrt::require_size(kOp, steps, classes));
  nrt::require_array(kOp, "lse", lse, steps);
  nrt::require_array(kOp, "targets", targets, nrt::require_size(kOp, batch, labels));
  nrt::require_size(kOp, time, nrt::require_size(kOp, 2, labels) + 5);  // states, padded
  nrt::require_array(kOp, "input_lengths", input_lengths, batch);
  nrt::require_array(kOp, "target_lengths", target_lengths, batch);
  if (blank < 0 || blank >= classes) {
    nrt::invalid("%s: expected a blank in [0, %lld), given %lld", kOp, shown(classes), shown(blank));
  }
  const nrt::CtcCase c = {nrt::ptr<void>(logits),
                          nrt::ptr<int64_t>(targets),
                          nrt::ptr<int64_t>(input_lengths),
                          nrt::ptr<int64_t>(target_lengths),
                          batch,
                          time,
                          classes,
                          labels,
                          blank};
  for (int64_t b = 0; b < batch; ++b) {
    check_length("input lengths", c.input_lengths, b, time);
    check_length("target lengths", c.target_lengths, b, labels);
    check_labels(c, b);
  }
  return c;
}

}  // namespace

extern "C" {

nrt_status nrt_ctc_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr logits,
                       nrt_ptr targets, nrt_ptr input_lengths, nrt_ptr target_lengths, int64_t batch,
                       int64_t time, int64_t classes, int64_t labels, int64_t blank) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::CtcCase task = check(dtype, logits, lse, targets, input_lengths, target_lengths, batch,
                                    time, classes, labels, blank);
    nrt::require_array(kOp, "loss", loss, batch);
    NRT_SELECT(c, ctc_kernels).forward(dtype, nrt::ptr<void>(loss), nrt::ptr<void>(lse), task);
  });
}

nrt_status nrt_ctc_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dlogits, nrt_ptr dloss, nrt_ptr logits,
                       nrt_ptr lse, nrt_ptr targets, nrt_ptr input_lengths, nrt_ptr target_lengths,
                       int64_t batch, int64_t time, int64_t classes, int64_t labels, int64_t blank) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    const nrt::CtcCase task = check(dtype, logits, lse, targets, input_lengths, target_lengths, batch,
                                    time, classes, labels, blank);
    nrt::require_array(kOp, "dlogits", dlogits, batch * time * classes);
    nrt::require_array(kOp, "dloss", dloss, batch);
    NRT_SELECT(c, ctc_kernels)
        .backward(dtype, nrt::ptr<void>(dlogits), nrt::ptr<void>(dloss), nrt::ptr<void>(lse), task);
  });
}

}  // extern "C"
