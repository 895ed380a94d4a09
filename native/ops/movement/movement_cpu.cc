// Strided copies and sums, conversions, fills. All are limited by memory: contiguous runs go through
// memcpy, a transposed source through tiles that are staged in L1 (core/strided.h), the rest through
// a loop over the inner axis.
#include "ops/movement/movement_kernels.h"

#include "neurite/core.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kByteGrain = 256 * 1024;

template <typename E>
inline void copy_row(E* NRT_RESTRICT y, int64_t y_step, const E* NRT_RESTRICT x, int64_t x_step,
                     int64_t n, bool stream) {
  if (y_step == 1 && x_step == 1) {
    if (stream && n * static_cast<int64_t>(sizeof(E)) >= 64) {
      stream_copy(y, x, n * static_cast<int64_t>(sizeof(E)));
    } else if (n >= 64) {
      memcpy(y, x, static_cast<size_t>(n) * sizeof(E));
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = x[i];
    }
  } else if (y_step == 1 && x_step == 0) {
    const E value = x[0];
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  } else if (y_step == 1 && x_step == -1) {
    for (int64_t i = 0; i < n; ++i) y[i] = x[-i];
  } else if (y_step == 1 && x_step == 2) {
    for (int64_t i = 0; i < n; ++i) y[i] = x[2 * i];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * y_step] = x[i * x_step];
  }
}

template <typename E>
void copy_elements(const Strided& s, void* dst, const void* src) {
  char* base[2] = {static_cast<char*>(dst), static_cast<char*>(const_cast<void*>(src))};
  constexpr int64_t size = sizeof(E);
  const int64_t bytes[2] = {size, size};
  const bool stream = s.size * size >= kStreamedOutput;
  for_rows<2>(s, base, bytes, kByteGrain / size, [=](char* const* p, const int64_t* step, int64_t n) {
    copy_row(reinterpret_cast<E*>(p[0]), step[0], reinterpret_cast<const E*>(p[1]), step[1], n,
             stream);
  });
}

void copy(const Strided& s, int64_t element_bytes, void* dst, const void* src) {
  switch (element_bytes) {
    case 1:
      return copy_elements<uint8_t>(s, dst, src);
    case 2:
      return copy_elements<uint16_t>(s, dst, src);
    case 4:
      return copy_elements<uint32_t>(s, dst, src);
    default:
      return copy_elements<uint64_t>(s, dst, src);
  }
}

template <typename T>
void add_elements(const Strided& s, void* dst, const void* src) {
  char* base[2] = {static_cast<char*>(dst), static_cast<char*>(const_cast<void*>(src))};
  const int64_t bytes[2] = {sizeof(T), sizeof(T)};
  for_rows<2>(s, base, bytes, kElementGrain, [](char* const* p, const int64_t* step, int64_t n) {
    T* y = reinterpret_cast<T*>(p[0]);
    const T* x = reinterpret_cast<const T*>(p[1]);
    if (step[0] == 1 && step[1] == 1) {
      for (int64_t i = 0; i < n; ++i) y[i] += x[i];
    } else if (step[0] == 1 && step[1] == 0) {
      const T value = x[0];
      for (int64_t i = 0; i < n; ++i) y[i] += value;
    } else {
      for (int64_t i = 0; i < n; ++i) y[i * step[0]] += x[i * step[1]];
    }
  });
}

void add(const Strided& s, int32_t dtype, void* dst, const void* src) {
  dtype == NRT_FLOAT32 ? add_elements<float>(s, dst, src) : add_elements<double>(s, dst, src);
}

struct Bool8 {
  uint8_t value;
};

template <typename I, typename F>
inline I saturate(F x, F low, F high, I lowest, I highest) {
  // high is the first value above the range; NaN fails both comparisons.
  if (x >= high) return highest;
  if (x >= low) return static_cast<I>(x);
  return x < low ? lowest : static_cast<I>(0);
}

template <typename D>
struct To;
template <>
struct To<float> {
  template <typename S>
  static float from(S x) {
    return static_cast<float>(x);
  }
};
template <>
struct To<double> {
  template <typename S>
  static double from(S x) {
    return static_cast<double>(x);
  }
};
template <>
struct To<int32_t> {
  template <typename S>
  static int32_t from(S x) {
    return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x)));
  }
  static int32_t from(float x) {
    return saturate<int32_t, float>(x, -2147483648.0f, 2147483648.0f, INT32_MIN, INT32_MAX);
  }
  static int32_t from(double x) {
    return saturate<int32_t, double>(x, -2147483648.0, 2147483648.0, INT32_MIN, INT32_MAX);
  }
};
template <>
struct To<int64_t> {
  template <typename S>
  static int64_t from(S x) {
    return static_cast<int64_t>(x);
  }
  static int64_t from(float x) {
    return saturate<int64_t, float>(x, -0x1p63f, 0x1p63f, INT64_MIN, INT64_MAX);
  }
  static int64_t from(double x) {
    return saturate<int64_t, double>(x, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX);
  }
};
template <>
struct To<uint8_t> {
  template <typename S>
  static uint8_t from(S x) {
    return static_cast<uint8_t>(x);
  }
  // Through int32, by selects alone, so that the loop vectorises; NaN fails the first comparison.
  static uint8_t from(float x) {
    const float above = x > 0.0f ? x : 0.0f;
    return static_cast<uint8_t>(static_cast<int32_t>(above < 255.0f ? above : 255.0f));
  }
  static uint8_t from(double x) {
    const double above = x > 0.0 ? x : 0.0;
    return static_cast<uint8_t>(static_cast<int32_t>(above < 255.0 ? above : 255.0));
  }
};
template <>
struct To<Bool8> {
  template <typename S>
  static Bool8 from(S x) {
    return Bool8{static_cast<uint8_t>(x != 0 ? 1 : 0)};
  }
};

