// Per-level table of an op that walks packed steps: its two directions, for both dtypes.
#pragma once

namespace nrt {

template <template <typename> class Forward, template <typename> class Backward>
struct PackedKernels {
  template <typename T>
  struct Directions {
    void (*forward)(const Forward<T>& p);
    void (*backward)(const Backward<T>& p);
  };

  Directions<float> f32;
  Directions<double> f64;
};

}  // namespace nrt
