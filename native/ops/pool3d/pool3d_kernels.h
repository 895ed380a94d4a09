// Between pool3d.cc (checks, choice of the level) and the kernel file (one copy per level).
#pragma once

#include <stdint.h>

namespace nrt {

// One axis of the checked descriptor of pool3d.h.
struct Pool3dAxis {
  int64_t in, out;
  int64_t kernel, stride, dilation, before, after;
};

// The checked descriptor, by name.
struct Pool3dShape {
  int64_t images, channels;
  Pool3dAxis axis[3];  // depth, height, width
  bool count_pad, adaptive;

  int64_t in_cells() const { return axis[0].in * axis[1].in * axis[2].in; }
};

template <typename T>
struct Pool3dTable {
  void (*max_forward)(T* y, int32_t* argmax, const T* x, const Pool3dShape& shape);
  void (*max_backward)(T* dx, const T* dy, const int32_t* argmax, const Pool3dShape& shape);
  void (*average_forward)(T* y, const T* x, const Pool3dShape& shape);
  void (*average_backward)(T* dx, const T* dy, const Pool3dShape& shape);
};

struct Pool3dKernels {
  Pool3dTable<float> f32;
  Pool3dTable<double> f64;
};

}  // namespace nrt
