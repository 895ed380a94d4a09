#include "limits.h"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace neurite_bench {
namespace {

double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

constexpr int64_t kSteps = 400000;
constexpr int kChains = 12;  // enough to cover latency 4 on two units with room to spare

// One function per level because its flags must not reach the rest of the program. Twelve
// independent chains a = a * m + x, each from another start so that none can be merged.
#define NRT_FMA_LOOP(name, bytes, attributes)                                               \
  attributes __attribute__((noinline)) float name(float multiplier) {                       \
    typedef float V __attribute__((vector_size(bytes)));                                    \
    const V m = V{} + multiplier, x = V{} + 0.5f;                                           \
    V a0 = V{}, a1 = x, a2 = x + 1, a3 = x + 2, a4 = x + 3, a5 = x + 4, a6 = x + 5;         \
    V a7 = x + 6, a8 = x + 7, a9 = x + 8, a10 = x + 9, a11 = x + 10;                        \
    for (int64_t i = 0; i < kSteps; ++i) {                                                  \
      a0 = a0 * m + x, a1 = a1 * m + x, a2 = a2 * m + x, a3 = a3 * m + x, a4 = a4 * m + x;  \
      a5 = a5 * m + x, a6 = a6 * m + x, a7 = a7 * m + x, a8 = a8 * m + x, a9 = a9 * m + x;  \
      a10 = a10 * m + x, a11 = a11 * m + x;                                                 \
    }                                                                                       \
    const V sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11;              \
    return sum[0];                                                                          \
  }

NRT_FMA_LOOP(fma_16, 16, )
#if defined(__x86_64__)
NRT_FMA_LOOP(fma_32, 32, __attribute__((target("avx2,fma"))))
NRT_FMA_LOOP(fma_64, 64, __attribute__((target("avx512f"))))
#endif

double rate(float (*loop)(float), int lanes) {
  volatile float multiplier = 0.9999f, sink = 0;
  double best = 0;
  for (int round = 0; round < 10; ++round) {
    const double start = thread_seconds();
    sink = loop(multiplier);
    const double operations = 2.0 * lanes * kChains * static_cast<double>(kSteps);
    best = std::max(best, operations / (thread_seconds() - start));
  }
  (void)sink;
  return best;
}

}  // namespace

double measure_fma_peak(const std::string& level) {
#if defined(__x86_64__)
  if (level == "avx512") return rate(fma_64, 16);
  if (level == "avx2") return rate(fma_32, 8);
#endif
  (void)level;
  return rate(fma_16, 4);
}

double measure_copy_bandwidth() {
  constexpr size_t kBytes = size_t{64} << 20;
  std::vector<char> from(kBytes, 1), to(kBytes, 2);
  double best = 0;
  for (int round = 0; round < 7; ++round) {
    from[static_cast<size_t>(round)] = static_cast<char>(round);
    const double start = thread_seconds();
    std::memcpy(to.data(), from.data(), kBytes);
    best = std::max(best, 2.0 * static_cast<double>(kBytes) / (thread_seconds() - start));
  }
  return best;
}

}  // namespace neurite_bench
