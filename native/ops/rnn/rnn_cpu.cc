#include "ops/rnn/rnn_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
void forward(const RnnForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  if (p.tiles != nullptr) {
    p.tiles->forward(p);
  } else {
    forward_steps(p, UnitBlocks<T, 1, 64>::of(p.recurrent, n, n, n, n));
  }
}

template <typename T>
void backward(const RnnBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  if (p.tiles != nullptr) {
    p.tiles->backward(p);
  } else {
    backward_steps(p, UnitBlocks<T, 1, 64>::of_transposed(p.recurrent, n, n, n));
  }
  recurrent_gradient(p.drecurrent, n, p.h, p.h0, p.previous, p.dprojected, n, p.steps, n, n);
}

}  // namespace

extern const RnnKernels rnn_kernels;
const RnnKernels rnn_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
