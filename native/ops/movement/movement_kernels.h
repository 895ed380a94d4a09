// The per-level kernels behind movement.h.
#pragma once

#include "core/dispatch.h"
#include "core/strided.h"

namespace nrt {

struct MovementKernels {
  void (*copy)(const Strided& s, int64_t element_bytes, void* dst, const void* src);
  void (*add)(const Strided& s, int32_t dtype, void* dst, const void* src);
  void (*cast)(int32_t dst_dtype, int32_t src_dtype, void* dst, const void* src, int64_t n);
  // Element of `element_bytes` bytes, given as the low bytes of `bits`.
  void (*fill)(void* dst, int64_t element_bytes, uint64_t bits, int64_t n);
  // dst [count, depth] of off, with on at the labels, which are known to be inside.
  void (*one_hot)(void* dst, int64_t element_bytes, uint64_t on, uint64_t off, const int64_t* ids,
                  int64_t count, int64_t depth);
  void (*range)(int32_t dtype, void* dst, int64_t n, double start, double step);
};

}  // namespace nrt

NRT_DECLARE_LEVELS(MovementKernels, movement_kernels)
