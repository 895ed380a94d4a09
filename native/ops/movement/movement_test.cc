#include "ops/movement/movement.h"

#include <cstring>
#include <limits>
#include <string>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::uniform;

struct Case {
  std::vector<int64_t> shape, dst, src;
  std::vector<int64_t> desc() const {
    std::vector<int64_t> d{static_cast<int64_t>(shape.size())};
    for (const auto* part : {&shape, &dst, &src}) d.insert(d.end(), part->begin(), part->end());
    return d;
  }
  int64_t size() const {
    int64_t n = 1;
    for (int64_t s : shape) n *= s;
    return n;
  }
  // Offsets of element i (logical order) in dst and src.
  void offsets(int64_t i, int64_t* to, int64_t* from) const {
    *to = *from = 0;
    for (size_t d = shape.size(); d-- > 0;) {
      *to += i % shape[d] * dst[d];
      *from += i % shape[d] * src[d];
      i /= shape[d];
    }
  }
  // First element's position so that negative strides stay inside, and the buffer's length.
  static int64_t lowest(const std::vector<int64_t>& shape, const std::vector<int64_t>& stride) {
    int64_t low = 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (stride[d] < 0) low -= stride[d] * (shape[d] - 1);
    }
    return low;
  }
  static int64_t length(const std::vector<int64_t>& shape, const std::vector<int64_t>& stride) {
    int64_t n = 1;
    for (size_t d = 0; d < shape.size(); ++d) {
      n += (stride[d] < 0 ? -stride[d] : stride[d]) * (shape[d] - 1);
    }
    return n;
  }
};

std::vector<Case> cases() {
  return {
      {{}, {}, {}},
      {{7}, {1}, {1}},
      {{65}, {1}, {-1}},
      {{1000}, {3}, {2}},
      {{100003}, {1}, {1}},
      {{5, 7}, {7, 1}, {1, 5}},                           // transposed
      {{130, 257}, {257, 1}, {1, 130}},                   // transposed over several tiles
      {{130, 257}, {257, 1}, {-1, 130}},                  // and flipped
      {{64, 100}, {1, 64}, {100, 1}},                     // destination transposed
      {{3, 40, 50}, {2000, 1, 40}, {2000, 50, 1}},
      {{3, 40, 50}, {2000, 50, 1}, {1, 150, 3}},
      {{9, 11}, {11, 1}, {0, 1}},                         // rows broadcast
      {{9, 11}, {11, 1}, {1, 0}},                         // columns broadcast
      {{4, 5, 6}, {100, 20, 1}, {30, 6, 1}},              // into a larger tensor
      {{4, 1, 6}, {6, 77, 1}, {6, 5, 1}},
      {{2, 3, 4, 5}, {60, 20, 5, 1}, {1, 2, 6, 24}},
      {{2, 3, 4, 5}, {60, 20, 5, 1}, {-60, 20, -5, 1}},
      {{300, 1, 70}, {70, 70, 1}, {1, 9, 300}},
      {{70, 300, 3}, {900, 3, 1}, {3, 210, 1}},
  };
}

template <typename E>
void copies_like_the_naive_loop() {
  for (const Case& c : cases()) {
    const int64_t dst_low = Case::lowest(c.shape, c.dst), src_low = Case::lowest(c.shape, c.src);
    std::vector<E> src(static_cast<size_t>(Case::length(c.shape, c.src)));
    for (size_t i = 0; i < src.size(); ++i) src[i] = static_cast<E>(i * 7 + 3);
    std::vector<E> got(static_cast<size_t>(Case::length(c.shape, c.dst)), static_cast<E>(1));
    std::vector<E> want = got;
    for (int64_t i = 0; i < c.size(); ++i) {
      int64_t to, from;
      c.offsets(i, &to, &from);
      want[static_cast<size_t>(dst_low + to)] = src[static_cast<size_t>(src_low + from)];
    }
    const auto desc = c.desc();
    NRT_ASSERT_OK(nrt_movement_copy(ctx(), sizeof(E), addr(got) + dst_low * int64_t{sizeof(E)},
                                    addr(src) + src_low * int64_t{sizeof(E)}, desc.data()));
    ASSERT_EQ(want, got) << "rank " << c.shape.size() << ", element of " << sizeof(E) << " bytes";
  }
}

