// A chunk of sequences is a task; a step of it is one product with bias (the projection) and activation
// in its epilogue.
#include "ops/rnn/rnn_kernels.h"

#include "core/packed_walk.h"
#include "ops/gemm/gemm_call.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
void forward(const RnnForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  const GemmWeights<T> weights(p.recurrent, n, n, n, false, p.steps.steps);
  sequence_chunks(p.steps, n, n, [&](int64_t first, int64_t last) {
    start_state(p.hn, p.h0, first, last, n);
    T* state = p.hn + first * n;
    steps_forward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* h = p.h + row * n;
      const size_t bytes = static_cast<size_t>(count * n) * sizeof(T);
      memcpy(h, p.projected + row * n, bytes);
      weights.multiply(h, n, state, n, count, 1, p.activation);
      memcpy(state, h, bytes);
    });
  });
}

// dz = (carried + dh) act'(z), the derivative from the output.
template <typename T, typename D>
void gradient_rows(T* dz, const T* carried, const T* dh, const T* h, int64_t n, const D& derivative) {
  if (dh == nullptr) {
    for (int64_t i = 0; i < n; ++i) dz[i] = carried[i] * derivative(h[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) dz[i] = (carried[i] + dh[i]) * derivative(h[i]);
  }
}

template <typename T>
void gradient_rows(T* dz, const T* carried, const T* dh, const T* h, int64_t n, int32_t activation) {
  switch (activation) {
    case kRnnTanh:
      gradient_rows(dz, carried, dh, h, n, [](T y) { return 1 - y * y; });
      return;
    case kRnnRelu:
      gradient_rows(dz, carried, dh, h, n, [](T y) { return y > 0 ? T(1) : T(0); });
      return;
    case kRnnSigmoid:
      gradient_rows(dz, carried, dh, h, n, [](T y) { return y * (1 - y); });
      return;
    default:
      gradient_rows(dz, carried, dh, h, n, [](T) { return T(1); });
  }
}

template <typename T>
void backward(const RnnBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  const GemmWeights<T> weights(p.recurrent, n, n, n, true, p.steps.steps);
  sequence_chunks(p.steps, n, n, [&](int64_t first, int64_t last) {
    start_state(p.dh0, p.dhn, first, last, n);
    previous_rows(p.previous, p.h, p.h0, p.steps, first, last, n);
    T* carried = p.dh0 + first * n;
    steps_backward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* dz = p.dprojected + row * n;
      gradient_rows(dz, carried, p.dh == nullptr ? nullptr : p.dh + row * n, p.h + row * n, count * n,
                    p.activation);
      weights.multiply(carried, n, dz, n, count, 0);
    });
  });
  gemm_transposed_left(p.drecurrent, n, p.previous, n, p.dprojected, n, n, n, p.steps.total);
}

}  // namespace

extern const RnnKernels rnn_kernels;
const RnnKernels rnn_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
