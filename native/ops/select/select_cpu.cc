// Comparisons, logic and choice over strided operands (core/strided.h). Limited by memory.
#include "neurite/core.h"
#include "ops/select/select.h"
#include "ops/select/select_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

struct Equal {
  template <typename T>
  static bool apply(T a, T b) { return a == b; }
};
struct NotEqual {
  template <typename T>
  static bool apply(T a, T b) { return a != b; }
};
struct Greater {
  template <typename T>
  static bool apply(T a, T b) { return a > b; }
};
struct GreaterEqual {
  template <typename T>
  static bool apply(T a, T b) { return a >= b; }
};
struct Less {
  template <typename T>
  static bool apply(T a, T b) { return a < b; }
};
struct LessEqual {
  template <typename T>
  static bool apply(T a, T b) { return a <= b; }
};
struct And {
  template <typename T>
  static bool apply(T a, T b) { return a != 0 && b != 0; }
};
struct Or {
  template <typename T>
  static bool apply(T a, T b) { return a != 0 || b != 0; }
};
struct Xor {
  template <typename T>
  static bool apply(T a, T b) { return (a != 0) != (b != 0); }
};
struct IsNan {
  template <typename T>
  static bool apply(T a, T) { return a != a; }
};
struct IsFinite {
  template <typename T>
  static bool apply(T a, T) { return a - a == 0; }
};

template <typename Op, typename T>
void compare_rows(const Strided& s, void* y, const void* a, const void* b) {
  char* base[3] = {static_cast<char*>(y), static_cast<char*>(const_cast<void*>(a)),
                   static_cast<char*>(const_cast<void*>(b))};
  const int64_t bytes[3] = {1, sizeof(T), sizeof(T)};
  for_rows<3>(s, base, bytes, kElementGrain, [](char* const* p, const int64_t* step, int64_t n) {
    uint8_t* out = reinterpret_cast<uint8_t*>(p[0]);
    const T* u = reinterpret_cast<const T*>(p[1]);
    const T* v = reinterpret_cast<const T*>(p[2]);
    if (step[1] == 1 && step[2] == 1) {
      for (int64_t i = 0; i < n; ++i) out[i] = Op::apply(u[i], v[i]);
    } else if (step[1] == 1 && step[2] == 0) {
      const T w = *v;
      for (int64_t i = 0; i < n; ++i) out[i] = Op::apply(u[i], w);
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = Op::apply(u[i * step[1]], v[i * step[2]]);
    }
  });
}

template <typename T>
void compare_typed(const Strided& s, int32_t op, void* y, const void* a, const void* b) {
  switch (op) {
    case NRT_COMPARE_EQUAL: return compare_rows<Equal, T>(s, y, a, b);
    case NRT_COMPARE_NOT_EQUAL: return compare_rows<NotEqual, T>(s, y, a, b);
    case NRT_COMPARE_GREATER: return compare_rows<Greater, T>(s, y, a, b);
    case NRT_COMPARE_GREATER_EQUAL: return compare_rows<GreaterEqual, T>(s, y, a, b);
    case NRT_COMPARE_LESS: return compare_rows<Less, T>(s, y, a, b);
    case NRT_COMPARE_LESS_EQUAL: return compare_rows<LessEqual, T>(s, y, a, b);
    case NRT_LOGIC_AND: return compare_rows<And, T>(s, y, a, b);
    case NRT_LOGIC_OR: return compare_rows<Or, T>(s, y, a, b);
    case NRT_LOGIC_XOR: return compare_rows<Xor, T>(s, y, a, b);
    case NRT_TEST_NAN: return compare_rows<IsNan, T>(s, y, a, b);
    default: return compare_rows<IsFinite, T>(s, y, a, b);
  }
}

void compare(const Strided& s, int32_t dtype, int32_t op, void* y, const void* a, const void* b) {
  switch (dtype) {
    case NRT_FLOAT32: return compare_typed<float>(s, op, y, a, b);
    case NRT_FLOAT64: return compare_typed<double>(s, op, y, a, b);
    case NRT_INT32: return compare_typed<int32_t>(s, op, y, a, b);
    case NRT_INT64: return compare_typed<int64_t>(s, op, y, a, b);
    default: return compare_typed<uint8_t>(s, op, y, a, b);
  }
}

template <typename E>
void where_rows(const Strided& s, void* y, const void* cond, const void* a, const void* b) {
  char* base[4] = {static_cast<char*>(y), static_cast<char*>(const_cast<void*>(cond)),
                   static_cast<char*>(const_cast<void*>(a)), static_cast<char*>(const_cast<void*>(b))};
  const int64_t bytes[4] = {sizeof(E), 1, sizeof(E), sizeof(E)};
  for_rows<4>(s, base, bytes, kElementGrain, [](char* const* p, const int64_t* step, int64_t n) {
    E* out = reinterpret_cast<E*>(p[0]);
    const uint8_t* c = reinterpret_cast<const uint8_t*>(p[1]);
    const E* u = reinterpret_cast<const E*>(p[2]);
    const E* v = reinterpret_cast<const E*>(p[3]);
    if (step[1] == 1 && step[2] == 1 && step[3] == 1) {
      for (int64_t i = 0; i < n; ++i) out[i] = c[i] ? u[i] : v[i];
    } else if (step[1] == 1 && step[2] == 1 && step[3] == 0) {
      const E w = *v;
      for (int64_t i = 0; i < n; ++i) out[i] = c[i] ? u[i] : w;
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = c[i * step[1]] ? u[i * step[2]] : v[i * step[3]];
    }
  });
}

void where(const Strided& s, int64_t bytes, void* y, const void* cond, const void* a, const void* b) {
  switch (bytes) {
    case 1: return where_rows<uint8_t>(s, y, cond, a, b);
    case 4: return where_rows<uint32_t>(s, y, cond, a, b);
    default: return where_rows<uint64_t>(s, y, cond, a, b);
  }
}

}  // namespace

extern const SelectKernels select_kernels;
const SelectKernels select_kernels = {compare, where};

}  // namespace NRT_ISA_NS
}  // namespace nrt
