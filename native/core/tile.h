// Matrix tiles (AMX): 16 rows x 64 bytes, eight registers. Only for *_amx.cc files, which are compiled
// twice: in nrt::amx with the real instructions, in nrt::amx_model with the software model below. The
// model gives the same bits, so blocking, packing and merging are tested on every AVX-512 machine
// (NEURITE_ISA=amx-model), and amx's own instructions are compared with it when they are first used.
//
//   Tiles tiles;                               // configures; releases when it goes out of scope
//   tiles.zero<0>();
//   tiles.load<4>(a, 64);                      // 16 rows, `stride` bytes apart
//   tiles.load<6>(b, 64);
//   tiles.multiply<0, 4, 6>();                 // C += A B, three different registers
//   tiles.store<0>(c, stride);
//
// One `Tiles` per kernel entry, on the stack. Never keep it across parallel(), an allocation or any other
// call that leaves the kernel: the state belongs to the thread, and other libraries release it too.
//
// multiply: A holds 16 rows of 32 bfloat16 in dwords, low half first; B holds 16 dword rows, row j the
// partners of A's dwords j, for 16 columns. For each element of C
//     even = fma(a[0], b[0], 0), fma(a[2], b[2], even), ...    16 steps, round to nearest even
//     odd  = fma(a[1], b[1], 0), fma(a[3], b[3], odd), ...
//     c    = c + (even + odd)
// with subnormal inputs, results and c taken as zero, whatever MXCSR says. Which k sits in which half is
// free as long as A and B agree: our packs pair k with k + 16.
#pragma once

#include "core/kernel.h"

#if defined(NRT_ISA_AMX_MODEL)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int kTileSide = 16;     // rows; also float32 columns of C, dword columns of A, dword rows of B
constexpr int kTileDepth = 32;    // bfloat16 values of k in one multiply
constexpr int kTileBytes = 1024;
constexpr int kTileRegisters = 8;
constexpr int64_t kTileRowBytes = 64;

#if defined(NRT_ISA_AMX_MODEL)

typedef uint32_t TileDwords __attribute__((vector_size(64)));

inline TileDwords tile_dwords(const uint32_t* p) {
  TileDwords v;
  memcpy(&v, p, sizeof v);
  return v;
}

// The semantics above, two chains per element of C.
__attribute__((noinline)) void multiply_model(float* c, const uint32_t* a, const uint32_t* b) {
  constexpr unsigned kFlushBoth = 0x8040u, kAllMasked = 0x1f80u;
  const unsigned before = _mm_getcsr();
  _mm_setcsr(kFlushBoth | kAllMasked);   // rounding bits zero: to nearest even
  asm volatile("" ::: "memory");         // no load of operands moves up, no store of results down
  for (int row = 0; row < kTileSide; row += 4) {
    __m512 even[4], odd[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) even[i] = odd[i] = _mm512_setzero_ps();
    for (int j = 0; j < kTileSide; ++j) {
      const TileDwords pair = tile_dwords(b + j * kTileSide);
      const __m512 b_even = reinterpret_cast<__m512>(pair << 16);
      const __m512 b_odd = reinterpret_cast<__m512>(pair & 0xffff0000u);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const TileDwords own = TileDwords{} + a[(row + i) * kTileSide + j];
        even[i] = _mm512_fmadd_ps(reinterpret_cast<__m512>(own << 16), b_even, even[i]);
        odd[i] = _mm512_fmadd_ps(reinterpret_cast<__m512>(own & 0xffff0000u), b_odd, odd[i]);
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      float* at = c + (row + i) * kTileSide;
      _mm512_storeu_ps(at, _mm512_add_ps(_mm512_loadu_ps(at), _mm512_add_ps(even[i], odd[i])));
    }
  }
  asm volatile("" ::: "memory");
  _mm_setcsr(before);
}

class Tiles {
 public:
  Tiles() { memset(registers_, 0, sizeof registers_); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  template <int T>
  void zero() {
    memset(registers_[T], 0, kTileBytes);
  }
  template <int T>
  void load(const void* from, int64_t stride) {
    for (int row = 0; row < kTileSide; ++row) {
      memcpy(registers_[T] + row * kTileSide, static_cast<const char*>(from) + row * stride, kTileRowBytes);
    }
  }
  template <int T>
  void store(void* to, int64_t stride) const {
    for (int row = 0; row < kTileSide; ++row) {
      memcpy(static_cast<char*>(to) + row * stride, registers_[T] + row * kTileSide, kTileRowBytes);
    }
  }
  template <int C, int A, int B>
  void multiply() {
    static_assert(C != A && C != B && A != B, "the processor refuses equal registers");
    float c[kTileSide * kTileSide];
    memcpy(c, registers_[C], kTileBytes);
    multiply_model(c, registers_[A], registers_[B]);
    memcpy(registers_[C], c, kTileBytes);
  }

 private:
  alignas(64) uint32_t registers_[kTileRegisters][kTileSide * kTileSide];
};

#else

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64, "as the processor reads it");
constexpr TileConfig kTileConfig;  // static: a copy on the stack could be stored too late

// asm instead of intrinsics: gcc's take no template parameter as register number, and do not say that
// they read memory.
class Tiles {
 public:
  Tiles() { asm volatile("ldtilecfg %0" : : "m"(kTileConfig) : "memory"); }
  ~Tiles() { asm volatile("tilerelease" : : : "memory"); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  template <int T>
  void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(T));
  }
  template <int T>
  void load(const void* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(T) : "memory");
  }
  template <int T>
  void store(void* to, int64_t stride) const {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(T) : "memory");
  }
  template <int C, int A, int B>
  void multiply() {
    static_assert(C != A && C != B && A != B, "the processor refuses equal registers");
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};

#endif

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