TEST(MovementTest, CopiesEveryLayoutForEveryElementSize) {
  copies_like_the_naive_loop<uint8_t>();
  copies_like_the_naive_loop<uint16_t>();
  copies_like_the_naive_loop<uint32_t>();
  copies_like_the_naive_loop<uint64_t>();
}

template <typename T>
void adds_like_the_naive_loop() {
  for (const Case& c : cases()) {
    const int64_t dst_low = Case::lowest(c.shape, c.dst), src_low = Case::lowest(c.shape, c.src);
    const auto src = uniform<T>(Case::length(c.shape, c.src), 1);
    auto got = uniform<T>(Case::length(c.shape, c.dst), 2);
    auto want = got;
    for (int64_t i = 0; i < c.size(); ++i) {
      int64_t to, from;
      c.offsets(i, &to, &from);
      want[static_cast<size_t>(dst_low + to)] += src[static_cast<size_t>(src_low + from)];
    }
    const auto desc = c.desc();
    NRT_ASSERT_OK(nrt_movement_add(ctx(), Code<T>::value, addr(got) + dst_low * int64_t{sizeof(T)},
                                   addr(src) + src_low * int64_t{sizeof(T)}, desc.data()));
    ASSERT_EQ(want, got);
  }
}

TEST(MovementTest, AddsInEveryLayout) {
  adds_like_the_naive_loop<float>();
  adds_like_the_naive_loop<double>();
}

TEST(MovementTest, CopyOfAnEmptyShapeTouchesNothing) {
  const std::vector<int64_t> desc{2, 0, 5, 5, 1, 5, 1};
  NRT_ASSERT_OK(nrt_movement_copy(ctx(), 4, 0, 0, desc.data()));
}

TEST(MovementTest, ThreadCountDoesNotChangeTheResult) {
  const nrt_ctx one = nrt_ctx_open(NRT_CPU, 0, "", 1), two = nrt_ctx_open(NRT_CPU, 0, "", 2);
  const std::vector<int64_t> desc{2, 700, 900, 900, 1, 1, 700};
  const auto src = uniform<float>(630000, 5);
  auto a = uniform<float>(630000, 6), b = a;
  NRT_ASSERT_OK(nrt_movement_add(one, NRT_FLOAT32, addr(a), addr(src), desc.data()));
  NRT_ASSERT_OK(nrt_movement_add(two, NRT_FLOAT32, addr(b), addr(src), desc.data()));
  EXPECT_EQ(a, b);
  nrt_ctx_close(one);
  nrt_ctx_close(two);
}

template <typename D, typename S>
std::vector<D> cast(int32_t to, int32_t from, const std::vector<S>& x) {
  std::vector<D> y(x.size());
  EXPECT_EQ(NRT_OK, nrt_movement_cast(ctx(), to, from, addr(y), addr(x),
                                      static_cast<int64_t>(x.size())));
  return y;
}

TEST(MovementTest, CastOfFloatsToIntegersTruncatesSaturatesAndMapsNanToZero) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const std::vector<float> x{1.9f, -1.9f, 3e9f, -3e9f, inf, -inf, nan, 300.0f, -0.5f};
  EXPECT_EQ((std::vector<int32_t>{1, -1, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0, 300, 0}),
            (cast<int32_t>(NRT_INT32, NRT_FLOAT32, x)));
  EXPECT_EQ((std::vector<int64_t>{1, -1, 3000000000, -3000000000, INT64_MAX, INT64_MIN, 0, 300, 0}),
            (cast<int64_t>(NRT_INT64, NRT_FLOAT32, x)));
  EXPECT_EQ((std::vector<uint8_t>{1, 0, 255, 0, 255, 0, 0, 255, 0}),
            (cast<uint8_t>(NRT_UINT8, NRT_FLOAT32, x)));
  EXPECT_EQ((std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 1, 1, 1}),
            (cast<uint8_t>(NRT_BOOL, NRT_FLOAT32, x)));
  const std::vector<double> d{1e300, -1e300, 2147483647.9, -2147483648.9, 0};
  EXPECT_EQ((std::vector<int32_t>{INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0}),
            (cast<int32_t>(NRT_INT32, NRT_FLOAT64, d)));
}

