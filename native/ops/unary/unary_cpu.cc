// y = f(x): one loop per functor (functors.h), vectorised by the compiler. Limited by memory from
// DRAM; in cache by the polynomials of core/kernel_math.h.
#include "ops/unary/unary_kernels.h"
#include "ops/unary/unary_table.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Not inlined: one copy serves plain, strided and streamed results.
template <typename F, typename T>
__attribute__((noinline)) void loop(T* y, const T* x, int64_t n, const unary::Params<T>& params) {
  const unary::Params<T> p = params;
  for (int64_t i = 0; i < n; ++i) y[i] = F::template forward<T>(x[i], p);
}

template <typename T>
void map_piece(void (*make)(T*, const T*, int64_t, const unary::Params<T>&), bool stream, T* y,
               const T* x, int64_t n, const unary::Params<T>& params) {
  if (!stream) return make(y, x, n, params);
  stream_blocks(y, n, [&](T* to, int64_t i, int64_t count) { make(to, x + i, count, params); });
}

template <typename F, typename T>
inline void row(char* const* p, const int64_t* step, int64_t n, const unary::Params<T>& params) {
  T* y = reinterpret_cast<T*>(p[0]);
  const T* x = reinterpret_cast<const T*>(p[1]);
  if (step[1] == 1) {
    loop<F, T>(y, x, n, params);
    return;
  }
  alignas(64) T block[kGatherBlock];
  for (int64_t i = 0; i < n; i += kGatherBlock) {
    const int64_t m = min64(kGatherBlock, n - i);
    loop<F, T>(y + i, gathered(x + i * step[1], step[1], m, block), m, params);
  }
}

template <typename T>
inline unary::Params<T> params_of(const double* p) {
  return {static_cast<T>(p[0]), static_cast<T>(p[1]), static_cast<T>(p[2]), static_cast<T>(p[3])};
}

// Whole powers that are one operation; the others call the C library.
inline int32_t simplified(int32_t op, const double* p) {
  if (op != NRT_UNARY_POWS) return op;
  return p[0] == 2 ? NRT_UNARY_SQUARE : p[0] == 1 ? NRT_UNARY_IDENTITY
         : p[0] == -1 ? NRT_UNARY_RECIPROCAL : NRT_UNARY_POWS;
}

template <typename T>
void forward_as(int32_t op, void* y, const void* x, int64_t n, const double* p) {
  const unary::Params<T> params = params_of<T>(p);
  T* out = static_cast<T*>(y);
  const T* in = static_cast<const T*>(x);
  const bool stream = out != in && n * static_cast<int64_t>(sizeof(T)) >= kStreamedOutput;
  with_unary(simplified(op, p), [&](auto f) {
    using F = decltype(f);
    const auto make = loop<F, T>;
    parallel(n, kElementGrain, [=, &params](int64_t begin, int64_t end) {
      map_piece(make, stream, out + begin, in + begin, end - begin, params);
      stream_fence();
    });
  });
}

template <typename T>
void strided_as(const Strided& s, int32_t op, void* y, const void* x, const double* p) {
  const unary::Params<T> params = params_of<T>(p);
  char* base[2] = {static_cast<char*>(y), static_cast<char*>(const_cast<void*>(x))};
  const int64_t bytes[2] = {sizeof(T), sizeof(T)};
  with_unary(simplified(op, p), [&](auto f) {
    using F = decltype(f);
    for_rows<2>(s, base, bytes, kElementGrain, [&](char* const* at, const int64_t* step, int64_t n) {
      row<F, T>(at, step, n, params);
    });
  });
}

// Integers wrap around like Java's.
template <typename T, typename U>
void integer_row(int32_t op, char* const* p, const int64_t* step, int64_t n) {
  T* y = reinterpret_cast<T*>(p[0]);
  const T* x = reinterpret_cast<const T*>(p[1]);
  const int64_t d = step[1];
  switch (op) {
    case NRT_UNARY_NEG:
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(U(0) - static_cast<U>(x[i * d]));
      return;
    case NRT_UNARY_ABS:
      for (int64_t i = 0; i < n; ++i) {
        const U u = static_cast<U>(x[i * d]);
        y[i] = static_cast<T>(x[i * d] < 0 ? U(0) - u : u);
      }
      return;
    case NRT_UNARY_SQUARE:
      for (int64_t i = 0; i < n; ++i) {
        y[i] = static_cast<T>(static_cast<U>(x[i * d]) * static_cast<U>(x[i * d]));
      }
      return;
    default:
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((x[i * d] > 0) - (x[i * d] < 0));
  }
}

template <typename T, typename U>
void integers(const Strided& s, int32_t op, void* y, const void* x) {
  char* base[2] = {static_cast<char*>(y), static_cast<char*>(const_cast<void*>(x))};
  const int64_t bytes[2] = {sizeof(T), sizeof(T)};
  for_rows<2>(s, base, bytes, kElementGrain, [&](char* const* at, const int64_t* step, int64_t n) {
    integer_row<T, U>(op, at, step, n);
  });
}

void forward_strided(const Strided& s, int32_t dtype, int32_t op, void* y, const void* x,
                     const double* p) {
  switch (dtype) {
    case NRT_FLOAT32:
      return strided_as<float>(s, op, y, x, p);
    case NRT_FLOAT64:
      return strided_as<double>(s, op, y, x, p);
    case NRT_INT32:
      return integers<int32_t, uint32_t>(s, op, y, x);
    default:
      return integers<int64_t, uint64_t>(s, op, y, x);
  }
}

void forward(int32_t dtype, int32_t op, void* y, const void* x, int64_t n, const double* p) {
  if (dtype == NRT_FLOAT32) return forward_as<float>(op, y, x, n, p);
  if (dtype == NRT_FLOAT64) return forward_as<double>(op, y, x, n, p);
  Strided line;
  line.rank = 1;
  line.size = line.shape[0] = n;
  line.stride[0][0] = line.stride[1][0] = 1;
  forward_strided(line, dtype, op, y, x, p);
}

}  // namespace

extern const UnaryKernels unary_kernels;
const UnaryKernels unary_kernels = {forward, forward_strided};

}  // namespace NRT_ISA_NS
}  // namespace nrt
