// 3-D convolution as 2-D convolutions: the slices that the kernel's depths see for one output depth
// lie side by side as channels [group][kernel depth][channel of the group] of one image, and the
// kernel is reordered to fit. All depths of an image (or as many as kSlabElements hold) go to the 2-D
// kernels as one batch, which spread it over the threads. Sums over batches run in a fixed order.
#include "core/kernel.h"
#include "ops/conv3d/conv3d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSlabElements = 1 << 22;
constexpr int64_t kGrainElements = 16384;

int64_t in_plane(const Conv3dShape& s) { return s.plane.in_h * s.plane.in_w; }
int64_t out_slice(const Conv3dShape& s) { return s.plane.out_h * s.plane.out_w * s.plane.out_c; }
int64_t slab_slice(const Conv3dShape& s) { return in_plane(s) * s.plane.in_c; }
int64_t kernel_size(const Conv3dShape& s) {
  return s.plane.kernel_h * s.plane.kernel_w * s.plane.in_c / s.plane.groups * s.plane.out_c;
}

// Output depths that go to the 2-D kernels together.
int64_t batch_depths(const Conv3dShape& s) {
  return max64(1, min64(s.out_d, kSlabElements / max64(1, slab_slice(s))));
}

// Input depth under kernel depth u of output depth z; may lie outside.
int64_t depth_of(const Conv3dShape& s, int64_t z, int64_t u) {
  return z * s.stride_d + u * s.dilation_d - s.pad_front;
}

// Calls body(offset in w, offset in the folded kernel, elements) for each run both have in common:
// w [u, p, q, e, o], folded [p, q, u, e, o].
template <typename F>
void each_kernel_run(const Conv3dShape& s, const F& body) {
  const int64_t run = s.channels / s.plane.groups * s.plane.out_c;
  const int64_t taps = s.plane.kernel_h * s.plane.kernel_w;
  for (int64_t u = 0; u < s.kernel_d; ++u) {
    for (int64_t t = 0; t < taps; ++t) body((u * taps + t) * run, (t * s.kernel_d + u) * run, run);
  }
}

template <typename T>
T* folded_kernel(const T* w, const Conv3dShape& s) {
  T* folded = scratch<T>(kernel_size(s));
  each_kernel_run(s, [&](int64_t from, int64_t to, int64_t run) {
    memcpy(folded + to, w + from, static_cast<size_t>(run) * sizeof(T));
  });
  return folded;
}

// slab [depths, h, w, group, kernel depth, channel] for output depths first, first + 1, ...
template <typename T>
void gather(T* slab, const T* image, const Conv3dShape& s, int64_t first, int64_t depths) {
  const int64_t pixels = in_plane(s), groups = s.plane.groups, run = s.channels / groups;
  const int64_t rows = depths * s.plane.in_h, work = max64(1, s.plane.in_w * s.plane.in_c);
  parallel(rows, max64(1, kGrainElements / work), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t z = r / s.plane.in_h, row = r % s.plane.in_h;
      for (int64_t u = 0; u < s.kernel_d; ++u) {
        const int64_t depth = depth_of(s, first + z, u);
        const bool inside = depth >= 0 && depth < s.in_d;
        for (int64_t j = 0; j < s.plane.in_w; ++j) {
          const int64_t pixel = row * s.plane.in_w + j;
          T* to = slab + (z * pixels + pixel) * s.plane.in_c + u * run;
          const T* from = inside ? image + (depth * pixels + pixel) * s.channels : nullptr;
          for (int64_t g = 0; g < groups; ++g, to += s.kernel_d * run) {
            for (int64_t e = 0; e < run; ++e) to[e] = inside ? from[g * run + e] : T(0);
          }
        }
      }
    }
  });
}