TEST(MovementTest, CastBetweenIntegersAndFloatsKeepsValues) {
  std::vector<int64_t> x;
  for (int64_t i = -500; i < 503; ++i) x.push_back(i);
  const auto f = cast<float>(NRT_FLOAT32, NRT_INT64, x);
  const auto d = cast<double>(NRT_FLOAT64, NRT_FLOAT32, f);
  const auto i = cast<int32_t>(NRT_INT32, NRT_FLOAT64, d);
  EXPECT_EQ(x, (cast<int64_t>(NRT_INT64, NRT_INT32, i)));
}

TEST(MovementTest, CastToBfloat16RoundsHalfToEvenAndKeepsSpecialValues) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x{1.0f, 1.00390625f, 1.01171875f, -2.5f, inf, -inf, 3.4e38f, 0.0f};
  const auto h = cast<uint16_t>(NRT_BFLOAT16, NRT_FLOAT32, x);
  const std::vector<uint16_t> want{0x3f80, 0x3f80, 0x3f82, 0xc020, 0x7f80, 0xff80, 0x7f80, 0};
  EXPECT_EQ(want, h);
  const auto nan = cast<uint16_t>(NRT_BFLOAT16, NRT_FLOAT32, std::vector<float>{std::nanf("")});
  EXPECT_TRUE(std::isnan(cast<float>(NRT_FLOAT32, NRT_BFLOAT16, nan)[0]));
}

TEST(MovementTest, EveryFloat16SurvivesTheWayThroughFloat32) {
  std::vector<uint16_t> all;
  for (uint32_t h = 0; h < 0x10000; ++h) {
    if ((h & 0x7fff) <= 0x7c00) all.push_back(static_cast<uint16_t>(h));
  }
  const auto f = cast<float>(NRT_FLOAT32, NRT_FLOAT16, all);
  EXPECT_EQ(all, (cast<uint16_t>(NRT_FLOAT16, NRT_FLOAT32, f)));
  EXPECT_EQ(0x1p-24f, f[1]);
  EXPECT_EQ(65504.0f, f[0x7bff]);
}

TEST(MovementTest, CastToFloat16RoundsHalfToEvenAndOverflowsToInfinity) {
  const std::vector<float> x{1.0f, 1.00048828125f, 1.00146484375f, 65519.0f, 65520.0f,
                             -1e9f, 0x1p-25f, 0x1.8p-24f, 6e-8f};
  const std::vector<uint16_t> want{0x3c00, 0x3c00, 0x3c02, 0x7bff, 0x7c00, 0xfc00, 0, 2, 1};
  EXPECT_EQ(want, (cast<uint16_t>(NRT_FLOAT16, NRT_FLOAT32, x)));
}

TEST(MovementTest, HalfFormatsCastToEveryOtherType) {
  const std::vector<double> x{0, 1, -2, 3.5};
  const auto h = cast<uint16_t>(NRT_FLOAT16, NRT_FLOAT64, x);
  const auto b = cast<uint16_t>(NRT_BFLOAT16, NRT_FLOAT16, h);
  EXPECT_EQ(x, (cast<double>(NRT_FLOAT64, NRT_BFLOAT16, b)));
  EXPECT_EQ((std::vector<int32_t>{0, 1, -2, 3}), (cast<int32_t>(NRT_INT32, NRT_FLOAT16, h)));
  EXPECT_EQ((std::vector<uint8_t>{0, 1, 1, 1}), (cast<uint8_t>(NRT_BOOL, NRT_BFLOAT16, b)));
}

