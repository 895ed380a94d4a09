#include "core/layout.h"

namespace nrt {
namespace {

int64_t magnitude(int64_t v) { return v < 0 ? -v : v; }

// Shape and size; strides are left to the caller.
void read_shape(const int64_t* desc, const char* op, Strided* s) {
  if (desc == nullptr) invalid("%s: the descriptor is null", op);
  if (desc[0] < 0 || desc[0] > kMaxRank) {
    invalid("%s: rank %lld is outside [0, %d]", op, static_cast<long long>(desc[0]),
            static_cast<int>(kMaxRank));
  }
  s->rank = static_cast<int32_t>(desc[0]);
  s->size = 1;
  for (int d = 0; d < s->rank; ++d) {
    s->shape[d] = desc[1 + d];
    if (s->shape[d] < 0) {
      invalid("%s: axis %d has length %lld", op, d, static_cast<long long>(s->shape[d]));
    }
  }
  bool empty = false;
  for (int d = 0; d < s->rank; ++d) empty = empty || s->shape[d] == 0;
  for (int d = 0; d < s->rank && !empty; ++d) s->size = checked_product(s->size, s->shape[d], op);
  if (empty) s->size = 0;
}

// The distance between an operand's first and farthest element must fit in 63 bits of bytes.
void check_extent(const Strided& s, const char* op) {
  if (s.size == 0) return;
  for (int k = 0; k < s.operands; ++k) {
    int64_t extent = 1;
    for (int d = 0; d < s.rank; ++d) {
      int64_t reach = 0;
      if (s.stride[k][d] == INT64_MIN ||
          __builtin_mul_overflow(magnitude(s.stride[k][d]), s.shape[d] - 1, &reach) ||
          __builtin_add_overflow(extent, reach, &extent) || extent > INT64_MAX / 16) {
        invalid("%s: the strides of operand %d are out of range", op, k);
      }
    }
  }
}

void copy_axis(Strided* s, int to, int from) {
  s->shape[to] = s->shape[from];
  for (int k = 0; k < s->operands; ++k) s->stride[k][to] = s->stride[k][from];
}

// Drops axes of length 1 and joins neighbours that are contiguous in every operand.
void coalesce(Strided* s) {
  int rank = 0;
  for (int d = 0; d < s->rank; ++d) {
    if (s->shape[d] == 1) continue;
    bool joins = rank > 0;
    for (int k = 0; k < s->operands && joins; ++k) {
      joins = s->stride[k][rank - 1] == s->stride[k][d] * s->shape[d];
    }
    if (joins) {
      const int64_t length = s->shape[rank - 1] * s->shape[d];
      copy_axis(s, rank - 1, d);
      s->shape[rank - 1] = length;
    } else {
      copy_axis(s, rank++, d);
    }
  }
  if (rank == 0) {
    s->shape[0] = 1;
    for (int k = 0; k < s->operands; ++k) s->stride[k][0] = 1;
    rank = 1;
  }
  s->rank = rank;
}

void swap_axes(Strided* s, int a, int b) {
  const int64_t length = s->shape[a];
  s->shape[a] = s->shape[b];
  s->shape[b] = length;
  for (int k = 0; k < s->operands; ++k) {
    const int64_t stride = s->stride[k][a];
    s->stride[k][a] = s->stride[k][b];
    s->stride[k][b] = stride;
  }
}

}  // namespace

int64_t dtype_bytes(int32_t dtype) {
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
      invalid("unknown dtype %d", dtype);
  }
}

const char* dtype_name(int32_t dtype) {
  static const char* const names[] = {"float32", "float64", "int32",    "int64",
                                      "uint8",   "bool",    "bfloat16", "float16"};
  return dtype >= 0 && dtype < 8 ? names[dtype] : "unknown dtype";
}

int64_t checked_product(int64_t a, int64_t b, const char* op) {
  int64_t product = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) || product > INT64_MAX / 8) {
    invalid("%s: %lld x %lld elements are out of range", op, static_cast<long long>(a),
            static_cast<long long>(b));
  }
  return product;
}

Strided read_layout(const int64_t* desc, int inputs, const char* op) {
  Strided s;
  s.operands = inputs + 1;
  read_shape(desc, op, &s);
  int64_t contiguous = 1;
  for (int d = s.rank - 1; d >= 0; --d) {
    s.stride[0][d] = contiguous;
    if (s.size != 0) contiguous *= s.shape[d];
    for (int k = 0; k < inputs; ++k) s.stride[k + 1][d] = desc[1 + (k + 1) * s.rank + d];
  }
  check_extent(s, op);
  coalesce(&s);
  return s;
}

Strided read_free_layout(const int64_t* desc, int operands, const char* op) {
  Strided s;
  s.operands = operands;
  read_shape(desc, op, &s);
  for (int d = 0; d < s.rank; ++d) {
    for (int k = 0; k < operands; ++k) s.stride[k][d] = desc[1 + (k + 1) * s.rank + d];
  }
  check_extent(s, op);
  for (int d = 1; d < s.rank; ++d) {
    for (int e = d; e > 0 && magnitude(s.stride[0][e]) > magnitude(s.stride[0][e - 1]); --e) {
      swap_axes(&s, e, e - 1);
    }
  }
  coalesce(&s);
  return s;
}

}  // namespace nrt
