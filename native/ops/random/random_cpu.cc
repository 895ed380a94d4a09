// Random tensors: Philox words in tiles of 1 KB, then a transform per kind.
//
// Every element is a function of (seed, stream, offset, i) alone, so neither threads nor the way a
// tensor is split into calls can be seen in it. Normals: Box-Muller, z0 = r cos a, z1 = r sin a with
// r = sqrt(-2 ln u), u from one word (two words in double), a from the next. The float version has
// its own logarithm, sine and cosine (error below 4e-7 absolute), because libm's do not vectorise;
// about 0.8 ns per normal with AVX-512, of which Philox takes 0.35.
#include "core/kernel.h"
#include "core/philox_tile.h"
#include "ops/random/random.h"
#include "ops/random/random_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kTileBlocks = 64;     // small, so that memory works on while words are made
constexpr int64_t kGrainBlocks = 8192;  // about 30 us of work
constexpr double kTruncation = 2.0;     // deviations

// Redraws and rejections take the same word of another stream: 2^64 / golden ratio spreads the
// attempts far from the small numbers streams are usually given.
inline uint64_t attempt_stream(uint64_t stream, uint64_t attempt) {
  return stream ^ (attempt * 0x9E3779B97F4A7C15ull);
}

template <typename T>
struct Words;
template <>
struct Words<float> {
  static constexpr int64_t elements_per_block = 4;
  static float uniform(const uint32_t* words, int64_t i) { return nrt_uniform_f32(words[i]); }
};
template <>
struct Words<double> {
  static constexpr int64_t elements_per_block = 2;
  static double uniform(const uint32_t* words, int64_t i) {
    return nrt_uniform_f64(words[2 * i], words[2 * i + 1]);
  }
};

// -2 ln((word + 1/2) / 2^32): ln through 2 atanh((m - 1) / (m + 1)), m in [sqrt(1/2), sqrt(2)).
inline float minus_two_log(uint32_t word) {
  const float u = (static_cast<float>(word) + 0.5f) * 0x1p-32f;
  uint32_t bits;
  memcpy(&bits, &u, sizeof bits);
  const uint32_t shifted = bits - 0x3f3504f3u;  // bits of sqrt(1/2)
  const int32_t exponent = static_cast<int32_t>(shifted) >> 23;
  const uint32_t mantissa = (shifted & 0x007fffffu) + 0x3f3504f3u;
  float m;
  memcpy(&m, &mantissa, sizeof m);
  const float f = (m - 1.0f) / (m + 1.0f);
  const float s = f * f;
  const float series =
      1.0f + s * (1.0f / 3 + s * (1.0f / 5 + s * (1.0f / 7 + s * (1.0f / 9 + s * (1.0f / 11)))));
  const float log = static_cast<float>(exponent) * 0.693147181f + 2.0f * f * series;
  return log < 0.0f ? -2.0f * log : 0.0f;
}

// Turn word / 2^32 split into a quarter turn and the rest in [-1/8, 1/8) turns; Taylor polynomials.
inline void sine_cosine(uint32_t word, float* sine, float* cosine) {
  const uint32_t quarter = (word + 0x20000000u) >> 30;
  const float x =
      static_cast<float>(static_cast<int32_t>(word - (quarter << 30))) * 1.46291807926715968e-9f;
  const float s = x * x;
  const float sx = x * (1.0f + s * (-1.0f / 6 + s * (1.0f / 120 + s * (-1.0f / 5040))));
  const float cx =
      1.0f + s * (-0.5f + s * (1.0f / 24 + s * (-1.0f / 720 + s * (1.0f / 40320))));
  const bool odd = (quarter & 1) != 0;
  const float sm = odd ? cx : sx, cm = odd ? sx : cx;
  *sine = (quarter & 2) != 0 ? -sm : sm;
  *cosine = ((quarter + 1) & 2) != 0 ? -cm : cm;
}

