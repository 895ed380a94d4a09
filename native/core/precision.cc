#include "core/precision.h"

#include "core/context.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nrt {
namespace {

thread_local int32_t last = 0;

int64_t smallest(int64_t m, int64_t n, int64_t k) {
  const int64_t a = m < n ? m : n;
  return a < k ? a : k;
}

// Six products break even with FMA near 100^3, three and one below 64^3. A parameter is split once per
// step; then a half-filled tile is enough, unless it would be mostly padding.
struct Limits {
  int64_t side, volume;
};
constexpr Limits kSixProducts = {64, int64_t{1} << 21};
constexpr Limits kFewerProducts = {32, int64_t{1} << 17};
constexpr Limits kParameter = {16, int64_t{1} << 15};

// vdpbf16ps has twice FMA's rate; rounding the operands costs as much as packing them.
constexpr Limits kPairs = {16, int64_t{1} << 18};

bool within(const Limits& limits, int64_t m, int64_t n, int64_t k) {
  if (smallest(m, n, k) < limits.side) return false;
  int64_t volume = 0;
  if (__builtin_mul_overflow(m, n, &volume) || __builtin_mul_overflow(volume, k, &volume)) return true;
  return volume >= limits.volume;
}

bool cpu_has_avx512_bf16() {
#if defined(__x86_64__)
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1u << 5) != 0;
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace

ProductUnit product_unit() {
  switch (call_state().isa) {
    case Isa::kAmx:
      return ProductUnit::kAmx;
    case Isa::kAmxModel:
      return ProductUnit::kAmxModel;
    case Isa::kAvx512:
      return cpu_has_avx512_bf16() ? ProductUnit::kAvx512Bf16 : ProductUnit::kNone;
    default:
      return ProductUnit::kNone;
  }
}

int32_t bf16_products(int64_t m, int64_t n, int64_t k, bool param) {
  const ProductUnit unit = product_unit();
  if (unit == ProductUnit::kNone) return 0;
  if (unit == ProductUnit::kAvx512Bf16) {  // three products at twice the rate would lose
    return call_state().precision == Precision::kMedium && within(kPairs, m, n, k) ? 1 : 0;
  }
  const bool worth = param && within(kParameter, m, n, k);
  switch (call_state().precision) {
    case Precision::kHighest:
      return worth || within(kSixProducts, m, n, k) ? 6 : 0;
    case Precision::kHigh:
      return worth || within(kFewerProducts, m, n, k) ? 3 : 0;
    case Precision::kMedium:
      return worth || within(kFewerProducts, m, n, k) ? 1 : 0;
    default:
      return 0;
  }
}

bool ieee_products() { return call_state().precision == Precision::kIeee; }

void note_products(int32_t products) { last = products; }
int32_t last_products() { return last; }

}  // namespace nrt
