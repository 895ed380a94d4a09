// What rnn.cc hands to the kernels of one ISA level; formulas in rnn.h.
#pragma once

#include <stdint.h>

#include "core/packed_kernels.h"
#include "core/packed_steps.h"

namespace nrt {

template <typename T>
struct RnnForward;
template <typename T>
struct RnnBackward;

// The steps by products of bfloat16 parts (core/precision.h).
template <typename T>
struct RnnTiles {
  void (*forward)(const RnnForward<T>& p);
  void (*backward)(const RnnBackward<T>& p);
};

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
  int32_t products;          // bfloat16 products per float32 product
  const RnnTiles<T>* tiles;  // what computes them, or null
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
  int32_t products;          // bfloat16 products per float32 product
  const RnnTiles<T>* tiles;  // what computes them, or null
};

using RnnKernels = PackedKernels<RnnForward, RnnBackward>;

// NRT_UNARY_* codes, repeated because kernel files include no ABI header; checked in rnn.cc.
constexpr int32_t kRnnIdentity = 0, kRnnRelu = 40, kRnnSigmoid = 51, kRnnTanh = 55;

}  // namespace nrt
