// Winograd's F(2x2, 3x3): a 2x2 tile of results from a 4x4 tile of inputs by 16 products per pair of
// channels where the direct form needs 36 (Lavin, Gray, "Fast algorithms for convolutional neural
// networks", CVPR 2016; Winograd, "Arithmetic complexity of computations", 1980).
//
//   y tile  = A' [ (G g G') .* (B' d B) ] A          g 3x3 kernel, d 4x4 inputs
//   dg      = G' [ sum over tiles of (B' d B) .* (A dy A') ] G
//
// Summed over the channels, each of the 16 places is a matrix product [tiles, c] x [c, oc], which
// runs on the micro-kernel of gemm. Tiles are worked through in blocks whose transformed inputs and
// results stay in the cache; the transformed kernels are made once per call. All constants are powers
// of two and every sum over channels is nine times shorter than the direct form's, so the error is
// not above the direct form's (conv2d_winograd_test.cc). What differs: rounding errors of a large input
// reach all four results of its tiles, and infinite, NaN or huge inputs (sums of four may overflow)
// spread as well. The latter always end in results that are not finite; these are noticed while they
// are written, and the caller takes the direct form instead.
#include "core/precision.h"
#include "ops/conv2d/conv2d_winograd_transforms.h"
#include "ops/gemm/gemm_call.h"
#include "ops/gemm/gemm_pack.h"
#include "ops/gemm/gemm_tile_kernels.h"
#include "ops/unary/unary.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int kPlaces = 16, kSumPlace = 5;
constexpr int64_t kChannelsPerTask = 8;  // of a kernel being transformed
constexpr int64_t kPad = kLanes<float>;  // keeps rows of a block out of one cache set

// A block of tiles: 2x2 results each, counted over all images row by row.
struct Tiling {
  int64_t tiles_h, tiles_w, count;
  int64_t block;  // tiles per block, the unit of parallel work

  int64_t blocks() const { return div_up(count, block); }
};

// One transformed convolution: source [images, in_h, in_w, in_c] to [images, out_h, out_w, out_c].
struct Job {
  int64_t images, in_h, in_w, in_c, out_h, out_w, out_c, pad_top, pad_left;
  const float* in;
  float* out;
  const float* bias;
  int32_t activation;
};

struct Position {
  int64_t image, row, col;  // of the tile's first result
};

Position position_of(const Tiling& t, int64_t tile) {
  const int64_t in_image = tile % (t.tiles_h * t.tiles_w);
  return {tile / (t.tiles_h * t.tiles_w), in_image / t.tiles_w * 2, in_image % t.tiles_w * 2};
}

// The sixteen input pixels of a tile; those in the padding point to zeros.
void input_pixels(const float** pixel, const Job& j, const Position& at, const float* zeros) {
  const float* image = j.in + at.image * j.in_h * j.in_w * j.in_c;
  for (int64_t r = 0; r < 4; ++r) {
    const int64_t row = at.row + r - j.pad_top;
    for (int64_t c = 0; c < 4; ++c) {
      const int64_t col = at.col + c - j.pad_left;
      const bool inside = row >= 0 && row < j.in_h && col >= 0 && col < j.in_w;
      pixel[4 * r + c] = inside ? image + (row * j.in_w + col) * j.in_c : zeros;
    }
  }
}

void fill_inputs(float* v, int64_t pitch, const Job& j, const Tiling& t, int64_t first,
                 int64_t tiles, const float* zeros) {
  const float* pixel[kPlaces];
  for (int64_t i = 0; i < tiles; ++i) {
    input_pixels(pixel, j, position_of(t, first + i), zeros);
    transform_input(v + i * pitch, t.block * pitch, pixel, j.in_c);
  }
}

bool write_outputs(const float* m, int64_t pitch, const Job& j, const Tiling& t, int64_t first,
                   int64_t tiles) {
  bool finite = true;
  for (int64_t i = 0; i < tiles; ++i) {
    const Position at = position_of(t, first + i);
    float* pixel[4];
    for (int64_t p = 0; p < 4; ++p) {
      const int64_t row = at.row + p / 2, col = at.col + p % 2;
      pixel[p] = row < j.out_h && col < j.out_w
                     ? j.out + ((at.image * j.out_h + row) * j.out_w + col) * j.out_c
                     : nullptr;
    }
    finite &= transform_output(pixel, m + i * pitch, t.block * pitch, j.bias,
                               j.activation == NRT_UNARY_RELU, j.out_c);
    if (j.activation == NRT_UNARY_SIGMOID || j.activation == NRT_UNARY_TANH) {
      for (float* at_pixel : pixel) {
        if (at_pixel != nullptr) activate_rows(at_pixel, j.out_c, 1, j.out_c, j.activation);
      }
    }
  }
  return finite;
}

