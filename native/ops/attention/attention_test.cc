#include "ops/attention/attention_test_support.h"

namespace {

const Size kSizes[] = {
    {1, 1, 1, 1, 1, 1, 1},    {2, 1, 1, 3, 4, 2, 3},     {1, 2, 2, 4, 4, 3, 3},      {1, 4, 2, 3, 3, 2, 2},
    {2, 3, 1, 5, 7, 11, 13},  {1, 1, 1, 64, 64, 64, 64}, {1, 2, 1, 65, 63, 33, 5},   {2, 2, 2, 131, 67, 16, 31},
    {1, 1, 1, 1, 200, 8, 70}, {1, 6, 3, 70, 130, 5, 1},  {1, 2, 1, 197, 601, 20, 40}, {0, 2, 2, 3, 3, 4, 4},
    {2, 0, 1, 3, 3, 4, 4},    {2, 2, 2, 0, 3, 4, 4},     {2, 2, 2, 3, 0, 4, 4},     {1, 2, 2, 3, 3, 0, 4},
    {1, 2, 2, 3, 3, 4, 0},
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Attention, Types);

TYPED_TEST(Attention, FollowsTheFormula) {
  for (const Size& s : kSizes) this->compare(s, {});
}

TYPED_TEST(Attention, SeesNoKeyBehindItsQuery) {
  Options o;
  o.causal = true;
  for (const Size& s : kSizes) this->compare(s, o);
}

TYPED_TEST(Attention, SeesNoKeyBehindTheLengths) {
  Options o;
  o.lengths = true;
  for (const Size& s : kSizes) this->compare(s, o);
  o.causal = true;
  for (const Size& s : kSizes) this->compare(s, o);
}

TYPED_TEST(Attention, FollowsItsMask) {
  for (int32_t kind : {NRT_ATTENTION_MASK_BOOL, NRT_ATTENTION_MASK_ADDED}) {
    for (MaskShape shape : {kFull, kStretched}) {
      Options o;
      o.mask_kind = kind;
      o.mask_shape = shape;
      for (const Size& s : kSizes) this->compare(s, o);
    }
  }
}

TYPED_TEST(Attention, MaskCausalAndLengthsJoin) {
  Options o;
  o.mask_kind = NRT_ATTENTION_MASK_BOOL;
  o.mask_shape = kFull;
  o.causal = o.lengths = o.rows_first = true;
  for (const Size& s : kSizes) this->compare(s, o);
}

TYPED_TEST(Attention, TakesRowsBeforeHeads) {
  Options o;
  o.rows_first = true;
  for (const Size& s : kSizes) this->compare(s, o);
}

TYPED_TEST(Attention, NothingAllowedGivesZeros) {
  Options o;
  o.mask_kind = NRT_ATTENTION_MASK_BOOL;
  o.mask_shape = kFull;
  Problem<TypeParam> p({2, 2, 1, 3, 70, 5, 4}, o);
  std::fill(p.allowed.begin(), p.allowed.end(), uint8_t(0));
  const auto r = this->run(p);
  for (const auto& result : {r.y, r.dq, r.dk, r.dv}) {
    for (TypeParam x : result) ASSERT_EQ(TypeParam(0), x);
  }
}

TYPED_TEST(Attention, LargeScoresStayFinite) {
  Options o;
  o.scale = 1e4;
  const Problem<TypeParam> p({1, 2, 2, 70, 70, 8, 8}, o);
  for (TypeParam x : this->run(p).y) ASSERT_LE(std::fabs(x), TypeParam(2.001));
}

// Scores that leave every reference value behind, upwards, downwards and back.
TYPED_TEST(Attention, FollowsScoresThatGrowAlongTheKeys) {
  Options o;
  for (const bool causal : {false, true}) {
    o.causal = causal;
    Problem<TypeParam> p({1, 2, 1, 100, 300, 4, 5}, o);
    for (size_t i = 0; i < p.k.size(); ++i) {
      const double key = static_cast<double>(i / 4), swing = key < 200 ? key : 400 - key;
      p.k[i] = static_cast<TypeParam>(p.k[i] * swing * 0.4);
    }
    const auto r = this->run(p);
    const Reference want = reference(p);
    expect_close(r.y, want.y, this->tolerance * 10, this->tolerance * 10);
  }
}

TYPED_TEST(Attention, PaddingNeverChangesABit) {
  Options o;
  o.lengths = true;
  for (int64_t keys : {13, 64, 67}) {
    Problem<TypeParam> p({1, 2, 2, 5, 150, 7, 9}, o), other = p;
    p.lengths[0] = other.lengths[0] = keys;
    for (int64_t h = 0; h < 2; ++h) {
      for (size_t i = other.at(NRT_ATTENTION_K, 0, h, keys); i < other.at(NRT_ATTENTION_K, 0, h, 150); ++i) {
        other.k[i] = NAN;
      }
      for (size_t i = other.at(NRT_ATTENTION_V, 0, h, keys); i < other.at(NRT_ATTENTION_V, 0, h, 150); ++i) {
        other.v[i] = NAN;
      }
    }
    const auto a = this->run(p), b = this->run(other);
    EXPECT_EQ(a.y, b.y);
    EXPECT_EQ(a.dq, b.dq);
    EXPECT_EQ(a.dk, b.dk);
    EXPECT_EQ(a.dv, b.dv);
  }
}

TYPED_TEST(Attention, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  Options o;
  o.causal = true;
  for (const Size& s : {Size{2, 4, 2, 150, 150, 32, 32}, Size{1, 1, 1, 700, 300, 16, 8}}) {
    const Problem<TypeParam> p(s, o);
    const auto a = this->run(p, one), b = this->run(p, many);
    EXPECT_EQ(a.y, b.y);
    EXPECT_EQ(a.dq, b.dq);
    EXPECT_EQ(a.dk, b.dk);
    EXPECT_EQ(a.dv, b.dv);
  }
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TEST(AttentionEdges, KeysThatNoHeadUsesGetZeroGradients) {
  const Problem<float> p({2, 0, 3, 3, 3, 4, 2}, {});
  std::vector<float> dk(p.k.size(), 7.0F), dv(p.v.size(), 7.0F);
  NRT_ASSERT_OK(nrt_attention_bwd(ctx(), NRT_FLOAT32, 0, addr(dk), addr(dv), 0, 0, 0, 0, addr(p.k), addr(p.v), 0,
                                  0, p.desc, 0, 0, 1));
  EXPECT_EQ(std::vector<float>(p.k.size()), dk);
  EXPECT_EQ(std::vector<float>(p.v.size()), dv);
}

TEST(AttentionErrors, WrongArgumentsAreRefused) {
  Problem<float> p({1, 4, 2, 3, 3, 2, 2}, {});
  std::vector<float> y(24), lse(12);
  const auto run = [&](int32_t dtype, nrt_ptr q, int32_t mask_kind) {
    return nrt_attention_fwd(ctx(), dtype, addr(y), addr(lse), q, addr(p.k), addr(p.v), 0, 0, p.desc, mask_kind, 0, 1);
  };
  EXPECT_EQ(NRT_OK, run(NRT_FLOAT32, addr(p.q), 0));
  EXPECT_EQ(NRT_UNSUPPORTED, run(NRT_INT32, addr(p.q), 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, 0, 0));
  EXPECT_STREQ("attention: q is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), NRT_ATTENTION_MASK_BOOL));
  EXPECT_STREQ("attention: mask is null", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), 7));
  p.desc[NRT_ATTENTION_KV_HEADS] = 3;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), 0));
  EXPECT_STREQ("attention: 4 heads are no multiple of 3 key/value heads", nrt_last_error());
  p.desc[NRT_ATTENTION_HEADS] = 0;
  p.desc[NRT_ATTENTION_KV_HEADS] = INT64_MAX / 8;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), 0));
  p.desc[NRT_ATTENTION_HEADS] = 4;
  p.desc[NRT_ATTENTION_KV_HEADS] = 2;
  p.desc[NRT_ATTENTION_QUERIES] = -3;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), 0));
  p.desc[NRT_ATTENTION_QUERIES] = INT64_MAX / 2;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), 0));
  p.desc[NRT_ATTENTION_QUERIES] = p.desc[NRT_ATTENTION_KEYS] = int64_t{1} << 40;
  p.desc[NRT_ATTENTION_WIDTH] = p.desc[NRT_ATTENTION_VALUE_WIDTH] = 0;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, run(NRT_FLOAT32, addr(p.q), NRT_ATTENTION_MASK_ADDED));
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_attention_bwd(ctx(), NRT_FLOAT32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, nullptr, 0, 0, 1));
  EXPECT_STREQ("attention: desc is null", nrt_last_error());
}

}  // namespace
