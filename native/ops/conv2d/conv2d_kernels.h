// Between conv2d.cc (checks, choice of the level) and the kernel files (one copy per level).
#pragma once

#include <stdint.h>

namespace nrt {

// The checked descriptor of conv2d.h, by name.
struct Conv2dShape {
  int64_t images, in_h, in_w, in_c;
  int64_t out_h, out_w, out_c;
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t dilation_h, dilation_w;
  int64_t pad_top, pad_left;
  int64_t groups;
  int32_t activation;
};

template <typename T>
struct Conv2dTable {
  void (*forward)(T* y, const T* x, const T* w, const T* bias, const Conv2dShape& shape);
  void (*backward_data)(T* dx, const T* dy, const T* w, const Conv2dShape& shape);
  void (*backward_weights)(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& shape);
  // The weights as forward reads them, kept between calls: elements (0: forward reads them as they
  // are), how to make them, and forward with them.
  int64_t (*packed_size)(const Conv2dShape& shape);
  void (*pack)(T* packed, const T* w, const Conv2dShape& shape);
  void (*forward_packed)(T* y, const T* x, const T* packed, const T* bias, const Conv2dShape& shape);
};

struct Conv2dKernels {
  Conv2dTable<float> f32;
  Conv2dTable<double> f64;
};

// 3x3 kernels of step 1 in float32 with fewer multiplications (conv2d_winograd_cpu.cc). Each returns false
// where the direct form has to do it: the shape does not fit or pay (nothing is written then), or some
// result is not finite.
struct Conv2dWinogradKernels {
  bool (*forward)(float* y, const float* x, const float* w, const float* bias, const Conv2dShape& shape);
  bool (*backward_data)(float* dx, const float* dy, const float* w, const Conv2dShape& shape);
  bool (*backward_weights)(float* dw, float* dbias, const float* x, const float* dy,
                           const Conv2dShape& shape);
  // How many bfloat16 products stand for one of forward's, 0 for float32 FMA; negative where forward
  // would return false because of the shape.
  int32_t (*packed_products)(const Conv2dShape& shape);
  // As in Conv2dTable, for that many products; size 0 where packed_products() is negative.
  int64_t (*packed_size)(const Conv2dShape& shape, int32_t products);
  void (*pack)(float* packed, const float* w, const Conv2dShape& shape, int32_t products);
  bool (*forward_packed)(float* y, const float* x, const float* packed, const float* bias,
                         const Conv2dShape& shape, int32_t products);
};

}  // namespace nrt