// Adds the slab's gradient for output depths first, ... to dx of one image.
template <typename T>
void scatter(T* image, const T* slab, const Conv3dShape& s, int64_t first, int64_t depths) {
  const int64_t pixels = in_plane(s), groups = s.plane.groups, run = s.channels / groups;
  const int64_t work = max64(1, s.plane.in_w * s.plane.in_c);
  parallel(s.in_d * s.plane.in_h, max64(1, kGrainElements / work), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t depth = r / s.plane.in_h, row = r % s.plane.in_h;
      for (int64_t u = 0; u < s.kernel_d; ++u) {
        const int64_t ahead = depth - depth_of(s, first, u);
        if (ahead < 0 || ahead % s.stride_d != 0 || ahead / s.stride_d >= depths) continue;
        for (int64_t j = 0; j < s.plane.in_w; ++j) {
          const int64_t pixel = row * s.plane.in_w + j;
          const T* from = slab + (ahead / s.stride_d * pixels + pixel) * s.plane.in_c + u * run;
          T* to = image + (depth * pixels + pixel) * s.channels;
          for (int64_t g = 0; g < groups; ++g, from += s.kernel_d * run) {
            for (int64_t e = 0; e < run; ++e) to[g * run + e] += from[e];
          }
        }
      }
    }
  });
}

// Calls body(image, first output depth, the 2-D shape of this batch) for all batches, in order.
template <typename F>
void each_batch(const Conv3dShape& s, const F& body) {
  if (out_slice(s) == 0) return;
  const int64_t most = batch_depths(s);
  for (int64_t n = 0; n < s.images; ++n) {
    for (int64_t z = 0; z < s.out_d; z += most) {
      Conv2dShape plane = s.plane;
      plane.images = min64(most, s.out_d - z);
      body(n, z, plane);
    }
  }
}

template <typename T>
void forward(T* y, const T* x, const T* w, const T* bias, const Conv3dShape& s,
             const Conv2dTable<T>& table) {
  const ScratchMark mark;
  const T* folded = folded_kernel(w, s);
  T* slab = scratch<T>(batch_depths(s) * slab_slice(s));
  each_batch(s, [&](int64_t n, int64_t z, const Conv2dShape& plane) {
    gather(slab, x + n * s.in_d * in_plane(s) * s.channels, s, z, plane.images);
    table.forward(y + (n * s.out_d + z) * out_slice(s), slab, folded, bias, plane);
  });
}

template <typename T>
void backward_data(T* dx, const T* dy, const T* w, const Conv3dShape& s,
                   const Conv2dTable<T>& table) {
  const ScratchMark mark;
  const int64_t image = s.in_d * in_plane(s) * s.channels;
  memset(dx, 0, static_cast<size_t>(s.images * image) * sizeof(T));
  const T* folded = folded_kernel(w, s);
  T* slab = scratch<T>(batch_depths(s) * slab_slice(s));
  each_batch(s, [&](int64_t n, int64_t z, const Conv2dShape& plane) {
    table.backward_data(slab, dy + (n * s.out_d + z) * out_slice(s), folded, plane);
    scatter(dx + n * image, slab, s, z, plane.images);
  });
}

template <typename T>
void backward_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv3dShape& s,
                      const Conv2dTable<T>& table) {
  const ScratchMark mark;
  const int64_t size = kernel_size(s), image = s.in_d * in_plane(s) * s.channels;
  T *sum = scratch<T>(size), *part = scratch<T>(size), *part_bias = scratch<T>(s.plane.out_c);
  T* slab = scratch<T>(batch_depths(s) * slab_slice(s));
  for (int64_t i = 0; i < size; ++i) sum[i] = 0;
  for (int64_t o = 0; dbias != nullptr && o < s.plane.out_c; ++o) dbias[o] = 0;
  each_batch(s, [&](int64_t n, int64_t z, const Conv2dShape& plane) {
    gather(slab, x + n * image, s, z, plane.images);
    table.backward_weights(part, dbias == nullptr ? nullptr : part_bias, slab,
                           dy + (n * s.out_d + z) * out_slice(s), plane);
    for (int64_t i = 0; i < size; ++i) sum[i] += part[i];
    for (int64_t o = 0; dbias != nullptr && o < s.plane.out_c; ++o) dbias[o] += part_bias[o];
  });
  each_kernel_run(s, [&](int64_t to, int64_t from, int64_t run) {
    memcpy(dw + to, sum + from, static_cast<size_t>(run) * sizeof(T));
  });
}

}  // namespace

extern const Conv3dKernels conv3d_kernels;
const Conv3dKernels conv3d_kernels = {
    {forward<float>, backward_data<float>, backward_weights<float>},
    {forward<double>, backward_data<double>, backward_weights<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
