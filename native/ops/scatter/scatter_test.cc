#include "ops/scatter/scatter.h"

#include <limits>
#include <string>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

struct Size {
  int64_t outer, count, inner, length;  // ids [outer, count, inner], table [outer, length, inner]
};
const Size kSizes[] = {{1, 1, 1, 1}, {0, 3, 2, 2},     {2, 0, 3, 4},
                       {3, 5, 7, 4}, {1, 1009, 1, 31}, {5, 67, 13, 101}};

std::vector<int64_t> draw(const Size& s) {
  std::vector<int64_t> ids(static_cast<size_t>(s.outer * s.count * s.inner));
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int64_t>(nrt_philox(1, 2, i).v[0] % static_cast<uint64_t>(2 * s.length)) -
             s.length;
  }
  return ids;
}

std::vector<int64_t> desc(const Size& s) {
  return {3, s.outer, s.count, s.inner, s.length * s.inner, s.inner, 1};
}

size_t target(const Size& s, const std::vector<int64_t>& ids, size_t i) {
  const auto at = static_cast<int64_t>(i);
  const int64_t id = ids[i] < 0 ? ids[i] + s.length : ids[i];
  return static_cast<size_t>((at / (s.count * s.inner) * s.length + id) * s.inner + at % s.inner);
}

template <typename T>
class Scatter : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Scatter, Types);

TYPED_TEST(Scatter, TakesAndPutsInOrder) {
  for (const Size& s : kSizes) {
    const auto ids = draw(s);
    const auto shape = desc(s);
    const auto table = uniform<TypeParam>(s.outer * s.length * s.inner, 3);
    const auto updates = uniform<TypeParam>(static_cast<int64_t>(ids.size()), 4);
    std::vector<TypeParam> y(ids.size());
    NRT_ASSERT_OK(nrt_scatter_take(ctx(), Code<TypeParam>::value, addr(y), addr(table), addr(ids),
                                   shape.data(), 1, s.length));
    for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(table[target(s, ids, i)], y[i]);
    for (int32_t mode = 0; mode < 5; ++mode) {
      auto got = table, want = table;
      NRT_ASSERT_OK(nrt_scatter_put(ctx(), Code<TypeParam>::value, mode, addr(got), addr(updates),
                                    addr(ids), shape.data(), 1, s.length));
      for (size_t i = 0; i < ids.size(); ++i) {
        TypeParam& t = want[target(s, ids, i)];
        const TypeParam u = updates[i];
        t = mode == 0   ? u
            : mode == 1 ? t + u
            : mode == 2 ? t * u
            : mode == 3 ? std::max(t, u)
                        : std::min(t, u);
      }
      ASSERT_EQ(want, got) << "mode " << mode;
    }
  }
}

TEST(ScatterWinners, AreTheLastWriters) {
  const Size s = {1, 5, 1, 3};
  const auto shape = desc(s);
  const std::vector<int64_t> ids = {0, 2, -3, 1, 2};
  std::vector<uint8_t> y(5);
  NRT_ASSERT_OK(nrt_scatter_winners(ctx(), addr(y), addr(ids), shape.data(), 1, 3));
  EXPECT_EQ((std::vector<uint8_t>{0, 0, 1, 1, 1}), y);
}

TEST(ScatterModes, NanWinsAndWholeNumbersWork) {
  const Size s = {1, 2, 1, 2};
  const auto shape = desc(s);
  const std::vector<int64_t> ids = {0, 1};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> updates = {nan, 5};
  for (int32_t mode : {3, 4}) {
    std::vector<float> table = {1, nan};
    NRT_ASSERT_OK(nrt_scatter_put(ctx(), NRT_FLOAT32, mode, addr(table), addr(updates), addr(ids),
                                  shape.data(), 1, 2));
    EXPECT_TRUE(std::isnan(table[0]) && std::isnan(table[1]));
  }
  const std::vector<int64_t> more = {-7, 3};
  std::vector<int64_t> table = {2, 2};
  NRT_ASSERT_OK(
      nrt_scatter_put(ctx(), NRT_INT64, 3, addr(table), addr(more), addr(ids), shape.data(), 1, 2));
  EXPECT_EQ((std::vector<int64_t>{2, 3}), table);
  NRT_ASSERT_OK(
      nrt_scatter_put(ctx(), NRT_INT64, 1, addr(table), addr(more), addr(ids), shape.data(), 1, 2));
  EXPECT_EQ((std::vector<int64_t>{-5, 6}), table);
}

