// Between conv3d.cc (checks, choice of the level) and the kernel file (one copy per level).
#pragma once

#include <stdint.h>

#include "ops/conv2d/conv2d_kernels.h"

namespace nrt {

// The checked descriptor of conv3d.h: the depth axis by name, the other two as the 2-D convolution of
// one slice whose channels are the kernel's depths side by side.
struct Conv3dShape {
  int64_t images, in_d, out_d;
  int64_t kernel_d, stride_d, dilation_d, pad_front;
  int64_t channels;
  Conv2dShape plane;  // images = 1, in_c = channels * kernel_d
};

template <typename T>
struct Conv3dTable {
  void (*forward)(T* y, const T* x, const T* w, const T* bias, const Conv3dShape& shape,
                  const Conv2dTable<T>& plane);
  void (*backward_data)(T* dx, const T* dy, const T* w, const Conv3dShape& shape,
                        const Conv2dTable<T>& plane);
  void (*backward_weights)(T* dw, T* dbias, const T* x, const T* dy, const Conv3dShape& shape,
                           const Conv2dTable<T>& plane);
};

struct Conv3dKernels {
  Conv3dTable<float> f32;
  Conv3dTable<double> f64;
};

}  // namespace nrt