int64_t panel_width(int64_t columns, int64_t first) {
  return min64(kTileColumns<float>, columns - first);
}

// Transformed kernels as the products of this call read them: panels for float32 FMA, or split into
// bfloat16 parts where the level and the precision have such products.
struct Kernels {
  const GemmTileKernels* by_parts;  // null: FMA
  int32_t products;
  const float* u;
  const char* split;    // of each place
  int64_t split_bytes;  // of a place
  const uint32_t* largest;

  SplitWeights split_of(int place) const { return {split + place * split_bytes, products, largest[place]}; }
};

// One product stands for a float32 one at MEDIUM; here the sums of the transforms would cost it accuracy.
constexpr int32_t kFewestProducts = 3;

int32_t products_for(int64_t tiles, int64_t out_c, int64_t in_c) {
  const int32_t products = bf16_products(tiles, out_c, in_c, true);
  if (products == 0 || gemm_tile_kernels_of_call() == nullptr) return 0;
  return products < kFewestProducts ? kFewestProducts : products;
}

// Floats that prepare() fills: u, then the parts of every place, then their largest magnitudes.
int64_t prepared_size(int64_t in_c, int64_t out_c, int32_t products) {
  const int64_t u = kPlaces * in_c * out_c;
  if (products == 0) return u;
  const int64_t split = gemm_tile_kernels_of_call()->split_bytes(products, out_c, in_c);
  return u + kPlaces * split / static_cast<int64_t>(sizeof(float)) + kPlaces;
}

// What prepare() left at `memory`.
Kernels prepared(const float* memory, int64_t in_c, int64_t out_c, int32_t products) {
  Kernels k = {nullptr, products, memory, nullptr, 0, nullptr};
  if (products == 0) return k;
  k.by_parts = gemm_tile_kernels_of_call();
  k.split = reinterpret_cast<const char*>(memory + kPlaces * in_c * out_c);
  k.split_bytes = k.by_parts->split_bytes(products, out_c, in_c);
  k.largest = reinterpret_cast<const uint32_t*>(k.split + kPlaces * k.split_bytes);
  return k;
}

// w [3, 3, in_c, out_c] into memory of prepared_size() floats.
Kernels prepare(float* memory, const float* w, int64_t in_c, int64_t out_c, bool flipped, int32_t products) {
  const Kernels k = prepared(memory, in_c, out_c, products);
  const int64_t panel = products == 0 ? kTileColumns<float> : out_c;
  parallel(in_c, kChannelsPerTask, [&](int64_t begin, int64_t end) {
    transform_kernel(memory, w, in_c, out_c, panel, flipped, begin, end);
  });
  if (products == 0) return k;
  for (int place = 0; place < kPlaces; ++place) {
    const uint32_t largest =
        k.by_parts->split(products, const_cast<char*>(k.split) + place * k.split_bytes,
                          memory + place * in_c * out_c, out_c, in_c, out_c, false);
    const_cast<uint32_t*>(k.largest)[place] = largest;
  }
  return k;
}

// The same as multiply() by products of bfloat16 parts; float32 FMA where magnitudes ask for it.
void multiply_parts(float* m, const float* v, const Kernels& kernels, const Job& j, const Tiling& t,
                    int64_t tiles) {
  const int64_t in_pitch = j.in_c + kPad, out_pitch = j.out_c + kPad;
  GemmProblem p = {};
  p.batch = 1;
  p.m = tiles, p.n = j.out_c, p.k = j.in_c;
  p.lda = in_pitch, p.ldb = j.out_c, p.ldc = out_pitch;
  p.alpha = 1;
  for (int place = 0; place < kPlaces; ++place) {
    p.a = v + place * t.block * in_pitch;
    p.b = kernels.u + place * j.in_c * j.out_c;
    p.c = m + place * t.block * out_pitch;
    const SplitWeights split = kernels.split_of(place);
    if (!kernels.by_parts->run(p, kernels.products, &split)) gemm_kernels.f32.run(p);
  }
}

