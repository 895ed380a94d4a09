// The steps of an LSTM on tiles.
#include "ops/gemm/gemm_tile_blocks.h"
#include "ops/lstm/lstm_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

void forward(const LstmForward<float>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  forward_steps(p, TileBlocks<kGates, 32>::of(p.recurrent, kGates * n, n, n, n, p.products));
}

void backward(const LstmBackward<float>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = kGates * n;
  backward_steps(p, TileBlocks<1, 64>::of_transposed(p.recurrent, wide, wide, n, p.products));
}

}  // namespace

extern const LstmTiles<float> lstm_tiles;
const LstmTiles<float> lstm_tiles = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
