// y = f(a, b) with broadcasting. The loops below know three layouts of the inner axis: both operands
// contiguous, or one of them constant; transposed operands arrive staged (core/strided.h), anything
// else is gathered into an L1 block first. Limited by memory for all but pow, mod and atan2.
#include "ops/binary/binary_kernels.h"

#include "neurite/core.h"
#include "ops/binary/binary.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Arithmetic on integers wraps around, so it is done on the unsigned type.
template <typename T>
struct Wrap {
  using Type = T;
};
template <>
struct Wrap<int32_t> {
  using Type = uint32_t;
};
template <>
struct Wrap<int64_t> {
  using Type = uint64_t;
};

// Quotient of integers truncated to zero; b is not 0. The smallest value by -1 wraps.
template <typename T>
inline T truncated_quotient(T a, T b) {
  using U = typename Wrap<T>::Type;
  return b == -1 ? static_cast<T>(U(0) - static_cast<U>(a)) : a / b;
}

struct Add {
  template <typename T>
  static T apply(T a, T b, bool*) {
    using U = typename Wrap<T>::Type;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b, bool*) {
    using U = typename Wrap<T>::Type;
    return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
  }
};
struct Mul {
  template <typename T>
  static T apply(T a, T b, bool*) {
    using U = typename Wrap<T>::Type;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  }
};
struct Div {
  static float apply(float a, float b, bool*) { return a / b; }
  static double apply(double a, double b, bool*) { return a / b; }
  template <typename T>
  static T apply(T a, T b, bool* ok) {
    if (b == 0) *ok = false;
    return b == 0 ? 0 : truncated_quotient(a, b);
  }
};
struct Maximum {  // a NaN on either side fails the comparison or is a itself
  template <typename T>
  static T apply(T a, T b, bool*) {
    return a != a ? a : (a > b ? a : b);
  }
};
struct Minimum {
  template <typename T>
  static T apply(T a, T b, bool*) {
    return a != a ? a : (a < b ? a : b);
  }
};
struct Pow {
  static float apply(float a, float b, bool*) { return powf(a, b); }
  static double apply(double a, double b, bool*) { return pow(a, b); }
  template <typename T>
  static T apply(T a, T b, bool* ok) {  // a negative exponent is 1 / a^-b, truncated
    using U = typename Wrap<T>::Type;
    if (b < 0) {
      if (a == 0) *ok = false;
      return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    }
    U result = 1, power = static_cast<U>(a);
    for (U e = static_cast<U>(b); e != 0; e >>= 1) {
      if (e & 1) result *= power;
      power *= power;
    }
    return static_cast<T>(result);
  }
};
struct Atan2 {
  static float apply(float a, float b, bool*) { return atan2f(a, b); }
  static double apply(double a, double b, bool*) { return atan2(a, b); }
};
// Not the C library's: its hypot exists from glibc 2.35 on only, and is a call per element.
struct Hypot {
  static float apply(float a, float b, bool*) {
    const double x = a, y = b;  // no square of a float leaves double's range
    const float root = static_cast<float>(sqrt(x * x + y * y));
    return fabsf(a) == INFINITY || fabsf(b) == INFINITY ? INFINITY : root;
  }
  static double apply(double a, double b, bool*) {
    const double x = fabs(a), y = fabs(b), larger = x > y ? x : y;
    const bool huge = larger > 0x1p500, tiny = larger < 0x1p-500;  // where squares leave the range
    const double down = huge ? 0x1p-600 : tiny ? 0x1p600 : 1.0;
    const double up = huge ? 0x1p600 : tiny ? 0x1p-600 : 1.0;
    const double u = x * down, v = y * down;
    const double root = sqrt(u * u + v * v) * up;
    return x == INFINITY || y == INFINITY ? INFINITY : root;
  }
};
struct Rem {
  static float apply(float a, float b, bool*) { return fmodf(a, b); }
  static double apply(double a, double b, bool*) { return fmod(a, b); }
  template <typename T>
  static T apply(T a, T b, bool* ok) {
    if (b == 0) *ok = false;
    return b == 0 || b == -1 ? 0 : a % b;
  }
};
struct Mod {
  template <typename T>
  static T apply(T a, T b, bool* ok) {
    const T r = Rem::apply(a, b, ok);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
};
struct FloorDiv {
  static float apply(float a, float b, bool* ok) { return real(a, b, ok); }
  static double apply(double a, double b, bool* ok) { return real(a, b, ok); }
  template <typename T>
  static T apply(T a, T b, bool* ok) {
    if (b == 0) *ok = false;
    if (b == 0) return 0;
    const T q = truncated_quotient(a, b);
    return b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
  }
  // The exact quotient of a - mod(a, b): floor(a / b) may round up across an integer.
  template <typename T>
  static T real(T a, T b, bool* ok) {
    if (b == 0) return a / b;
    const T q = (a - Mod::apply(a, b, ok)) / b;
    const T below = static_cast<T>(floor(q));
    return q - below > static_cast<T>(0.5) ? below + 1 : below;
  }
};

// Not inlined: one copy serves plain, strided and streamed results.
template <typename Op, typename T>
__attribute__((noinline)) bool loop(T* y, const T* a, const T* b, int64_t n, int64_t a_step, int64_t b_step) {
  bool ok = true;
  if (a_step == 1 && b_step == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = Op::apply(a[i], b[i], &ok);
  } else if (a_step == 1) {
    const T right = b[0];
    for (int64_t i = 0; i < n; ++i) y[i] = Op::apply(a[i], right, &ok);
  } else if (b_step == 1) {
    const T left = a[0];
    for (int64_t i = 0; i < n; ++i) y[i] = Op::apply(left, b[i], &ok);
  } else {
    const T value = Op::apply(a[0], b[0], &ok);
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  }
  return ok;
}

// The same, past the caches when `stream`.
template <typename T>
bool map_piece(bool (*make)(T*, const T*, const T*, int64_t, int64_t, int64_t), bool stream, T* y,
               const T* a, const T* b, int64_t n, int64_t a_step, int64_t b_step) {
  if (!stream) return make(y, a, b, n, a_step, b_step);
  bool ok = true;
  stream_blocks(y, n, [&](T* to, int64_t i, int64_t count) {
    ok = make(to, a + i * a_step, b + i * b_step, count, a_step, b_step) && ok;
  });
  return ok;
}

inline void lower(bool* flag, bool ok) {
  if (!ok) __atomic_store_n(flag, false, __ATOMIC_RELAXED);
}

// Expensive functions call the C library per element.
template <typename Op>
constexpr int64_t grain() {
  return kElementGrain;
}
template <>
constexpr int64_t grain<Pow>() {
  return kElementGrain / 16;
}

template <typename Op, typename T>
bool contiguous(void* y, const void* a, const void* b, int64_t n, int64_t a_step, int64_t b_step) {
  T* out = static_cast<T*>(y);
  const T* left = static_cast<const T*>(a);
  const T* right = static_cast<const T*>(b);
  if (n <= grain<Op>()) return loop<Op, T>(out, left, right, n, a_step, b_step);
  bool ok = true;
  const bool stream = y != a && y != b && n * static_cast<int64_t>(sizeof(T)) >= kStreamedOutput;
  parallel(n, grain<Op>(), [&](int64_t begin, int64_t end) {
    lower(&ok, map_piece(loop<Op, T>, stream, out + begin, left + begin * a_step,
                         right + begin * b_step, end - begin, a_step, b_step));
    stream_fence();
  });
  return ok;
}

template <typename Op, typename T>
bool row(char* const* p, const int64_t* step, int64_t n, bool stream) {
  T* y = reinterpret_cast<T*>(p[0]);
  const T* a = reinterpret_cast<const T*>(p[1]);
  const T* b = reinterpret_cast<const T*>(p[2]);
  if ((step[1] == 0 || step[1] == 1) && (step[2] == 0 || step[2] == 1)) {
    return map_piece(loop<Op, T>, stream && n >= 64, y, a, b, n, step[1], step[2]);
  }
  alignas(64) T left[kGatherBlock], right[kGatherBlock];
  bool ok = true;
  for (int64_t i = 0; i < n; i += kGatherBlock) {
    const int64_t m = min64(kGatherBlock, n - i);
    ok = loop<Op, T>(y + i, gathered(a + i * step[1], step[1], m, left),
                     gathered(b + i * step[2], step[2], m, right), m, 1, 1) &&
         ok;
  }
  return ok;
}

template <typename Op, typename T>
bool strided(const Strided& s, void* y, const void* a, const void* b) {
  char* base[3] = {static_cast<char*>(y), static_cast<char*>(const_cast<void*>(a)),
                   static_cast<char*>(const_cast<void*>(b))};
  const int64_t bytes[3] = {sizeof(T), sizeof(T), sizeof(T)};
  bool ok = true;
  const bool stream = y != a && y != b && s.size * bytes[0] >= kStreamedOutput;
  for_rows<3>(s, base, bytes, grain<Op>(), [&](char* const* p, const int64_t* step, int64_t n) {
    lower(&ok, row<Op, T>(p, step, n, stream));
  });
  return ok;
}

// Calls body(Op{}) for the operation; Body is one of the two structs below.
template <typename T, typename Body>
bool dispatch_arithmetic(int32_t op, const Body& body) {
  switch (op) {
    case NRT_BINARY_ADD:
      return body(Add{});
    case NRT_BINARY_SUB:
      return body(Sub{});
    case NRT_BINARY_MUL:
      return body(Mul{});
    case NRT_BINARY_DIV:
      return body(Div{});
    case NRT_BINARY_MAXIMUM:
      return body(Maximum{});
    case NRT_BINARY_MINIMUM:
      return body(Minimum{});
    case NRT_BINARY_POW:
      return body(Pow{});
    case NRT_BINARY_MOD:
      return body(Mod{});
    case NRT_BINARY_REM:
      return body(Rem{});
    default:
      return body(FloorDiv{});
  }
}

template <typename T>
struct Dispatch {
  template <typename Body>
  static bool run(int32_t op, const Body& body) {
    if (op == NRT_BINARY_ATAN2) return body(Atan2{});
    if (op == NRT_BINARY_HYPOT) return body(Hypot{});
    return dispatch_arithmetic<T>(op, body);
  }
};
template <>
struct Dispatch<int32_t> {
  template <typename Body>
  static bool run(int32_t op, const Body& body) {
    return dispatch_arithmetic<int32_t>(op, body);
  }
};
template <>
struct Dispatch<int64_t> : Dispatch<int32_t> {};

template <typename T>
bool forward_as(int32_t op, void* y, const void* a, const void* b, int64_t n, int64_t a_step,
                int64_t b_step) {
  return Dispatch<T>::run(op, [&](auto f) {
    return contiguous<decltype(f), T>(y, a, b, n, a_step, b_step);
  });
}

template <typename T>
bool strided_as(const Strided& s, int32_t op, void* y, const void* a, const void* b) {
  return Dispatch<T>::run(op, [&](auto f) { return strided<decltype(f), T>(s, y, a, b); });
}

bool forward(int32_t dtype, int32_t op, void* y, const void* a, const void* b, int64_t n,
             int64_t a_step, int64_t b_step) {
  switch (dtype) {
    case NRT_FLOAT32:
      return forward_as<float>(op, y, a, b, n, a_step, b_step);
    case NRT_FLOAT64:
      return forward_as<double>(op, y, a, b, n, a_step, b_step);
    case NRT_INT32:
      return forward_as<int32_t>(op, y, a, b, n, a_step, b_step);
    default:
      return forward_as<int64_t>(op, y, a, b, n, a_step, b_step);
  }
}

bool forward_strided(const Strided& s, int32_t dtype, int32_t op, void* y, const void* a,
                     const void* b) {
  switch (dtype) {
    case NRT_FLOAT32:
      return strided_as<float>(s, op, y, a, b);
    case NRT_FLOAT64:
      return strided_as<double>(s, op, y, a, b);
    case NRT_INT32:
      return strided_as<int32_t>(s, op, y, a, b);
    default:
      return strided_as<int64_t>(s, op, y, a, b);
  }
}

template <typename T>
void axpy_as(void* y, const void* x, int64_t n, double alpha) {
  T* out = static_cast<T*>(y);
  const T* in = static_cast<const T*>(x);
  const T scale = static_cast<T>(alpha);
  parallel(n, kElementGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] += scale * in[i];
  });
}

void axpy(int32_t dtype, void* y, const void* x, int64_t n, double alpha) {
  dtype == NRT_FLOAT32 ? axpy_as<float>(y, x, n, alpha) : axpy_as<double>(y, x, n, alpha);
}

}  // namespace

extern const BinaryKernels binary_kernels;
const BinaryKernels binary_kernels = {forward, forward_strided, axpy};

}  // namespace NRT_ISA_NS
}  // namespace nrt
