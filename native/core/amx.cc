#include "core/amx.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/philox.h"
#include "core/tile_probe.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace nrt {

#if defined(__x86_64__) && defined(__linux__)
namespace {

// Bits of CPUID leaf 7 and of the extended control register 0.
constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24, kOsSavesExtended = 1u << 27;
constexpr unsigned kTileState = 3u << 17;
// From Linux' asm/prctl.h, which older systems' headers lack.
constexpr int kRequestPermission = 0x1023, kTileData = 18;

bool cpu_has_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_max(0, nullptr) < 7 || !__get_cpuid(1, &a, &b, &c, &d)) return false;
  if ((c & kOsSavesExtended) == 0) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0;
}

bool system_saves_tiles() {
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileState) == kTileState;
}

AmxState find_out() {
  if (!cpu_has_amx()) return {false, ""};
  if (!system_saves_tiles()) return {false, "AMX is not used: the operating system does not enable it"};
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) {
    return {false, std::string("AMX is not used: the kernel refuses it (") + strerror(errno) + ")"};
  }
  if (!same_as_model()) return {false, "AMX is not used: its products differ from the specified ones"};
  return {true, ""};
}

}  // namespace
#else
namespace {
AmxState find_out() { return {false, ""}; }
}  // namespace
#endif

#if defined(__x86_64__) || defined(_M_X64)
bool same_as_model() {
  constexpr int64_t kSteps = 3, kDwords = kSteps * 512, kLd = 40, kSize = 32 * kLd;
  std::vector<uint32_t> a(kDwords), b(kDwords);
  std::vector<float> real(kSize), model(kSize);
  for (int64_t i = 0; i < kDwords; ++i) {
    // Any sign and fraction, 2^-15 to 2: sums round, nothing comes near the flushed range.
    const nrt_philox_block r = nrt_philox(7, 0, static_cast<uint64_t>(i));
    constexpr uint32_t kKeep = 0x87ff87ffu, kExponent = 0x38003800u;
    a[static_cast<size_t>(i)] = (r.v[0] & kKeep) + kExponent;
    b[static_cast<size_t>(i)] = (r.v[1] & kKeep) + kExponent;
  }
  amx::tile_probe.multiply(real.data(), kLd, a.data(), b.data(), kSteps);
  amx_model::tile_probe.multiply(model.data(), kLd, a.data(), b.data(), kSteps);
  return std::memcmp(real.data(), model.data(), sizeof(float) * kSize) == 0;
}
#else
bool same_as_model() { return false; }
#endif

const AmxState& amx_state() {
  static const AmxState state = find_out();
  return state;
}

}  // namespace nrt