// m[place] = v[place] u[place] for `tiles` tiles.
void multiply(float* m, const float* v, const float* u, const Job& j, const Tiling& t, int64_t tiles) {
  const int64_t in_pitch = j.in_c + kPad, out_pitch = j.out_c + kPad;
  Tile<float> tile = {};
  tile.a_row = in_pitch;
  tile.a_step = 1;
  tile.ldc = out_pitch;
  tile.k = j.in_c;
  tile.alpha = 1;
  for (int place = 0; place < kPlaces; ++place) {
    const float* a = v + place * t.block * in_pitch;
    float* c = m + place * t.block * out_pitch;
    for (int64_t first = 0; first < j.out_c; first += kTileColumns<float>) {
      tile.columns = static_cast<int>(panel_width(j.out_c, first));
      tile.b = u + place * j.in_c * j.out_c + first * j.in_c;
      tile.b_step = tile.columns;
      const bool tall = tile.columns <= kTallVectors * kLanes<float>;
      for (int64_t i = 0; i < tiles; i += tile.rows) {
        const int64_t left = tiles - i;
        tile.rows = static_cast<int>(tall && left >= kTallRows ? kTallRows : min64(kTileRows, left));
        tile.a = a + i * in_pitch;
        tile.c = c + i * out_pitch + first;
        run_tile(tile, false);
      }
    }
  }
}

// A block's transformed inputs and results take about this many bytes, but it has enough tiles to make
// up for the reading of all transformed kernels (forward) or for the updates of all sums (weights).
constexpr int64_t kBlockBytes = 768 << 10, kLeastTiles = 4 * kTallRows;
constexpr int64_t kSumsBlockBytes = 1536 << 10, kLeastSumsTiles = 8 * kTallRows;
constexpr int64_t kLargeSums = 256 * 512;  // pairs of channels; from there on twice as many tiles

Tiling tiling_of(int64_t images, int64_t out_h, int64_t out_w, int64_t pair_bytes, int64_t block_bytes,
                 int64_t least) {
  Tiling t;
  t.tiles_h = div_up(out_h, 2);
  t.tiles_w = div_up(out_w, 2);
  t.count = images * t.tiles_h * t.tiles_w;
  const int64_t fits = block_bytes / (kPlaces * pair_bytes);
  t.block = min64(max64(fits / kTallRows * kTallRows, least), max64(t.count, 1));
  return t;
}

int64_t pair_bytes(int64_t in_c, int64_t out_c) {
  return (in_c + out_c + 2 * kPad) * static_cast<int64_t>(sizeof(float));
}

// One flag per block or task, each written by one thread.
bool all_set(const uint8_t* flags, int64_t count) {
  uint8_t all = 1;
  for (int64_t i = 0; i < count; ++i) all &= flags[i];
  return all != 0;
}

// False: some result is not finite.
bool run(const Job& j, const Kernels& kernels) {
  const Tiling t = tiling_of(j.images, j.out_h, j.out_w, pair_bytes(j.in_c, j.out_c), kBlockBytes, kLeastTiles);
  const ScratchMark outer;
  uint8_t* finite = scratch<uint8_t>(t.blocks());
  float* zeros = scratch<float>(j.in_c);
  memset(zeros, 0, static_cast<size_t>(j.in_c) * sizeof(float));
  parallel(t.blocks(), 1, [&](int64_t begin, int64_t end) {
    const ScratchMark mark;
    const int64_t in_pitch = j.in_c + kPad, out_pitch = j.out_c + kPad;
    float* v = scratch<float>(kPlaces * t.block * in_pitch);
    float* m = scratch<float>(kPlaces * t.block * out_pitch);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * t.block, tiles = min64(t.block, t.count - first);
      fill_inputs(v, in_pitch, j, t, first, tiles, zeros);
      if (kernels.by_parts != nullptr) {
        multiply_parts(m, v, kernels, j, t, tiles);
      } else {
        multiply(m, v, kernels.u, j, t, tiles);
      }
      finite[block] = write_outputs(m, out_pitch, j, t, first, tiles);
    }
  });
  return all_set(finite, t.blocks());
}

// Few tiles do not make up for transforming the kernels, few channels not for transforming the pixels; in
// tiny images most taps meet padding, which the direct form leaves out.
constexpr int64_t kFewestTiles = 48, kFewestChannels = 32, kSmallestSide = 4;

