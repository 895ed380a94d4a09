#include "ops/random/random.h"

#include <cmath>

#include "core/arguments.h"
#include "core/dispatch.h"
#include "ops/random/random_kernels.h"

NRT_DECLARE_LEVELS(RandomKernels, random_kernels)

namespace {

nrt::RandomSource source_of(int64_t seed, int64_t stream, int64_t offset) {
  return {static_cast<uint64_t>(seed), static_cast<uint64_t>(stream),
          static_cast<uint64_t>(offset)};
}

void check_parameters(int32_t kind, double p0, double p1) {
  if (!std::isfinite(p0) || !std::isfinite(p1)) {
    nrt::invalid("random_fill: parameters must be finite, given %g and %g", p0, p1);
  }
  if (kind == NRT_RANDOM_UNIFORM && (p1 < p0 || !std::isfinite(p1 - p0))) {
    nrt::invalid("random_fill: uniform range [%g, %g) is not a range", p0, p1);
  }
  if (kind == NRT_RANDOM_BERNOULLI && (p0 < 0 || p0 > 1)) {
    nrt::invalid("random_fill: probability must be in [0, 1], given %g", p0);
  }
  if (kind < NRT_RANDOM_UNIFORM || kind > NRT_RANDOM_BERNOULLI) {
    nrt::invalid("random_fill: unknown kind %d", kind);
  }
}

}  // namespace

extern "C" {

nrt_status nrt_random_fill(nrt_ctx ctx, int32_t dtype, int32_t kind, nrt_ptr y, int64_t n, double p0,
                           double p1, int64_t seed, int64_t stream, int64_t offset) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_real("random_fill", dtype);
    nrt::require_size("random_fill", n);
    nrt::require_array("random_fill", "y", y, n);
    check_parameters(kind, p0, p1);
    const nrt::RandomKernels& kernels = NRT_SELECT(c, random_kernels);
    const nrt::RandomSource source = source_of(seed, stream, offset);
    if (dtype == NRT_FLOAT32) {
      kernels.fill_f32(kind, nrt::ptr<float>(y), n, p0, p1, source);
    } else {
      kernels.fill_f64(kind, nrt::ptr<double>(y), n, p0, p1, source);
    }
  });
}

nrt_status nrt_random_integers(nrt_ctx ctx, nrt_ptr y, int64_t n, int64_t low, int64_t high,
                               int64_t seed, int64_t stream, int64_t offset) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_size("random_integers", n);
    nrt::require_array("random_integers", "y", y, n);
    if (high <= low) {
      nrt::invalid("random_integers: range [%lld, %lld) is empty", static_cast<long long>(low),
                   static_cast<long long>(high));
    }
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    NRT_SELECT(c, random_kernels)
        .integers(nrt::ptr<int64_t>(y), n, low, span, source_of(seed, stream, offset));
  });
}

nrt_status nrt_random_permutation(nrt_ctx ctx, nrt_ptr y, int64_t n, int64_t seed, int64_t stream,
                                  int64_t offset) {
  return nrt::guard([&] {
    nrt::Context& c = nrt::context(ctx);
    nrt::require_size("random_permutation", n);
    nrt::require_array("random_permutation", "y", y, n);
    NRT_SELECT(c, random_kernels)
        .permutation(nrt::ptr<int64_t>(y), n, source_of(seed, stream, offset));
  });
}

}  // extern "C"
