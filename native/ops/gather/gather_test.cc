#include "ops/gather/gather.h"

#include <cstring>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

std::vector<int64_t> draw_ids(int64_t count, int64_t rows) {
  std::vector<int64_t> ids(static_cast<size_t>(count));
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int64_t>(nrt_philox(1, 2, i).v[0] % static_cast<uint64_t>(rows));
  }
  return ids;
}

struct Size {
  int64_t count, rows, width;
};
const Size kSizes[] = {{0, 3, 4},    {1, 1, 1},    {5, 3, 1},     {17, 7, 0},   {31, 11, 3},
                       {100, 5, 16}, {67, 101, 50}, {500, 37, 257}, {3001, 211, 128}};

TEST(GatherForward, CopiesTheRowsOfEveryDtype) {
  const int32_t dtypes[] = {NRT_FLOAT32, NRT_FLOAT64, NRT_INT32,    NRT_INT64,
                            NRT_UINT8,   NRT_BOOL,    NRT_BFLOAT16, NRT_FLOAT16};
  const int64_t bytes[] = {4, 8, 4, 8, 1, 1, 2, 2};
  for (int d = 0; d < 8; ++d) {
    for (const Size& s : kSizes) {
      const int64_t row = s.width * bytes[d];
      std::vector<uint8_t> table(static_cast<size_t>(s.rows * row));
      for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(i * 37 + i / 251);
      std::vector<uint8_t> y(static_cast<size_t>(s.count * row) + 1, 0xAB);
      const auto ids = draw_ids(s.count, s.rows);
      NRT_ASSERT_OK(nrt_gather_fwd(ctx(), dtypes[d], addr(y), addr(table), addr(ids), s.count,
                                   s.rows, s.width));
      for (int64_t i = 0; i < s.count && row > 0; ++i) {
        ASSERT_EQ(0, memcmp(y.data() + i * row, table.data() + ids[static_cast<size_t>(i)] * row,
                            static_cast<size_t>(row)))
            << "row " << i;
      }
      ASSERT_EQ(0xAB, y.back());
    }
  }
}

TEST(GatherForward, AnIdOutsideTheTableIsNamedAndNothingIsWritten) {
  std::vector<float> table(12), y(6, 5.0f);
  for (int64_t bad : {int64_t{4}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const std::vector<int64_t> ids = {0, bad, 3};
    EXPECT_EQ(NRT_INVALID_ARGUMENT,
              nrt_gather_fwd(ctx(), NRT_FLOAT32, addr(y), addr(table), addr(ids), 3, 4, 2));
    EXPECT_EQ("id " + std::to_string(bad) + " at position 1 is outside [0, 4)",
              std::string(nrt_last_error()));
    EXPECT_EQ(std::vector<float>(6, 5.0f), y);
  }
}

TEST(GatherForward, FindsABadIdBehindManyGoodOnes) {
  std::vector<float> table(3), y(5000);
  auto ids = draw_ids(5000, 3);
  ids[4097] = 3;
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_gather_fwd(ctx(), NRT_FLOAT32, addr(y), addr(table), addr(ids), 5000, 3, 1));
  EXPECT_STREQ("id 3 at position 4097 is outside [0, 3)", nrt_last_error());
}

template <typename T>
class GatherBackward : public ::testing::Test {
 protected:
  static std::vector<T> run(std::vector<T> dtable, const std::vector<T>& dy,
                            const std::vector<int64_t>& ids, const Size& s, int64_t skip,
                            int32_t accumulate, nrt_ctx context = ctx()) {
    EXPECT_EQ(NRT_OK, nrt_gather_bwd(context, Code<T>::value, addr(dtable), addr(dy), addr(ids),
                                     s.count, s.rows, s.width, skip, accumulate))
        << nrt_last_error();
    return dtable;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GatherBackward, Types);

TYPED_TEST(GatherBackward, AddsRowsInTheOrderOfTheIds) {
  for (const Size& s : kSizes) {
    const auto ids = draw_ids(s.count, s.rows);
    const auto dy = uniform<TypeParam>(s.count * s.width, 4);
    const auto start = uniform<TypeParam>(s.rows * s.width, 5);
    for (int64_t skip : {int64_t{-1}, int64_t{0}, int64_t{2}}) {
      for (int32_t accumulate : {0, 1}) {
        std::vector<TypeParam> want = start;
        if (accumulate == 0) want.assign(want.size(), TypeParam(0));
        for (int64_t i = 0; i < s.count; ++i) {
          const int64_t row = ids[static_cast<size_t>(i)];
          for (int64_t c = 0; c < s.width && row != skip; ++c) {
            want[static_cast<size_t>(row * s.width + c)] += dy[static_cast<size_t>(i * s.width + c)];
          }
        }
        ASSERT_EQ(want, this->run(start, dy, ids, s, skip, accumulate));  // bit for bit
      }
    }
  }
}

TYPED_TEST(GatherBackward, DoesNotDependOnThreads) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), many = nrt_ctx_open(NRT_CPU, 0, "", 5);
  const Size s = {4001, 301, 515};
  const auto ids = draw_ids(s.count, s.rows);
  const auto dy = uniform<TypeParam>(s.count * s.width, 4);
  const std::vector<TypeParam> start(static_cast<size_t>(s.rows * s.width), TypeParam(3));
  EXPECT_EQ(this->run(start, dy, ids, s, -1, 0, one), this->run(start, dy, ids, s, -1, 0, many));
  nrt_ctx_close(one);
  nrt_ctx_close(many);
}

TYPED_TEST(GatherBackward, ABadIdLeavesTheTableAsItWas) {
  const std::vector<TypeParam> start(4, TypeParam(3)), dy(4);
  auto dtable = start;
  const std::vector<int64_t> ids = {0, 2};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_gather_bwd(ctx(), Code<TypeParam>::value, addr(dtable),
                                                 addr(dy), addr(ids), 2, 2, 2, -1, 0));
  EXPECT_STREQ("id 2 at position 1 is outside [0, 2)", nrt_last_error());
  EXPECT_EQ(start, dtable);
}

TEST(GatherErrors, WrongArgumentsAreRefused) {
  std::vector<float> a(4);
  const std::vector<int64_t> ids = {0, 1};
  const auto fwd = [&](int32_t dtype, nrt_ptr y, nrt_ptr table, nrt_ptr index, int64_t count,
                       int64_t rows, int64_t width) {
    return nrt_gather_fwd(ctx(), dtype, y, table, index, count, rows, width);
  };
  const nrt_ptr p = addr(a), k = addr(ids);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(99, p, p, k, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(NRT_FLOAT32, 0, p, k, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(NRT_FLOAT32, p, 0, k, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(NRT_FLOAT32, p, p, 0, 2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(NRT_FLOAT32, p, p, k, -2, 2, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, fwd(NRT_FLOAT32, p, p, k, 2, INT64_MAX / 2, 3));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_gather_bwd(ctx(), NRT_INT32, p, p, k, 2, 2, 2, -1, 0));
}

}  // namespace
