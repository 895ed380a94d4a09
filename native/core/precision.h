// How float32 matrix products are computed: one decision for all kernels. Kernel files may include this.
//
// A kernel asks bf16_products() once per product, with the sizes of the whole product: results may depend
// on shape, mode, ISA level and the kind of the operands, never on threads, blocks or what a cache holds.
#pragma once

#include <stdint.h>

namespace nrt {

// Numbers of core.h, NRT_PRECISION_*.
enum class Precision : int32_t { kIeee = 0, kHighest = 1, kHigh = 2, kMedium = 3 };

// For the call in progress: how many bfloat16 products stand for one float32 product (6, 3 or 1), or 0 for
// float32 FMA. param: one operand is a parameter of a model, so that its split form is kept.
int32_t bf16_products(int64_t m, int64_t n, int64_t k, bool param);

// Whether the call in progress asks for plain float32 sums, term by term: no split and no algorithm with
// fewer multiplications.
bool ieee_products();

// Which unit computes them. On kAvx512Bf16 only MEDIUM has any, and only kernels in *_bf16.cc files serve it: an op
// without such a file runs float32 FMA there.
enum class ProductUnit : int32_t { kNone = 0, kAmx = 1, kAmxModel = 2, kAvx512Bf16 = 3 };
ProductUnit product_unit();

// For nrt_last_products: what the product in progress ran on. Called on the thread of the call.
void note_products(int32_t products);
int32_t last_products();

}  // namespace nrt

// Tables of tile kernels (<op>_amx.cc): declares nrt::amx::name and nrt::amx_model::name; the call's one is
// NRT_TILE_KERNELS(name), valid only if product_unit() is one of the two.
#if defined(__x86_64__) || defined(_M_X64)
#define NRT_DECLARE_TILE_LEVELS(Type, name) \
  namespace nrt {                           \
  namespace amx {                           \
  extern const Type name;                   \
  }                                         \
  namespace amx_model {                     \
  extern const Type name;                   \
  }                                         \
  }
#define NRT_TILE_KERNELS(name)                                                       \
  (::nrt::product_unit() == ::nrt::ProductUnit::kAmx ? &::nrt::amx::name             \
   : ::nrt::product_unit() == ::nrt::ProductUnit::kAmxModel ? &::nrt::amx_model::name \
                                                            : nullptr)
#endif
