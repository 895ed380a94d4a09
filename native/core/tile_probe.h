// A small product through every tile operation, with the real instructions and with the model.
#pragma once

#include <stdint.h>

namespace nrt {

struct TileProbe {
  // c[32, 32] (row stride ldc floats) = sum over `steps` of A B; a and b: per step two tiles of 256 dwords.
  void (*multiply)(float* c, int64_t ldc, const uint32_t* a, const uint32_t* b, int64_t steps);
};

#if defined(__x86_64__) || defined(_M_X64)
namespace amx {
extern const TileProbe tile_probe;
}
namespace amx_model {
extern const TileProbe tile_probe;
}
#endif

}  // namespace nrt
