// The steps of a simple recurrent network on tiles.
#include "ops/gemm/gemm_tile_blocks.h"
#include "ops/rnn/rnn_steps.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

void forward(const RnnForward<float>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  forward_steps(p, TileBlocks<1, 64>::of(p.recurrent, n, n, n, n, p.products));
}

void backward(const RnnBackward<float>& p) {
  ScratchMark mark;
  const int64_t n = p.units;
  backward_steps(p, TileBlocks<1, 64>::of_transposed(p.recurrent, n, n, n, p.products));
}

}  // namespace

extern const RnnTiles<float> rnn_tiles;
const RnnTiles<float> rnn_tiles = {forward, backward};

}  // namespace NRT_ISA_NS
}  // namespace nrt
