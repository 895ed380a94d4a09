// The software tiles against the formula of core/tile.h in plain C, the processor's against the model.
#include <cmath>
#include <cstring>
#include <string>

#include "core/amx.h"
#include "core/test_support.h"
#include "core/tile_probe.h"

#if defined(__x86_64__)
namespace {

using Dwords = std::vector<uint32_t>;

bool wide() { return std::string(nrt_isa_levels()).find("avx512") != std::string::npos; }

float value(uint32_t dword, bool odd) {
  const uint32_t bits = odd ? dword & 0xffff0000u : dword << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

// One multiply of the probe, element by element.
std::vector<float> formula(const Dwords& a, const Dwords& b, size_t steps) {
  std::vector<float> c(32 * 32);
  for (size_t s = 0; s < steps; ++s) {
    for (size_t i = 0; i < 32; ++i) {
      for (size_t j = 0; j < 32; ++j) {
        float chain[2] = {0, 0};
        for (size_t k = 0; k < 16; ++k) {
          const uint32_t x = a[s * 512 + i / 16 * 256 + i % 16 * 16 + k];
          const uint32_t y = b[s * 512 + j / 16 * 256 + k * 16 + j % 16];
          for (int half = 0; half < 2; ++half) {
            const bool odd = half == 1;
            chain[half] = flushed(std::fma(flushed(value(x, odd)), flushed(value(y, odd)), chain[half]));
          }
        }
        float& sum = c[i * 32 + j];
        sum = flushed(flushed(sum) + flushed(chain[0] + chain[1]));
      }
    }
  }
  return c;
}

Dwords numbers(size_t n, uint64_t seed, uint32_t keep, uint32_t exponent) {
  Dwords v(n);
  for (size_t i = 0; i < n; ++i) v[i] = (nrt_philox(seed, 0, i).v[0] & keep) + exponent;
  return v;
}

void expect_formula(const Dwords& a, const Dwords& b) {
  const size_t steps = a.size() / 512;
  std::vector<float> got(32 * 32, 7);
  nrt::amx_model::tile_probe.multiply(got.data(), 32, a.data(), b.data(), static_cast<int64_t>(steps));
  const std::vector<float> want = formula(a, b, steps);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(0, std::memcmp(&got[i], &want[i], sizeof(float))) << i << ": " << got[i] << " " << want[i];
  }
}

TEST(TileModel, GivesTheBitsOfTheFormula) {
  if (!wide()) GTEST_SKIP() << "needs AVX-512";
  // Exponents 2^-15 to 2, then the same in the upper half only, then results below 2^-126.
  expect_formula(numbers(512 * 4, 1, 0x87ff87ffu, 0x38003800u), numbers(512 * 4, 2, 0x87ff87ffu, 0x38003800u));
  expect_formula(numbers(512, 3, 0x87ff0000u, 0x38000000u), numbers(512, 4, 0x87ff87ffu, 0x38003800u));
  expect_formula(numbers(512 * 2, 5, 0x83ff83ffu, 0x1f001f00u), numbers(512 * 2, 6, 0x83ff83ffu, 0x1f001f00u));
}

TEST(TileModel, SubnormalsCountAsZeroAndTheCallersModeStays) {
  if (!wide()) GTEST_SKIP() << "needs AVX-512";
  Dwords a(512, 0x00400040u), b(512, 0x7e807e80u);  // subnormal times 2^126
  std::vector<float> got(32 * 32, 7);
  const volatile float tiny = 1e-40f;
  nrt::amx_model::tile_probe.multiply(got.data(), 32, a.data(), b.data(), 1);
  for (float x : got) EXPECT_EQ(0.0f, x);
  EXPECT_NE(0.0f, tiny * 0.5f);
}

TEST(TileModel, LeavesMemoryBetweenTheRowsAlone) {
  if (!wide()) GTEST_SKIP() << "needs AVX-512";
  const Dwords a = numbers(512, 1, 0x87ff87ffu, 0x38003800u), b = numbers(512, 2, 0x87ff87ffu, 0x38003800u);
  std::vector<float> plain(32 * 32), spaced(32 * 40, 7);
  nrt::amx_model::tile_probe.multiply(plain.data(), 32, a.data(), b.data(), 1);
  nrt::amx_model::tile_probe.multiply(spaced.data(), 40, a.data(), b.data(), 1);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(0, std::memcmp(&plain[i * 32], &spaced[i * 40], 32 * sizeof(float)));
    for (size_t j = 32; j < 40; ++j) EXPECT_EQ(7.0f, spaced[i * 40 + j]);
  }
}

TEST(Amx, HasTheBitsOfTheModel) {
  const nrt::AmxState& state = nrt::amx_state();
  if (!state.usable) GTEST_SKIP() << (state.note.empty() ? "no AMX in this CPU" : state.note);
  EXPECT_TRUE(nrt::same_as_model());
}

}  // namespace
#endif
