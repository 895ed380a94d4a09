// Between resize2d.cc (checks, choice of the level) and the kernel file (one copy per level).
#pragma once

#include <stdint.h>

namespace nrt {

// The checked descriptor of resize2d.h, by name.
struct Resize2dShape {
  int64_t images, in_h, in_w, channels, out_h, out_w;
  int64_t mode;
  bool align_corners;
  double cubic;
};

template <typename T>
struct Resize2dTable {
  void (*forward)(T* y, const T* x, const Resize2dShape& shape);
  void (*backward)(T* dx, const T* dy, const Resize2dShape& shape);
};

struct Resize2dKernels {
  Resize2dTable<float> f32;
  Resize2dTable<double> f64;
};

}  // namespace nrt
