// Resizing of images, NHWC, without anti-aliasing.
#ifndef NEURITE_OPS_RESIZE2D_H
#define NEURITE_OPS_RESIZE2D_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc, int64[8]: n, h, w, c, oh, ow, mode, align_corners.
// x [n, h, w, c], y [n, oh, ow, c]. Source of output i on an axis of n cells, `out` of them wanted:
//   NEAREST        floor((i + 1/2) * n / out)
//   NEAREST_FLOOR  floor(i * n / out)
//   LINEAR, CUBIC  (i + 1/2) * n / out - 1/2, or i * (n - 1) / (out - 1) with align_corners = 1 (0 when
//                  out is 1); LINEAR cuts it at 0, both repeat the border cells
// cubic is the coefficient a of the cubic kernel (-0.75 PyTorch, -0.5 TensorFlow); align_corners is 0
// for the nearest modes. dtypes: float32, float64.
enum { NRT_RESIZE2D_DESC = 8 };
enum {
  NRT_RESIZE_NEAREST = 0,
  NRT_RESIZE_NEAREST_FLOOR = 1,
  NRT_RESIZE_LINEAR = 2,
  NRT_RESIZE_CUBIC = 3
};

nrt_status nrt_resize2d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, const int64_t* desc,
                            double cubic);
// dx [n, h, w, c] from dy.
nrt_status nrt_resize2d_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, const int64_t* desc,
                            double cubic);

#ifdef __cplusplus
}
#endif
#endif