// pairs standard normals from 2 words each.
inline void box_muller(const uint32_t* NRT_RESTRICT words, float* NRT_RESTRICT z, int64_t pairs) {
  for (int64_t p = 0; p < pairs; ++p) {
    const float r = sqrtf(minus_two_log(words[2 * p]));
    float sine, cosine;
    sine_cosine(words[2 * p + 1], &sine, &cosine);
    z[2 * p] = r * cosine;
    z[2 * p + 1] = r * sine;
  }
}

inline void box_muller(const uint32_t* NRT_RESTRICT words, double* NRT_RESTRICT z, int64_t pairs) {
  for (int64_t p = 0; p < pairs; ++p) {
    const double u = nrt_uniform_f64(words[4 * p], words[4 * p + 1]) + 0x1p-54;
    const double r = sqrt(-2.0 * log(u));
    const double angle =
        6.283185307179586477 * nrt_uniform_f64(words[4 * p + 2], words[4 * p + 3]);
    z[2 * p] = r * cos(angle);
    z[2 * p + 1] = r * sin(angle);
  }
}

// Standard normal `lane` of one block.
template <typename T>
inline T normal_of_block(RandomSource source, uint64_t attempt, uint64_t block, int64_t lane) {
  const nrt_philox_block b =
      nrt_philox(source.seed, attempt_stream(source.stream, attempt), source.offset + block);
  T z[4];
  box_muller(b.v, z, Words<T>::elements_per_block / 2);
  return z[lane];
}

template <typename T>
void redraw_outside(T* z, int64_t count, uint64_t first_block, RandomSource source) {
  constexpr int64_t per_block = Words<T>::elements_per_block;
  const T limit = static_cast<T>(kTruncation);
  for (int64_t i = 0; i < count; ++i) {
    for (uint64_t attempt = 1; !(z[i] >= -limit && z[i] <= limit); ++attempt) {
      z[i] = normal_of_block<T>(source, attempt, first_block + static_cast<uint64_t>(i / per_block),
                                i % per_block);
    }
  }
}

inline float next_towards(float from, float to) { return nextafterf(from, to); }
inline double next_towards(double from, double to) { return ::nextafter(from, to); }

// One tile: count elements from the words of blocks first_block ... into y.
template <typename T>
void transform(int32_t kind, const uint32_t* words, T* NRT_RESTRICT y, int64_t count, double p0,
               double p1, uint64_t first_block, RandomSource source) {
  if (kind == NRT_RANDOM_UNIFORM) {
    const T low = static_cast<T>(p0), width = static_cast<T>(p1 - p0), high = static_cast<T>(p1);
    const T last = high > low ? next_towards(high, low) : low;
    for (int64_t i = 0; i < count; ++i) {
      const T v = low + width * Words<T>::uniform(words, i);
      y[i] = v < high ? v : last;  // rounding may reach the excluded end
    }
  } else if (kind == NRT_RANDOM_BERNOULLI) {
    if (sizeof(T) == 4) {  // u 2^-24 < p0 as integers
      const uint32_t threshold = static_cast<uint32_t>(ceil(p0 * 0x1p24));
      for (int64_t i = 0; i < count; ++i) y[i] = (words[i] >> 8) < threshold ? T(1) : T(0);
    } else {
      for (int64_t i = 0; i < count; ++i) {
        y[i] = static_cast<double>(Words<T>::uniform(words, i)) < p0 ? T(1) : T(0);
      }
    }
  } else {
    alignas(64) T z[kTileBlocks * Words<T>::elements_per_block];
    const T mean = static_cast<T>(p0), deviation = static_cast<T>(p1);
    box_muller(words, z, (count + 1) / 2);
    if (kind == NRT_RANDOM_TRUNCATED_NORMAL) redraw_outside(z, count, first_block, source);
    for (int64_t i = 0; i < count; ++i) y[i] = mean + deviation * z[i];
  }
}

