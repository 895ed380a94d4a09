// The steps of a GRU on tiles.
#include "ops/gemm/gemm_tile_blocks.h"
#include "ops/gru/gru_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

void forward(const GruForward<float>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = 3 * n;
  if (p.reset_after) {
    forward_after(p, TileBlocks<3, 32>::of(p.recurrent, wide, n, n, n, p.products));
  } else {
    forward_before(p, TileBlocks<2, 32>::of(p.recurrent, wide, n, n, n, p.products),
                   TileBlocks<1, 64>::of(p.recurrent + 2 * n, wide, n, n, n, p.products));
  }
}

void backward(const GruBackward<float>& p) {
  ScratchMark mark;
  using Weights = TileBlocks<1, 64>;
  const int64_t n = p.units, wide = 3 * n;
  if (p.reset_after) {
    backward_after(p, Weights::of_transposed(p.recurrent, wide, wide, n, p.products));
  } else {
    backward_before(p, Weights::of_transposed(p.recurrent, wide, 2 * n, n, p.products),
                    Weights::of_transposed(p.recurrent + 2 * n, wide, n, n, p.products));
  }
}

}  // namespace

extern const GruTiles<float> gru_tiles;
const GruTiles<float> gru_tiles = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