template <typename T>
inline T load(T x) {
  return x;
}
inline uint8_t load(Bool8 x) { return x.value; }

template <typename D, typename S>
void cast_loop(void* dst, const void* src, int64_t n) {
  D* NRT_RESTRICT y = static_cast<D*>(dst);
  const S* NRT_RESTRICT x = static_cast<const S*>(src);
  parallel(n, kElementGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = To<D>::from(load(x[i]));
  });
}

// bfloat16: the upper half of a float32, rounded half to even; NaN stays a NaN.
inline uint16_t to_bfloat16(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  const uint32_t quiet = (u >> 16) | 0x40u;
  return static_cast<uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}
inline float from_bfloat16(uint16_t h) {
  const uint32_t u = static_cast<uint32_t>(h) << 16;
  float x;
  memcpy(&x, &u, 4);
  return x;
}

// float16 by integer arithmetic: the base level has no conversion instruction.
inline uint16_t to_float16(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  const uint32_t sign = (u >> 16) & 0x8000u;
  u &= 0x7fffffffu;
  if (u > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (u >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65520 and above
  if (u < 0x38800000u) {  // below 2^-14: adding 0.5 rounds to a multiple of 2^-24
    float magnitude;
    memcpy(&magnitude, &u, 4);
    magnitude += 0.5f;
    uint32_t v;
    memcpy(&v, &magnitude, 4);
    return static_cast<uint16_t>(sign | (v - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | ((u - 0x38000000u + 0xfffu + ((u >> 13) & 1u)) >> 13));
}
inline float from_float16(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t rest = h & 0x7fffu;
  uint32_t u;
  if (rest >= 0x7c00u) {
    u = 0x7f800000u | (rest & 0x3ffu) << 13;
  } else if (rest >= 0x400u) {
    u = (rest << 13) + 0x38000000u;
  } else {
    const float subnormal = static_cast<float>(rest) * 0x1p-24f;
    memcpy(&u, &subnormal, 4);
  }
  u |= sign;
  float x;
  memcpy(&x, &u, 4);
  return x;
}

template <typename D>
void cast_from(int32_t src_dtype, void* dst, const void* src, int64_t n) {
  switch (src_dtype) {
    case NRT_FLOAT32:
      return cast_loop<D, float>(dst, src, n);
    case NRT_FLOAT64:
      return cast_loop<D, double>(dst, src, n);
    case NRT_INT32:
      return cast_loop<D, int32_t>(dst, src, n);
    case NRT_INT64:
      return cast_loop<D, int64_t>(dst, src, n);
    case NRT_UINT8:
      return cast_loop<D, uint8_t>(dst, src, n);
    default:
      return cast_loop<D, Bool8>(dst, src, n);
  }
}

void cast_wide(int32_t dst_dtype, int32_t src_dtype, void* dst, const void* src, int64_t n) {
  switch (dst_dtype) {
    case NRT_FLOAT32:
      return cast_from<float>(src_dtype, dst, src, n);
    case NRT_FLOAT64:
      return cast_from<double>(src_dtype, dst, src, n);
    case NRT_INT32:
      return cast_from<int32_t>(src_dtype, dst, src, n);
    case NRT_INT64:
      return cast_from<int64_t>(src_dtype, dst, src, n);
    case NRT_UINT8:
      return cast_from<uint8_t>(src_dtype, dst, src, n);
    default:
      return cast_from<Bool8>(src_dtype, dst, src, n);
  }
}

inline bool is_half(int32_t dtype) { return dtype == NRT_BFLOAT16 || dtype == NRT_FLOAT16; }

inline int64_t bytes_of(int32_t dtype) {
  if (is_half(dtype)) return 2;
  if (dtype == NRT_FLOAT64 || dtype == NRT_INT64) return 8;
  return dtype == NRT_UINT8 || dtype == NRT_BOOL ? 1 : 4;
}

void widen(int32_t dtype, float* NRT_RESTRICT y, const uint16_t* NRT_RESTRICT x, int64_t n) {
  if (dtype == NRT_BFLOAT16) {
    for (int64_t i = 0; i < n; ++i) y[i] = from_bfloat16(x[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = from_float16(x[i]);
  }
}

void narrow(int32_t dtype, uint16_t* NRT_RESTRICT y, const float* NRT_RESTRICT x, int64_t n) {
  if (dtype == NRT_BFLOAT16) {
    for (int64_t i = 0; i < n; ++i) y[i] = to_bfloat16(x[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = to_float16(x[i]);
  }
}

// 16-bit floats on either side pass through float32, a block at a time.
void cast_half(int32_t dst_dtype, int32_t src_dtype, char* dst, const char* src, int64_t n) {
  constexpr int64_t kBlock = 1024;
  const int64_t dst_bytes = bytes_of(dst_dtype), src_bytes = bytes_of(src_dtype);
  parallel(div_up(n, kBlock), kElementGrain / kBlock, [&](int64_t begin, int64_t end) {
    alignas(64) float wide[kBlock];
    for (int64_t b = begin; b < end; ++b) {
      const int64_t count = min64(kBlock, n - b * kBlock);
      const char* from = src + b * kBlock * src_bytes;
      char* to = dst + b * kBlock * dst_bytes;
      if (is_half(src_dtype)) {
        widen(src_dtype, wide, reinterpret_cast<const uint16_t*>(from), count);
      } else {
        cast_wide(NRT_FLOAT32, src_dtype, wide, from, count);
      }
      if (is_half(dst_dtype)) {
        narrow(dst_dtype, reinterpret_cast<uint16_t*>(to), wide, count);
      } else {
        cast_wide(dst_dtype, NRT_FLOAT32, to, wide, count);
      }
    }
  });
}

void cast(int32_t dst_dtype, int32_t src_dtype, void* dst, const void* src, int64_t n) {
  if (is_half(dst_dtype) || is_half(src_dtype)) {
    cast_half(dst_dtype, src_dtype, static_cast<char*>(dst), static_cast<const char*>(src), n);
  } else {
    cast_wide(dst_dtype, src_dtype, dst, src, n);
  }
}

template <typename E>
void fill_elements(void* dst, uint64_t bits, int64_t n) {
  E* y = static_cast<E*>(dst);
  const E value = static_cast<E>(bits);
  parallel(n, kByteGrain / static_cast<int64_t>(sizeof(E)), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = value;
  });
}

void fill(void* dst, int64_t element_bytes, uint64_t bits, int64_t n) {
  switch (element_bytes) {
    case 1:
      return fill_elements<uint8_t>(dst, bits, n);
    case 2:
      return fill_elements<uint16_t>(dst, bits, n);
    case 4:
      return fill_elements<uint32_t>(dst, bits, n);
    default:
      return fill_elements<uint64_t>(dst, bits, n);
  }
}

template <typename E>
void one_hot_rows(void* dst, uint64_t on, uint64_t off, const int64_t* ids, int64_t count,
                  int64_t depth) {
  E* y = static_cast<E*>(dst);
  const E set = static_cast<E>(on), rest = static_cast<E>(off);
  parallel(count, max64(1, kByteGrain / static_cast<int64_t>(sizeof(E)) / max64(1, depth)),
           [=](int64_t begin, int64_t end) {
             for (int64_t i = begin * depth; i < end * depth; ++i) y[i] = rest;
             for (int64_t r = begin; r < end; ++r) y[r * depth + ids[r]] = set;
           });
}

void one_hot(void* dst, int64_t element_bytes, uint64_t on, uint64_t off, const int64_t* ids,
             int64_t count, int64_t depth) {
  const auto rows = element_bytes == 1   ? one_hot_rows<uint8_t>
                    : element_bytes == 2 ? one_hot_rows<uint16_t>
                    : element_bytes == 4 ? one_hot_rows<uint32_t>
                                         : one_hot_rows<uint64_t>;
  rows(dst, on, off, ids, count, depth);
}

template <typename T>
void range_elements(void* dst, int64_t n, double start, double step) {
  T* y = static_cast<T*>(dst);
  parallel(n, kElementGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      y[i] = To<T>::from(start + static_cast<double>(i) * step);
    }
  });
}

void range(int32_t dtype, void* dst, int64_t n, double start, double step) {
  switch (dtype) {
    case NRT_FLOAT32:
      return range_elements<float>(dst, n, start, step);
    case NRT_FLOAT64:
      return range_elements<double>(dst, n, start, step);
    case NRT_INT32:
      return range_elements<int32_t>(dst, n, start, step);
    default:
      return range_elements<int64_t>(dst, n, start, step);
  }
}

}  // namespace

extern const MovementKernels movement_kernels;
const MovementKernels movement_kernels = {copy, add, cast, fill, one_hot, range};

}  // namespace NRT_ISA_NS
}  // namespace nrt
