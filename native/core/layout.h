// Reading the packed descriptors of variable-rank ops (rank, shape[rank], strides[rank] per operand)
// into the form kernels walk over. Every product is checked for overflow.
#pragma once

#include "core/dispatch.h"
#include "core/strided.h"

namespace nrt {

// Bytes of one element; throws for an unknown dtype.
int64_t dtype_bytes(int32_t dtype);
const char* dtype_name(int32_t dtype);

// Throws unless address is given (or n is 0).
inline void require(nrt_ptr address, int64_t n, const char* op, const char* what) {
  if (address == 0 && n > 0) invalid("%s: %s is null", op, what);
}
// Throws for a negative size and when n elements of up to 8 bytes exceed the address space.
inline void require_size(int64_t n, const char* op, const char* what) {
  if (n < 0 || n > INT64_MAX / 8) invalid("%s: %s is %lld", op, what, static_cast<long long>(n));
}
int64_t checked_product(int64_t a, int64_t b, const char* op);

// Operand 0 is contiguous (its strides are not in desc), `inputs` stride lists follow the shape.
Strided read_layout(const int64_t* desc, int inputs, const char* op);
// All `operands` stride lists are in desc; axes are sorted so that operand 0 moves slowest first.
Strided read_free_layout(const int64_t* desc, int operands, const char* op);

}  // namespace nrt