int64_t tiles_of(const Conv2dShape& s, int64_t rows, int64_t cols) {
  return s.images * div_up(rows, 2) * div_up(cols, 2);
}

bool pays(const Conv2dShape& s, int64_t rows, int64_t cols) {
  const bool fits = s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
                    s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
  return fits && s.in_c % kLanes<float> == 0 && s.out_c % kLanes<float> == 0 &&
         min64(s.in_c, s.out_c) >= kFewestChannels && min64(rows, cols) >= kSmallestSide &&
         tiles_of(s, rows, cols) >= kFewestTiles;
}

// How many bfloat16 products stand for one of forward's, 0 for float32 FMA.
int32_t products_of(const Conv2dShape& s) {
  return products_for(tiles_of(s, s.out_h, s.out_w), s.out_c, s.in_c);
}

bool forward_prepared(float* y, const float* x, const Kernels& kernels, const float* bias, const Conv2dShape& s) {
  note_products(kernels.products);
  return run({s.images, s.in_h, s.in_w, s.in_c, s.out_h, s.out_w, s.out_c, s.pad_top, s.pad_left, x, y,
              bias, s.activation}, kernels);
}

bool forward(float* y, const float* x, const float* w, const float* bias, const Conv2dShape& s) {
  if (!pays(s, s.out_h, s.out_w)) return false;
  const ScratchMark mark;
  const int32_t products = products_of(s);
  float* memory = scratch<float>(prepared_size(s.in_c, s.out_c, products));
  return forward_prepared(y, x, prepare(memory, w, s.in_c, s.out_c, false, products), bias, s);
}

int32_t packed_products(const Conv2dShape& s) { return pays(s, s.out_h, s.out_w) ? products_of(s) : -1; }

int64_t packed_size(const Conv2dShape& s, int32_t products) {
  return pays(s, s.out_h, s.out_w) ? prepared_size(s.in_c, s.out_c, products) : 0;
}

void pack(float* packed, const float* w, const Conv2dShape& s, int32_t products) {
  prepare(packed, w, s.in_c, s.out_c, false, products);
}

bool forward_packed(float* y, const float* x, const float* packed, const float* bias, const Conv2dShape& s,
                    int32_t products) {
  return forward_prepared(y, x, prepared(packed, s.in_c, s.out_c, products), bias, s);
}

// The transpose is a convolution of dy with the kernel turned by half a turn and its channels swapped.
bool backward_data(float* dx, const float* dy, const float* w, const Conv2dShape& s) {
  if (!pays(s, s.in_h, s.in_w)) return false;
  const ScratchMark mark;
  const int64_t tap = s.in_c * s.out_c;
  float* swapped = scratch<float>(9 * tap);
  parallel(9, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      transpose(swapped + i * tap, s.in_c, w + i * tap, s.out_c, s.in_c, s.out_c);
    }
  });
  const int32_t products = products_for(tiles_of(s, s.in_h, s.in_w), s.in_c, s.out_c);
  float* memory = scratch<float>(prepared_size(s.out_c, s.in_c, products));
  const Kernels kernels = prepare(memory, swapped, s.out_c, s.in_c, true, products);
  note_products(products);
  return run({s.images, s.out_h, s.out_w, s.out_c, s.in_h, s.in_w, s.in_c, 2 - s.pad_top, 2 - s.pad_left,
              dy, dx, nullptr, NRT_UNARY_IDENTITY}, kernels);
}

void fill_gradients(float* z, int64_t pitch, const float* dy, const Conv2dShape& s, const Tiling& t,
                    int64_t first, int64_t tiles, const float* zeros) {
  for (int64_t i = 0; i < tiles; ++i) {
    const Position at = position_of(t, first + i);
    const float* pixel[4];
    for (int64_t p = 0; p < 4; ++p) {
      const int64_t row = at.row + p / 2, col = at.col + p % 2;
      pixel[p] = row < s.out_h && col < s.out_w
                     ? dy + ((at.image * s.out_h + row) * s.out_w + col) * s.out_c
                     : zeros;
    }
    transform_gradient(z + i * pitch, t.block * pitch, pixel, s.out_c);
  }
}

// dbias += sum over tiles; z: the place that holds the sum of a tile's four pixels.
void add_biases(float* dbias, const float* z, int64_t pitch, int64_t channels, int64_t tiles) {
  for (int64_t k = 0; k < channels; k += kLanes<float>) {
    V sum = {};
    for (int64_t i = 0; i < tiles; ++i) sum += load(z + i * pitch + k);
    store(dbias + k, load(dbias + k) + sum);
  }
}

