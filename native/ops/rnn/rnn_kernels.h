// What rnn.cc hands to the kernels of one ISA level; formulas in rnn.h.
#pragma once

#include <stdint.h>

#include "core/packed_kernels.h"
#include "core/packed_steps.h"

namespace nrt {

template <typename T>
struct RnnForward {
  T* h;
  T* hn;
  const T* projected;
  const T* recurrent;
  const T* h0;
  PackedSteps steps;
  int64_t units;
  int32_t activation;
};

template <typename T>
struct RnnBackward {
  T* dprojected;
  T* drecurrent;
  T* dh0;
  T* previous;
  const T* dh;
  const T* dhn;
  const T* h;
  const T* recurrent;
  const T* h0;
  PackedSteps steps;
  int64_t units;
  int32_t activation;
};

using RnnKernels = PackedKernels<RnnForward, RnnBackward>;

// NRT_UNARY_* codes, repeated because kernel files include no ABI header; checked in rnn.cc.
constexpr int32_t kRnnIdentity = 0, kRnnRelu = 40, kRnnSigmoid = 51, kRnnTanh = 55;

}  // namespace nrt
