// What gru.cc hands to the kernels of one ISA level; formulas in gru.h.
#pragma once

#include <stdint.h>

#include "core/packed_kernels.h"
#include "core/packed_steps.h"

namespace nrt {

template <typename T>
struct GruForward;
template <typename T>
struct GruBackward;

// The steps by products of bfloat16 parts (core/precision.h).
template <typename T>
struct GruTiles {
  void (*forward)(const GruForward<T>& p);
  void (*backward)(const GruBackward<T>& p);
};

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
  int32_t products;          // bfloat16 products per float32 product
  const GruTiles<T>* tiles;  // what computes them, or null
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
  int32_t products;          // bfloat16 products per float32 product
  const GruTiles<T>* tiles;  // what computes them, or null
};

using GruKernels = PackedKernels<GruForward, GruBackward>;

}  // namespace nrt