// du[place] += v[place]' z[place]: one place.
void accumulate(float* du, const float* v, const float* z, int64_t in_pitch, int64_t out_pitch,
                const Conv2dShape& s, int64_t tiles, bool first) {
  Tile<float> tile = {};
  tile.a_row = 1;
  tile.a_step = in_pitch;
  tile.b_step = out_pitch;
  tile.ldc = s.out_c;
  tile.k = tiles;
  tile.alpha = 1;
  tile.beta = first ? 0.f : 1.f;
  for (int64_t column = 0; column < s.out_c; column += kTileColumns<float>) {
    tile.columns = static_cast<int>(panel_width(s.out_c, column));
    tile.b = z + column;
    const bool tall = tile.columns <= kTallVectors * kLanes<float>;
    for (int64_t c = 0; c < s.in_c; c += tile.rows) {
      const int64_t left = s.in_c - c;
      tile.rows = static_cast<int>(tall && left >= kTallRows ? kTallRows : min64(kTileRows, left));
      tile.a = v + c;
      tile.c = du + c * s.out_c + column;
      run_tile(tile, false);
    }
  }
}

// Blocks one after another, so that the sums exist once and have one order; the threads share a block's
// tiles, then its places.
bool backward_weights(float* dw, float* dbias, const float* x, const float* dy, const Conv2dShape& s) {
  if (!pays(s, s.out_h, s.out_w)) return false;
  const ScratchMark mark;
  const int64_t least = s.in_c * s.out_c >= kLargeSums ? 2 * kLeastSumsTiles : kLeastSumsTiles;
  const Tiling t =
      tiling_of(s.images, s.out_h, s.out_w, pair_bytes(s.in_c, s.out_c), kSumsBlockBytes, least);
  const int64_t in_pitch = s.in_c + kPad, out_pitch = s.out_c + kPad;
  const Job j = {s.images, s.in_h, s.in_w, s.in_c, s.out_h, s.out_w, s.out_c, s.pad_top, s.pad_left, x,
                 nullptr, nullptr, NRT_UNARY_IDENTITY};
  float* du = scratch<float>(kPlaces * s.in_c * s.out_c);
  float* v = scratch<float>(kPlaces * t.block * in_pitch);
  float* z = scratch<float>(kPlaces * t.block * out_pitch);
  float* zeros = scratch<float>(max64(s.in_c, s.out_c));
  memset(zeros, 0, static_cast<size_t>(max64(s.in_c, s.out_c)) * sizeof(float));
  if (dbias != nullptr) memset(dbias, 0, static_cast<size_t>(s.out_c) * sizeof(float));
  for (int64_t block = 0; block < t.blocks(); ++block) {
    const int64_t first = block * t.block, tiles = min64(t.block, t.count - first);
    parallel(tiles, kTallRows, [&](int64_t begin, int64_t end) {
      fill_inputs(v + begin * in_pitch, in_pitch, j, t, first + begin, end - begin, zeros);
      fill_gradients(z + begin * out_pitch, out_pitch, dy, s, t, first + begin, end - begin, zeros);
    });
    if (dbias != nullptr) add_biases(dbias, z + kSumPlace * t.block * out_pitch, out_pitch, s.out_c, tiles);
    parallel(kPlaces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t place = begin; place < end; ++place) {
        accumulate(du + place * s.in_c * s.out_c, v + place * t.block * in_pitch,
                   z + place * t.block * out_pitch, in_pitch, out_pitch, s, tiles, block == 0);
      }
    });
  }
  const int64_t tasks = div_up(s.in_c, kChannelsPerTask);
  uint8_t* finite = scratch<uint8_t>(tasks);
  parallel(tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = i * kChannelsPerTask;
      finite[i] = transform_back(dw, du, s, from, min64(s.in_c, from + kChannelsPerTask));
    }
  });
  return all_set(finite, tasks);
}

}  // namespace

extern const Conv2dWinogradKernels conv2d_winograd_kernels;
const Conv2dWinogradKernels conv2d_winograd_kernels = {forward, backward_data, backward_weights, packed_products,
                                                             packed_size, pack, forward_packed};

}  // namespace NRT_ISA_NS
}  // namespace nrt
