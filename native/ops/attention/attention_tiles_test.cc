// Attention of float32 large enough for products of bfloat16 parts on levels with matrix tiles. On the others the
// same bounds hold for float32 FMA.
#include "ops/attention/attention_test_support.h"

namespace {

using AttentionOnTiles = Attention<float>;

const Size kTileSizes[] = {{1, 2, 1, 300, 530, 64, 80}, {2, 1, 1, 256, 384, 64, 64}, {1, 1, 1, 129, 700, 70, 65},
                           {1, 1, 1, 700, 100, 64, 64}};

nrt_ctx in(int32_t mode) { return ctx() | (static_cast<int64_t>(mode + 1) << NRT_PRECISION_SHIFT); }

bool has_tiles() { return nrt_ctx_products(in(NRT_PRECISION_HIGHEST), 1024, 1024, 1024, 0) == 6; }

// Largest distance from the reference, by the reference's largest value.
double error(const std::vector<float>& got, const std::vector<double>& want) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double distance = std::fabs(static_cast<double>(got[i]) - want[i]);
    if (!(distance <= worst)) worst = distance;
    largest = std::max(largest, std::fabs(want[i]));
  }
  return worst / largest;
}

TEST_F(AttentionOnTiles, FollowsTheFormula) {
  for (const bool causal : {false, true}) {
    for (const bool lengths : {false, true}) {
      Options o;
      o.causal = causal;
      o.lengths = lengths;
      o.rows_first = lengths;
      o.scale = 0.125;
      for (const Size& s : kTileSizes) compare(s, o);
    }
  }
}

TEST_F(AttentionOnTiles, FollowsItsMask) {
  for (int32_t kind : {NRT_ATTENTION_MASK_BOOL, NRT_ATTENTION_MASK_ADDED}) {
    for (MaskShape shape : {kFull, kStretched}) {
      Options o;
      o.mask_kind = kind;
      o.mask_shape = shape;
      o.causal = kind == NRT_ATTENTION_MASK_BOOL;
      compare(kTileSizes[0], o);
    }
  }
}

TEST_F(AttentionOnTiles, IsAsExactAsFloat32) {
  Options o;
  o.scale = 0.125;
  const Problem<float> p({1, 2, 2, 512, 512, 64, 64}, o);
  const Reference want = reference(p);
  const Result plain = run(p, in(NRT_PRECISION_IEEE));
  EXPECT_EQ(0, nrt_last_products());
  const Result parts = run(p, in(NRT_PRECISION_HIGHEST));
  EXPECT_EQ(has_tiles() ? 6 : 0, nrt_last_products());
  EXPECT_LE(error(parts.y, want.y), error(plain.y, want.y));
  EXPECT_LE(error(parts.dq, want.dq), error(plain.dq, want.dq));
  EXPECT_LE(error(parts.dk, want.dk), error(plain.dk, want.dk));
  EXPECT_LE(error(parts.dv, want.dv), error(plain.dv, want.dv));
}

TEST_F(AttentionOnTiles, FewerProductsKeepTheirBounds) {
  Options o;
  o.scale = 0.125;
  const Problem<float> p({1, 2, 2, 256, 300, 64, 64}, o);
  const Reference want = reference(p);
  const double bounds[] = {1e-4, 1e-2};
  for (const int32_t mode : {NRT_PRECISION_HIGH, NRT_PRECISION_MEDIUM}) {
    const Result got = run(p, in(mode));
    EXPECT_EQ(has_tiles() ? mode == NRT_PRECISION_HIGH ? 3 : 1 : 0, nrt_last_products());
    const double bound = bounds[mode == NRT_PRECISION_HIGH ? 0 : 1];
    EXPECT_LE(error(got.y, want.y), bound);
    EXPECT_LE(error(got.dq, want.dq), bound);
    EXPECT_LE(error(got.dk, want.dk), bound);
    EXPECT_LE(error(got.dv, want.dv), bound);
  }
}

TEST_F(AttentionOnTiles, FollowsScoresThatGrowAlongTheKeys) {
  for (const bool causal : {false, true}) {
    Options o;
    o.causal = causal;
    o.scale = 0.125;
    Problem<float> p({1, 1, 1, 600, 1100, 64, 64}, o);
    for (size_t i = 0; i < p.k.size(); ++i) {
      const int64_t key = static_cast<int64_t>(i / 64), swing = key < 700 ? key : 1400 - key;
      p.k[i] *= static_cast<float>(swing) * 0.02F;
    }
    expect_close(run(p).y, reference(p).y, tolerance * 10, tolerance * 10);
  }
}

TEST_F(AttentionOnTiles, MagnitudesThatForbidPartsAreFollowed) {
  Options o;
  o.scale = 0.125;
  for (const float factor : {0x1p-100F, 0x1p+90F}) {
    Problem<float> p({1, 1, 1, 200, 300, 64, 64}, o);
    for (float& x : p.v) x *= factor;
    const Reference want = reference(p);
    const Result got = run(p);
    EXPECT_LE(error(got.y, want.y), tolerance);
    EXPECT_LE(error(got.dq, want.dq), tolerance);
    EXPECT_LE(error(got.dk, want.dk), tolerance);
    EXPECT_LE(error(got.dv, want.dv), tolerance);
  }
}

TEST_F(AttentionOnTiles, PaddingNeverChangesABit) {
  Options o;
  o.lengths = true;
  for (int64_t keys : {0, 130, 512, 515}) {
    Problem<float> p({1, 2, 2, 140, 600, 64, 64}, o), other = p;
    p.lengths[0] = other.lengths[0] = keys;
    for (int64_t h = 0; h < 2; ++h) {
      const size_t first = other.at(NRT_ATTENTION_K, 0, h, keys), end = other.at(NRT_ATTENTION_K, 0, h, 600);
      for (size_t i = first; i < end; ++i) other.k[i] = other.v[i] = NAN;
    }
    const Result a = run(p), b = run(other);
    EXPECT_EQ(a.y, b.y);
    EXPECT_EQ(a.dq, b.dq);
    EXPECT_EQ(a.dk, b.dk);
    EXPECT_EQ(a.dv, b.dv);
  }
}

TEST_F(AttentionOnTiles, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  for (const bool causal : {false, true}) {
    Options o;
    o.causal = causal;
    for (const Size& s : {Size{2, 4, 2, 300, 300, 64, 64}, Size{1, 1, 1, 128, 700, 64, 64}}) {
      const Problem<float> p(s, o);
      const Result a = run(p, one), b = run(p, many);
      EXPECT_EQ(a.y, b.y);
      EXPECT_EQ(a.lse, b.lse);
      EXPECT_EQ(a.dq, b.dq);
      EXPECT_EQ(a.dk, b.dk);
      EXPECT_EQ(a.dv, b.dv);
    }
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

}  // namespace
