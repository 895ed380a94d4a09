// Checks of an ABI call's arguments: what a wrong value could turn into a touch of foreign memory.
// Not for kernel files.
#pragma once

#include <cstdint>

#include "core/status.h"
#include "neurite/core.h"

namespace nrt {

// Throws unless dtype is float32 or float64.
inline void require_real(const char* op, int32_t dtype) {
  if (dtype != NRT_FLOAT32 && dtype != NRT_FLOAT64) {
    unsupported("%s: dtype %d, expected float32 or float64", op, dtype);
  }
}

// Calls body(the table's part for T, T{}) for the dtype; throws unless it is float32 or float64.
template <typename Table, typename F>
void for_real(const char* op, const Table& table, int32_t dtype, const F& body) {
  require_real(op, dtype);
  if (dtype == NRT_FLOAT32) {
    body(table.f32, float{});
  } else {
    body(table.f64, double{});
  }
}

inline int64_t dtype_bytes(const char* op, int32_t dtype) {
  switch (dtype) {
    case NRT_FLOAT32:
    case NRT_INT32:
      return 4;
    case NRT_FLOAT64:
    case NRT_INT64:
      return 8;
    case NRT_UINT8:
    case NRT_BOOL:
      return 1;
    case NRT_BFLOAT16:
    case NRT_FLOAT16:
      return 2;
    default:
      invalid("%s: unknown dtype %d", op, dtype);
  }
}

// Size of an [a, b] array of elements of at most 8 bytes; throws when negative or not addressable.
inline int64_t require_size(const char* op, int64_t a, int64_t b = 1) {
  int64_t elements = 0, bytes = 0;
  if (a < 0 || b < 0) {
    invalid("%s: negative size %lld x %lld", op, static_cast<long long>(a),
            static_cast<long long>(b));
  }
  if (__builtin_mul_overflow(a, b, &elements) || __builtin_mul_overflow(elements, 8, &bytes)) {
    invalid("%s: %lld x %lld elements are more than memory has", op, static_cast<long long>(a),
            static_cast<long long>(b));
  }
  return elements;
}

// Throws when an array that holds something was not given.
inline void require_array(const char* op, const char* name, nrt_ptr address, int64_t elements) {
  if (address == 0 && elements > 0) invalid("%s: %s is null", op, name);
}

}  // namespace nrt
