// What lstm.cc hands to the kernels of one ISA level; formulas in lstm.h.
#pragma once

#include <stdint.h>

#include "core/packed_kernels.h"
#include "core/packed_steps.h"

namespace nrt {

template <typename T>
struct LstmForward;
template <typename T>
struct LstmBackward;

// The steps by products of bfloat16 parts (core/precision.h).
template <typename T>
struct LstmTiles {
  void (*forward)(const LstmForward<T>& p);
  void (*backward)(const LstmBackward<T>& p);
};

template <typename T>
struct LstmForward {
  T* h;
  T* c;
  T* gates;
  T* hn;
  T* cn;
  const T* projected;
  const T* recurrent;
  const T* peephole;
  const T* h0;
  const T* c0;
  PackedSteps steps;
  int64_t units;
  int32_t products;           // bfloat16 products per float32 product
  const LstmTiles<T>* tiles;  // what computes them, or null
};

template <typename T>
struct LstmBackward {
  T* dprojected;
  T* drecurrent;
  T* dpeephole;
  T* dh0;
  T* dc0;
  T* previous;
  const T* dh;
  const T* dhn;
  const T* dcn;
  const T* h;
  const T* c;
  const T* gates;
  const T* recurrent;
  const T* peephole;
  const T* h0;
  const T* c0;
  PackedSteps steps;
  int64_t units;
  int32_t products;           // bfloat16 products per float32 product
  const LstmTiles<T>* tiles;  // what computes them, or null
};

using LstmKernels = PackedKernels<LstmForward, LstmBackward>;

}  // namespace nrt
