// The transforms of conv2d_winograd_cpu.cc, every channel alike. For kernel files only.
//
//   B' = | 1  0 -1  0 |   G = |  1    0    0  |   A' = | 1  1  1  0 |
//        | 0  1  1  0 |       | 1/2  1/2  1/2 |        | 0  1 -1 -1 |
//        | 0 -1  1  0 |       | 1/2 -1/2  1/2 |
//        | 0  1  0 -1 |       |  0    0    1  |
#pragma once

#include "ops/conv2d/conv2d_kernels.h"
#include "ops/gemm/gemm_activation.h"
#include "ops/gemm/gemm_simd.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

typedef VectorOf<float> V;

bool all_zero(V v) {
  bool zero = true;
  for (int i = 0; i < kLanes<float>; ++i) zero = zero && v[i] == 0;
  return zero;
}

// v = B' d B of one tile for every channel: place p of channel k goes to to[p * place + k].
void transform_input(float* to, int64_t place, const float* const* pixel, int64_t channels) {
  for (int64_t k = 0; k < channels; k += kLanes<float>) {
    V t[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const V d0 = load(pixel[j] + k), d1 = load(pixel[4 + j] + k);
      const V d2 = load(pixel[8 + j] + k), d3 = load(pixel[12 + j] + k);
      t[0][j] = d0 - d2;
      t[1][j] = d1 + d2;
      t[2][j] = d2 - d1;
      t[3][j] = d1 - d3;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      float* at = to + 4 * i * place + k;
      store(at, t[i][0] - t[i][2]);
      store(at + place, t[i][1] + t[i][2]);
      store(at + 2 * place, t[i][2] - t[i][1]);
      store(at + 3 * place, t[i][1] - t[i][3]);
    }
  }
}

// z = A dy A' of one tile: four result pixels to sixteen places.
void transform_gradient(float* to, int64_t place, const float* const* pixel, int64_t channels) {
  for (int64_t k = 0; k < channels; k += kLanes<float>) {
    V t[4][2];
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      const V y0 = load(pixel[j] + k), y1 = load(pixel[2 + j] + k);
      t[0][j] = y0;
      t[1][j] = y0 + y1;
      t[2][j] = y0 - y1;
      t[3][j] = -y1;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      float* at = to + 4 * i * place + k;
      store(at, t[i][0]);
      store(at + place, t[i][0] + t[i][1]);
      store(at + 2 * place, t[i][0] - t[i][1]);
      store(at + 3 * place, -t[i][1]);
    }
  }
}

// A' m A of one tile with bias and relu, into those of its four pixels that exist. Returns whether all
// results are finite: only then 0 * result is 0.
bool transform_output(float* const* pixel, const float* m, int64_t place, const float* bias,
                      bool relu_too, int64_t channels) {
  V zero = {};
  for (int64_t k = 0; k < channels; k += kLanes<float>) {
    V t[2][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const float* at = m + j * place + k;
      const V m1 = load(at + 4 * place), m2 = load(at + 8 * place);
      t[0][j] = load(at) + m1 + m2;
      t[1][j] = m1 - m2 - load(at + 12 * place);
    }
    const V add = bias == nullptr ? V{} : load(bias + k);
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      V y0 = t[i][0] + t[i][1] + t[i][2] + add;
      V y1 = t[i][1] - t[i][2] - t[i][3] + add;
      zero += (y0 + y1) * 0.f;
      if (relu_too) {
        y0 = relu(y0);
        y1 = relu(y1);
      }
      if (pixel[2 * i] != nullptr) store(pixel[2 * i] + k, y0);
      if (pixel[2 * i + 1] != nullptr) store(pixel[2 * i + 1] + k, y1);
    }
  }
  return all_zero(zero);
}

// u = G g G' for input channels [begin, end): w [3, 3, in_c, out_c], u in panels of output channels,
// [place][panel][c][columns of the panel]. flipped reads the kernel backwards.
void transform_kernel(float* u, const float* w, int64_t in_c, int64_t out_c, int64_t panel, bool flipped,
                      int64_t begin, int64_t end) {
  const int64_t tap = in_c * out_c;
  for (int64_t first = 0; first < out_c; first += panel) {
    const int64_t width = min64(panel, out_c - first);
    for (int64_t c = begin; c < end; ++c) {
      for (int64_t k = 0; k < width; k += kLanes<float>) {
        const float* from = w + c * out_c + first + k;
        V t[4][3];
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j) {
          V g[3];
#pragma GCC unroll 3
          for (int i = 0; i < 3; ++i) g[i] = load(from + (flipped ? 8 - 3 * i - j : 3 * i + j) * tap);
          t[0][j] = g[0];
          t[1][j] = (g[0] + g[2] + g[1]) * 0.5f;
          t[2][j] = (g[0] + g[2] - g[1]) * 0.5f;
          t[3][j] = g[2];
        }
        float* to = u + first * in_c + c * width + k;
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          store(to + (4 * i) * tap, t[i][0]);
          store(to + (4 * i + 1) * tap, (t[i][0] + t[i][2] + t[i][1]) * 0.5f);
          store(to + (4 * i + 2) * tap, (t[i][0] + t[i][2] - t[i][1]) * 0.5f);
          store(to + (4 * i + 3) * tap, t[i][2]);
        }
      }
    }
  }
}

// dw = G' du G for input channels [begin, end); du [place][c][oc]. Returns whether dw is finite.
bool transform_back(float* dw, const float* du, const Conv2dShape& s, int64_t begin, int64_t end) {
  const int64_t place = s.in_c * s.out_c;
  V zero = {};
  for (int64_t at = begin * s.out_c; at < end * s.out_c; at += kLanes<float>) {
    V t[3][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const V u1 = load(du + (4 + j) * place + at), u2 = load(du + (8 + j) * place + at);
      const V half = (u1 + u2) * 0.5f;
      t[0][j] = load(du + j * place + at) + half;
      t[1][j] = (u1 - u2) * 0.5f;
      t[2][j] = half + load(du + (12 + j) * place + at);
    }
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i) {
      const V half = (t[i][1] + t[i][2]) * 0.5f;
      const V w0 = t[i][0] + half, w1 = (t[i][1] - t[i][2]) * 0.5f, w2 = half + t[i][3];
      zero += (w0 + w1 + w2) * 0.f;
      store(dw + (3 * i) * place + at, w0);
      store(dw + (3 * i + 1) * place + at, w1);
      store(dw + (3 * i + 2) * place + at, w2);
    }
  }
  return all_zero(zero);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
