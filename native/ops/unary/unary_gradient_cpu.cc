// dx = dy f'(x): one loop per functor, reading x, y or neither as the functor says.
#include "ops/unary/unary_kernels.h"
#include "ops/unary/unary_table.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename F, typename T>
__attribute__((noinline)) void loop(T* dx, const T* dy, const T* v, int64_t n, const unary::Params<T>& params) {
  const unary::Params<T> p = params;
  if (F::needs == unary::kNothing) {
    const T slope = F::template derivative<T>(0, p);
    for (int64_t i = 0; i < n; ++i) dx[i] = dy[i] * slope;
  } else {
    for (int64_t i = 0; i < n; ++i) dx[i] = dy[i] * F::template derivative<T>(v[i], p);
  }
}

template <typename T>
void map_piece(void (*make)(T*, const T*, const T*, int64_t, const unary::Params<T>&), bool stream,
               T* dx, const T* dy, const T* v, int64_t n, const unary::Params<T>& params) {
  if (!stream) return make(dx, dy, v, n, params);
  stream_blocks(dx, n, [&](T* to, int64_t i, int64_t count) { make(to, dy + i, v + i, count, params); });
}

template <typename T>
void backward_as(int32_t op, void* dx, const void* dy, const void* x, const void* y, int64_t n,
                 const double* p) {
  const unary::Params<T> params = {static_cast<T>(p[0]), static_cast<T>(p[1]),
                                   static_cast<T>(p[2]), static_cast<T>(p[3])};
  T* out = static_cast<T*>(dx);
  const T* up = static_cast<const T*>(dy);
  const bool stream = dx != dy && dx != x && dx != y && n * static_cast<int64_t>(sizeof(T)) >= kStreamedOutput;
  // The derivative of x^2 is read from x like that of any power.
  const bool square = op == NRT_UNARY_POWS && p[0] == 2;
  with_unary(square ? NRT_UNARY_SQUARE : op, [&](auto f) {
    using F = decltype(f);
    const T* v = static_cast<const T*>(F::needs == unary::kOutput  ? y
                                       : F::needs == unary::kInput ? x
                                                                   : dy);
    const auto make = loop<F, T>;
    parallel(n, kElementGrain, [=, &params](int64_t begin, int64_t end) {
      map_piece(make, stream, out + begin, up + begin, v + begin, end - begin, params);
      stream_fence();
    });
  });
}

void backward(int32_t dtype, int32_t op, void* dx, const void* dy, const void* x, const void* y,
              int64_t n, const double* p) {
  dtype == NRT_FLOAT32 ? backward_as<float>(op, dx, dy, x, y, n, p)
                       : backward_as<double>(op, dx, dy, x, y, n, p);
}

int32_t needs(int32_t op) {
  int32_t result = -1;
  with_unary(op, [&](auto f) { result = decltype(f)::needs; });
  return result;
}

}  // namespace

extern const UnaryGradientKernels unary_gradient_kernels;
const UnaryGradientKernels unary_gradient_kernels = {backward, needs};

}  // namespace NRT_ISA_NS
}  // namespace nrt