template <typename T>
void fill(int32_t kind, T* y, int64_t n, double p0, double p1, RandomSource source) {
  constexpr int64_t per_block = Words<T>::elements_per_block;
  parallel(div_up(n, per_block), kGrainBlocks, [&](int64_t begin, int64_t end) {
    alignas(64) uint32_t words[4 * kTileBlocks];
    for (int64_t block = begin; block < end; block += kTileBlocks) {
      const int64_t blocks = min64(kTileBlocks, end - block);
      const uint64_t first = static_cast<uint64_t>(block);
      philox_words(source.seed, source.stream, source.offset + first, blocks, words);
      const int64_t element = block * per_block, count = min64(blocks * per_block, n - element);
      transform(kind, words, y + element, count, p0, p1, first, source);
    }
  });
}

// Lemire 2019: the high half of bits * span, redrawn where the low half shows a short interval.
inline bool bounded(uint64_t bits, uint64_t span, uint64_t* value) {
  if (span == 0) {  // all of 2^64
    *value = bits;
    return true;
  }
  const unsigned __int128 product = static_cast<unsigned __int128>(bits) * span;
  *value = static_cast<uint64_t>(product >> 64);
  const uint64_t low = static_cast<uint64_t>(product);
  return low >= span || low >= (0 - span) % span;
}

// Element `index` of a sequence with two 64-bit draws per block, given the first attempt's words.
inline uint64_t bounded_draw(const uint32_t* pair, uint64_t span, RandomSource source,
                             uint64_t index) {
  uint64_t value;
  if (bounded(static_cast<uint64_t>(pair[1]) << 32 | pair[0], span, &value)) return value;
  for (uint64_t attempt = 1;; ++attempt) {
    const nrt_philox_block b = nrt_philox(source.seed, attempt_stream(source.stream, attempt),
                                          source.offset + index / 2);
    const uint32_t* again = b.v + 2 * (index % 2);
    if (bounded(static_cast<uint64_t>(again[1]) << 32 | again[0], span, &value)) return value;
  }
}

void integers(int64_t* y, int64_t n, int64_t low, uint64_t span, RandomSource source) {
  parallel(div_up(n, 2), kGrainBlocks, [&](int64_t begin, int64_t end) {
    uint32_t words[4 * kTileBlocks];
    for (int64_t block = begin; block < end; block += kTileBlocks) {
      const int64_t blocks = min64(kTileBlocks, end - block);
      philox_words(source.seed, source.stream, source.offset + static_cast<uint64_t>(block), blocks,
                   words);
      const int64_t first = 2 * block, count = min64(2 * blocks, n - first);
      for (int64_t i = 0; i < count; ++i) {
        const uint64_t draw =
            bounded_draw(words + 2 * i, span, source, static_cast<uint64_t>(first + i));
        y[first + i] = static_cast<int64_t>(static_cast<uint64_t>(low) + draw);
      }
    }
  });
}

void permutation(int64_t* y, int64_t n, RandomSource source) {
  for (int64_t i = 0; i < n; ++i) y[i] = i;
  uint32_t words[4 * kTileBlocks];
  const int64_t per_tile = 2 * kTileBlocks;
  for (int64_t k = 0; k + 1 < n; ++k) {  // step k draws for position n - 1 - k
    if (k % per_tile == 0) {
      philox_words(source.seed, source.stream, source.offset + static_cast<uint64_t>(k / 2),
                   min64(kTileBlocks, div_up(n - k, 2)), words);
    }
    const int64_t last = n - 1 - k;
    const int64_t other = static_cast<int64_t>(
        bounded_draw(words + 2 * (k % per_tile), static_cast<uint64_t>(last) + 1, source,
                     static_cast<uint64_t>(k)));
    const int64_t held = y[last];
    y[last] = y[other];
    y[other] = held;
  }
}

}  // namespace

extern const RandomKernels random_kernels;
const RandomKernels random_kernels = {fill<float>, fill<double>, integers, permutation};

}  // namespace NRT_ISA_NS
}  // namespace nrt
