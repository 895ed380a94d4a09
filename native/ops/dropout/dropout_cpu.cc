// y[i] = keep(i) ? x[i] * scale : 0, keep from one Philox word per element (dropout.h). The words are
// made in tiles of 512 bytes and used at once, so memory sees x and y only and works on while the next
// words are made; Philox limits it (0.3 ns per
// element with AVX-512). y may be x.
#include "core/kernel.h"
#include "core/philox_tile.h"
#include "ops/dropout/dropout_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kTileBlocks = 32;
constexpr int64_t kGrainBlocks = 8192;  // about 30 us of work

template <typename T>
void fwd(T* y, const T* x, int64_t n, uint32_t threshold, double scale, uint64_t seed,
         uint64_t stream, uint64_t offset) {
  const T factor = static_cast<T>(scale);
  parallel(div_up(n, 4), kGrainBlocks, [=](int64_t begin, int64_t end) {
    alignas(64) uint32_t words[4 * kTileBlocks];
    for (int64_t block = begin; block < end; block += kTileBlocks) {
      const int64_t blocks = min64(kTileBlocks, end - block);
      philox_words(seed, stream, offset + static_cast<uint64_t>(block), blocks, words);
      const int64_t count = min64(4 * blocks, n - 4 * block);
      const T* from = x + 4 * block;
      T* to = y + 4 * block;
      NRT_INDEPENDENT
      for (int64_t i = 0; i < count; ++i) {
        const T scaled = from[i] * factor;  // outside the choice: no branch, so it vectorises
        to[i] = (words[i] >> 8) >= threshold ? scaled : T(0);
      }
    }
  });
}

}  // namespace

extern const DropoutKernels dropout_kernels;
const DropoutKernels dropout_kernels = {fwd<float>, fwd<double>};

}  // namespace NRT_ISA_NS
}  // namespace nrt
