// What gru.cc hands to the kernels of one ISA level; formulas in gru.h.
#pragma once

#include <stdint.h>

#include "core/packed_kernels.h"
#include "core/packed_steps.h"

namespace nrt {

template <typename T>
struct GruForward {
  T* h;
  T* gates;
  T* hn;
  const T* projected;
  const T* recurrent;
  const T* bias;
  const T* h0;
  PackedSteps steps;
  int64_t units;
  bool reset_after;
};

template <typename T>
struct GruBackward {
  T* dprojected;
  T* drecurrent;
  T* dbias;
  T* dh0;
  T* previous;
  T* dinner;
  const T* dh;
  const T* dhn;
  const T* h;
  const T* gates;
  const T* recurrent;
  const T* h0;
  PackedSteps steps;
  int64_t units;
  bool reset_after;
};

using GruKernels = PackedKernels<GruForward, GruBackward>;

}  // namespace nrt
