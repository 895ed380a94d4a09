// What a kernel file (ops/<op>/<op>_cpu.cc) may use. Such a file is compiled once per ISA level with
// that level's flags, so nothing here may define an inline function with external linkage: the
// linker could keep the AVX-512 copy for everybody. Templates below live in an anonymous namespace.
//
// Build glue sets NRT_ISA_NS to base, avx2, avx512 (x86-64) or base, neon (arm64).
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef NRT_ISA_NS
#define NRT_ISA_NS base
#endif

#define NRT_RESTRICT __restrict__
// Before an element-wise loop whose output may be the very same array as an input: no iteration
// depends on another one, so the compiler needs no overlap check (which would fail in place).
#if defined(__clang__)
#define NRT_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define NRT_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace nrt {

// Runs fn(arg, begin, end) over [0, n) in chunks of `grain` (the last one may be shorter). Chunk
// boundaries depend on n and grain only, never on the number of threads, so per-chunk partial sums
// combined in chunk order (index begin / grain) are reproducible. Nested calls run inline.
void parallel_for(int64_t n, int64_t grain, void (*fn)(void* arg, int64_t begin, int64_t end),
                  void* arg);
// The same for work of 5 to 40 us: shorter than it takes to wake a sleeping thread, which is done only where
// such calls follow one another closely.
void parallel_for_short(int64_t n, int64_t grain, void (*fn)(void* arg, int64_t begin, int64_t end),
                        void* arg);
// Threads that parallel_for may use in this call (1 inside a parallel region).
int parallel_threads();

// Scratch memory of the calling thread, 64-byte aligned, valid until the ScratchMark that was open
// when it was taken is released. Never fails softly: it throws std::bad_alloc, which the ABI guard
// turns into NRT_OUT_OF_MEMORY.
void* scratch_alloc(int64_t bytes);
int64_t scratch_mark();
void scratch_release(int64_t mark);

namespace NRT_ISA_NS {
namespace {

template <typename F>
inline void parallel(int64_t n, int64_t grain, const F& body) {
  parallel_for(
      n, grain,
      [](void* arg, int64_t begin, int64_t end) { (*static_cast<const F*>(arg))(begin, end); },
      const_cast<F*>(&body));
}

template <typename F>
inline void parallel_short(int64_t n, int64_t grain, const F& body) {
  parallel_for_short(
      n, grain,
      [](void* arg, int64_t begin, int64_t end) { (*static_cast<const F*>(arg))(begin, end); },
      const_cast<F*>(&body));
}

struct ScratchMark {
  int64_t mark = scratch_mark();
  ScratchMark() = default;
  ScratchMark(const ScratchMark&) = delete;
  ScratchMark& operator=(const ScratchMark&) = delete;
  ~ScratchMark() { scratch_release(mark); }
};

template <typename T>
inline T* scratch(int64_t count) {
  return static_cast<T*>(scratch_alloc(count * static_cast<int64_t>(sizeof(T))));
}

inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
inline int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
