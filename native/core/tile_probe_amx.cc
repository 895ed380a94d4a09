#include "core/tile.h"
#include "core/tile_probe.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

void multiply(float* c, int64_t ldc, const uint32_t* a, const uint32_t* b, int64_t steps) {
  constexpr int64_t kTile = kTileSide * kTileSide;
  const int64_t row_bytes = ldc * static_cast<int64_t>(sizeof(float));
  Tiles tiles;
  tiles.zero<0>();
  tiles.zero<1>();
  tiles.zero<2>();
  tiles.zero<3>();
  for (int64_t s = 0; s < steps; ++s, a += 2 * kTile, b += 2 * kTile) {
    tiles.load<4>(a, kTileRowBytes);
    tiles.load<5>(a + kTile, kTileRowBytes);
    tiles.load<6>(b, kTileRowBytes);
    tiles.load<7>(b + kTile, kTileRowBytes);
    tiles.multiply<0, 4, 6>();
    tiles.multiply<1, 4, 7>();
    tiles.multiply<2, 5, 6>();
    tiles.multiply<3, 5, 7>();
  }
  tiles.store<0>(c, row_bytes);
  tiles.store<1>(c + kTileSide, row_bytes);
  tiles.store<2>(c + kTileSide * ldc, row_bytes);
  tiles.store<3>(c + kTileSide * ldc + kTileSide, row_bytes);
}

}  // namespace

extern const TileProbe tile_probe;
const TileProbe tile_probe = {multiply};

}  // namespace NRT_ISA_NS
}  // namespace nrt