TEST(MovementTest, FillConvertsTheValueAsACastDoes) {
  for (int64_t n : {0, 1, 7, 63, 64, 65, 1000, 100003}) {
    std::vector<float> f(static_cast<size_t>(n));
    NRT_ASSERT_OK(nrt_movement_fill(ctx(), NRT_FLOAT32, addr(f), n, 0.1));
    EXPECT_EQ(std::vector<float>(f.size(), 0.1f), f);
    std::vector<int64_t> i(static_cast<size_t>(n));
    NRT_ASSERT_OK(nrt_movement_fill(ctx(), NRT_INT64, addr(i), n, -7.9));
    EXPECT_EQ(std::vector<int64_t>(i.size(), -7), i);
    std::vector<uint8_t> b(static_cast<size_t>(n));
    NRT_ASSERT_OK(nrt_movement_fill(ctx(), NRT_BOOL, addr(b), n, 0.5));
    EXPECT_EQ(std::vector<uint8_t>(b.size(), 1), b);
  }
}

TEST(MovementTest, RangeCountsFromStartInSteps) {
  std::vector<double> d(5);
  NRT_ASSERT_OK(nrt_movement_range(ctx(), NRT_FLOAT64, addr(d), 5, 1, -0.25));
  EXPECT_EQ((std::vector<double>{1, 0.75, 0.5, 0.25, 0}), d);
  std::vector<int32_t> i(4);
  NRT_ASSERT_OK(nrt_movement_range(ctx(), NRT_INT32, addr(i), 4, -3, 2));
  EXPECT_EQ((std::vector<int32_t>{-3, -1, 1, 3}), i);
}

TEST(MovementTest, OneHotMarksTheLabelOfEachRow) {
  const std::vector<int64_t> ids{2, 0, 1};
  std::vector<float> y(9, -1);
  NRT_ASSERT_OK(nrt_movement_one_hot(ctx(), NRT_FLOAT32, addr(y), addr(ids), 3, 3, 1, 0));
  EXPECT_EQ((std::vector<float>{0, 0, 1, 1, 0, 0, 0, 1, 0}), y);
}

TEST(MovementTest, OneHotNamesALabelOutOfRange) {
  const std::vector<int64_t> ids{2, 0, 5};
  std::vector<float> y(9, -1);
  EXPECT_EQ(NRT_INVALID_ARGUMENT,
            nrt_movement_one_hot(ctx(), NRT_FLOAT32, addr(y), addr(ids), 3, 3, 1, 0));
  EXPECT_STREQ("label 5 at row 2 is outside [0, 3)", nrt_last_error());
  EXPECT_EQ(std::vector<float>(9, -1), y);
}

TEST(MovementTest, WrongArgumentsAreRefusedByName) {
  std::vector<float> x(4);
  const std::vector<int64_t> desc{1, 4, 1, 1}, negative{1, -4, 1, 1}, deep{17};
  const std::vector<int64_t> huge{2, INT64_MAX, 4, 1, 1, 1, 1}, far{1, 4, 1, INT64_MAX};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_copy(ctx(), 3, addr(x), addr(x), desc.data()));
  EXPECT_STREQ("movement_copy: element_bytes must be 1, 2, 4 or 8, given 3", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_copy(ctx(), 4, 0, addr(x), desc.data()));
  EXPECT_STREQ("movement_copy: dst is null", nrt_last_error());
  for (const auto* bad : {&negative, &deep, &huge, &far}) {
    EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_copy(ctx(), 4, addr(x), addr(x), bad->data()));
  }
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_copy(ctx(), 4, addr(x), addr(x), nullptr));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_movement_add(ctx(), NRT_INT32, addr(x), addr(x), desc.data()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_cast(ctx(), 9, 0, addr(x), addr(x), 4));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_fill(ctx(), NRT_FLOAT32, addr(x), -1, 0));
  EXPECT_EQ(NRT_UNSUPPORTED, nrt_movement_range(ctx(), NRT_BOOL, addr(x), 4, 0, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_movement_fill(0, NRT_FLOAT32, addr(x), 4, 0));
}

}  // namespace
