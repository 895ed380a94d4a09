#include "ops/movement/movement.h"

#include "core/layout.h"
#include "ops/movement/movement_kernels.h"

namespace nrt {
namespace {

bool is_real(int32_t dtype) { return dtype == NRT_FLOAT32 || dtype == NRT_FLOAT64; }

// The bits of `value` converted to dtype, in the low bytes.
uint64_t bits_of(const MovementKernels& kernels, int32_t dtype, double value) {
  uint64_t bits = 0;
  kernels.cast(dtype, NRT_FLOAT64, &bits, &value, 1);
  return bits;
}

void check_labels(const int64_t* ids, int64_t count, int64_t depth) {
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || ids[i] >= depth) {
      invalid("label %lld at row %lld is outside [0, %lld)", static_cast<long long>(ids[i]),
              static_cast<long long>(i), static_cast<long long>(depth));
    }
  }
}

}  // namespace
}  // namespace nrt

using namespace nrt;

extern "C" {

nrt_status nrt_movement_copy(nrt_ctx ctx, int32_t element_bytes, nrt_ptr dst, nrt_ptr src,
                             const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    if (element_bytes != 1 && element_bytes != 2 && element_bytes != 4 && element_bytes != 8) {
      invalid("movement_copy: element_bytes must be 1, 2, 4 or 8, given %d", element_bytes);
    }
    const Strided s = read_free_layout(desc, 2, "movement_copy");
    if (s.size == 0) return;
    require(dst, s.size, "movement_copy", "dst");
    require(src, s.size, "movement_copy", "src");
    NRT_SELECT(c, movement_kernels).copy(s, element_bytes, ptr<void>(dst), ptr<const void>(src));
  });
}

nrt_status nrt_movement_add(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, nrt_ptr src,
                            const int64_t* desc) {
  return guard([&] {
    Context& c = context(ctx);
    if (!is_real(dtype)) unsupported("movement_add: dtype %s is not supported", dtype_name(dtype));
    const Strided s = read_free_layout(desc, 2, "movement_add");
    if (s.size == 0) return;
    require(dst, s.size, "movement_add", "dst");
    require(src, s.size, "movement_add", "src");
    NRT_SELECT(c, movement_kernels).add(s, dtype, ptr<void>(dst), ptr<const void>(src));
  });
}

nrt_status nrt_movement_cast(nrt_ctx ctx, int32_t dst_dtype, int32_t src_dtype, nrt_ptr dst,
                             nrt_ptr src, int64_t n) {
  return guard([&] {
    Context& c = context(ctx);
    dtype_bytes(dst_dtype);
    dtype_bytes(src_dtype);
    require_size(n, "movement_cast", "n");
    if (n == 0) return;
    require(dst, n, "movement_cast", "dst");
    require(src, n, "movement_cast", "src");
    NRT_SELECT(c, movement_kernels)
        .cast(dst_dtype, src_dtype, ptr<void>(dst), ptr<const void>(src), n);
  });
}

nrt_status nrt_movement_fill(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, int64_t n, double value) {
  return guard([&] {
    Context& c = context(ctx);
    const int64_t bytes = dtype_bytes(dtype);
    require_size(n, "movement_fill", "n");
    if (n == 0) return;
    require(dst, n, "movement_fill", "dst");
    const MovementKernels& kernels = NRT_SELECT(c, movement_kernels);
    kernels.fill(ptr<void>(dst), bytes, bits_of(kernels, dtype, value), n);
  });
}

nrt_status nrt_movement_range(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, int64_t n, double start,
                              double step) {
  return guard([&] {
    Context& c = context(ctx);
    if (!is_real(dtype) && dtype != NRT_INT32 && dtype != NRT_INT64) {
      unsupported("movement_range: dtype %s is not supported", dtype_name(dtype));
    }
    require_size(n, "movement_range", "n");
    if (n == 0) return;
    require(dst, n, "movement_range", "dst");
    NRT_SELECT(c, movement_kernels).range(dtype, ptr<void>(dst), n, start, step);
  });
}

nrt_status nrt_movement_one_hot(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, nrt_ptr ids, int64_t count,
                                int64_t depth, double on_value, double off_value) {
  return guard([&] {
    Context& c = context(ctx);
    const int64_t bytes = dtype_bytes(dtype);
    require_size(count, "movement_one_hot", "count");
    require_size(depth, "movement_one_hot", "depth");
    const int64_t n = checked_product(count, depth, "movement_one_hot");
    if (count == 0) return;
    require(ids, count, "movement_one_hot", "ids");
    check_labels(ptr<const int64_t>(ids), count, depth);
    require(dst, n, "movement_one_hot", "dst");
    const MovementKernels& kernels = NRT_SELECT(c, movement_kernels);
    kernels.one_hot(ptr<void>(dst), bytes, bits_of(kernels, dtype, on_value),
                    bits_of(kernels, dtype, off_value), ptr<const int64_t>(ids), count, depth);
  });
}

}  // extern "C"
