// What an op's <op>.cc uses: argument checks, the guard that keeps C++ exceptions inside, and the
// choice of the ISA level. Not for kernel files.
#pragma once

#include <cstdint>

#include "core/status.h"
#include "neurite/core.h"

namespace nrt {

// Levels in the order of preference; on arm64 AVX2 never occurs and NEON is the best. AMX is AVX-512
// plus tile kernels for matrix products (core/tile.h); kAmxModel computes them in software, for tests.
enum class Isa : int { kBase = 0, kAvx2 = 1, kAvx512 = 2, kNeon = 3, kAmx = 4, kAmxModel = 5 };

struct Context;
// Throws Error(NRT_INVALID_ARGUMENT) when ctx is not an open context. Also binds the context's
// threads to this call.
Context& context(nrt_ctx ctx);
Isa isa_of(const Context& ctx);

template <typename T>
inline T* ptr(nrt_ptr address) {
  return reinterpret_cast<T*>(static_cast<intptr_t>(address));
}

}  // namespace nrt

// Declares the per-level tables of one op: `const Type name` in nrt::base, nrt::avx2, ... Each
// <op>_cpu.cc defines its own with `extern const Type name; const Type name = {...};`.
#if defined(__x86_64__) || defined(_M_X64)
#define NRT_DECLARE_LEVELS(Type, name) \
  namespace nrt {                      \
  namespace base {                     \
  extern const Type name;              \
  }                                    \
  namespace avx2 {                     \
  extern const Type name;              \
  }                                    \
  namespace avx512 {                   \
  extern const Type name;              \
  }                                    \
  }
#define NRT_SELECT(ctx, name)                                  \
  (::nrt::isa_of(ctx) == ::nrt::Isa::kBase   ? ::nrt::base::name \
   : ::nrt::isa_of(ctx) == ::nrt::Isa::kAvx2 ? ::nrt::avx2::name \
                                             : ::nrt::avx512::name)
#elif defined(__aarch64__)
#define NRT_DECLARE_LEVELS(Type, name) \
  namespace nrt {                      \
  namespace base {                     \
  extern const Type name;              \
  }                                    \
  namespace neon {                     \
  extern const Type name;              \
  }                                    \
  }
#define NRT_SELECT(ctx, name) \
  (::nrt::isa_of(ctx) == ::nrt::Isa::kNeon ? ::nrt::neon::name : ::nrt::base::name)
#else
#define NRT_DECLARE_LEVELS(Type, name) \
  namespace nrt {                      \
  namespace base {                     \
  extern const Type name;              \
  }                                    \
  }
#define NRT_SELECT(ctx, name) (::nrt::base::name)
#endif