TEST(ScatterNonzero, ListsPositions) {
  std::vector<float> x(200003);
  std::vector<int64_t> want;
  for (size_t i = 0; i < x.size(); i += 7) {
    x[i] = i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : -1;
    want.push_back(static_cast<int64_t>(i));
  }
  std::vector<int64_t> count(1);
  const auto n = static_cast<int64_t>(x.size());
  NRT_ASSERT_OK(nrt_scatter_count(ctx(), NRT_FLOAT32, addr(count), addr(x), n));
  ASSERT_EQ(static_cast<int64_t>(want.size()), count[0]);
  std::vector<int64_t> y(want.size());
  NRT_ASSERT_OK(nrt_scatter_nonzero(ctx(), NRT_FLOAT32, addr(y), count[0], addr(x), n));
  EXPECT_EQ(want, y);
}

TEST(ScatterThreads, DoNotChangeTheBits) {
  const Size s = {7, 601, 13, 101};
  const auto ids = draw(s);
  const auto shape = desc(s);
  const auto start = uniform<float>(s.outer * s.length * s.inner, 1);
  const auto updates = uniform<float>(static_cast<int64_t>(ids.size()), 2);
  nrt_test::expect_same_bits_on_any_threads([&](nrt_ctx c) {
    auto table = start;
    auto taken = updates;
    std::vector<uint8_t> last(ids.size());
    EXPECT_EQ(NRT_OK, nrt_scatter_put(c, NRT_FLOAT32, 1, addr(table), addr(updates), addr(ids),
                                      shape.data(), 1, s.length));
    EXPECT_EQ(NRT_OK, nrt_scatter_take(c, NRT_FLOAT32, addr(taken), addr(table), addr(ids),
                                       shape.data(), 1, s.length));
    EXPECT_EQ(NRT_OK, nrt_scatter_winners(c, addr(last), addr(ids), shape.data(), 1, s.length));
    table.insert(table.end(), taken.begin(), taken.end());
    table.insert(table.end(), last.begin(), last.end());
    return table;
  });
}

TEST(ScatterEdges, EmptyLinesEndAtOnceHoweverMany) {
  const std::vector<int64_t> shape = {2, int64_t{1} << 50, 0, 1, 1};
  NRT_ASSERT_OK(nrt_scatter_take(ctx(), NRT_FLOAT32, 0, 0, 0, shape.data(), 1, 3));
  NRT_ASSERT_OK(nrt_scatter_put(ctx(), NRT_FLOAT32, 1, 0, 0, 0, shape.data(), 1, 3));
  NRT_ASSERT_OK(nrt_scatter_winners(ctx(), 0, 0, shape.data(), 1, 3));
}

TEST(ScatterErrors, WrongArgumentsAreRefusedAndNothingIsWritten) {
  const Size s = {1, 2, 1, 3};
  const auto shape = desc(s);
  std::vector<int64_t> ids = {0, 3};
  std::vector<float> table(3, 5), updates(2);
  const auto put = [&](int32_t dtype, int32_t mode, int32_t axis) {
    return nrt_scatter_put(ctx(), dtype, mode, addr(table), addr(updates), addr(ids), shape.data(),
                           axis, 3);
  };
  EXPECT_EQ(NRT_INVALID_ARGUMENT, put(NRT_FLOAT32, 0, 1));
  EXPECT_STREQ("id 3 at position 1 is outside [-3, 3)", nrt_last_error());
  EXPECT_EQ(std::vector<float>(3, 5), table);
  ids[1] = -4;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, put(NRT_FLOAT32, 0, 1));
  ids[1] = 2;
  EXPECT_EQ(NRT_INVALID_ARGUMENT, put(NRT_FLOAT32, 5, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, put(NRT_FLOAT32, 0, 3));
  EXPECT_EQ(NRT_UNSUPPORTED, put(NRT_BOOL, 1, 1));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_scatter_count(ctx(), NRT_BFLOAT16, addr(ids), addr(table), 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scatter_count(ctx(), NRT_FLOAT32, addr(ids), 0, 3));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_scatter_take(ctx(), NRT_FLOAT32, addr(table), addr(table),
                                                   addr(ids), nullptr, 0, 3));
}

}  // namespace
