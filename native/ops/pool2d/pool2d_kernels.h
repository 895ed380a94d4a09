// Between pool2d.cc (checks, choice of the level) and the kernel file (one copy per level).
#pragma once

#include <stdint.h>

namespace nrt {

// The checked descriptor of pool2d.h, by name.
struct Pool2dShape {
  int64_t images, in_h, in_w, channels;
  int64_t out_h, out_w;
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t dilation_h, dilation_w;
  int64_t pad_top, pad_left, pad_bottom, pad_right;
  bool count_pad;
};

template <typename T>
struct Pool2dTable {
  void (*max_forward)(T* y, int32_t* argmax, const T* x, const Pool2dShape& shape);
  void (*max_backward)(T* dx, const T* dy, const int32_t* argmax, const Pool2dShape& shape);
  void (*average_forward)(T* y, const T* x, const Pool2dShape& shape);
  void (*average_backward)(T* dx, const T* dy, const Pool2dShape& shape);
};

struct Pool2dKernels {
  Pool2dTable<float> f32;
  Pool2dTable<double> f64;
};

}  // namespace nrt
