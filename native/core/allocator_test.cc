#include "core/allocator.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/test_support.h"

namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;

class Memory : public ::testing::Test {
 protected:
  void SetUp() override {
    ctx_ = nrt_ctx_open(NRT_CPU, 0, "", 1);
    ASSERT_NE(0, ctx_) << nrt_last_error();
  }
  void TearDown() override { EXPECT_EQ(NRT_OK, nrt_ctx_close(ctx_)); }
  int64_t counter(int32_t which) { return nrt_memory_counter(ctx_, which); }
  nrt_ptr take(int64_t bytes) {
    const nrt_ptr block = nrt_alloc(ctx_, bytes);
    EXPECT_NE(0, block) << nrt_last_error();
    return block;
  }
  void give(nrt_ptr block) { EXPECT_EQ(NRT_OK, nrt_free(ctx_, block)) << nrt_last_error(); }
  static char* bytes_of(nrt_ptr block) { return reinterpret_cast<char*>(block); }

  nrt_ctx ctx_ = 0;
};

TEST_F(Memory, BlocksAreAlignedAndCountedInUnitsOf512) {
  int64_t live = 0;
  std::vector<nrt_ptr> blocks;
  for (int64_t bytes : {int64_t{0}, int64_t{1}, int64_t{512}, int64_t{513}, kMegabyte - 1}) {
    blocks.push_back(take(bytes));
    EXPECT_EQ(0, blocks.back() % 64);
    live += (std::max<int64_t>(bytes, 1) + 511) / 512 * 512;
    EXPECT_EQ(live, counter(NRT_MEMORY_LIVE));
  }
  EXPECT_EQ(5, counter(NRT_MEMORY_LIVE_BLOCKS));
  for (nrt_ptr block : blocks) give(block);
  EXPECT_EQ(0, counter(NRT_MEMORY_LIVE));
  EXPECT_EQ(live, counter(NRT_MEMORY_PEAK));
  nrt_memory_reset_peak(ctx_);
  EXPECT_EQ(0, counter(NRT_MEMORY_PEAK));
}

TEST_F(Memory, BlocksNeverOverlapAndKeepTheirContents) {
  std::mt19937_64 random(1);
  std::map<nrt_ptr, std::pair<int64_t, char>> live;
  for (int step = 0; step < 6000; ++step) {
    if (live.size() < 100 || random() % 2 == 0) {
      const int64_t bytes = static_cast<int64_t>(
          random() % 8 == 0 ? random() % (3 * kMegabyte) : random() % 20000);
      const nrt_ptr block = take(bytes);
      const auto after = live.lower_bound(block);
      if (after != live.end()) {
        ASSERT_LE(block + bytes, after->first);
      }
      if (after != live.begin()) {
        const auto before = std::prev(after);
        ASSERT_LE(before->first + before->second.first, block);
      }
      const char mark = static_cast<char>(random());
      memset(bytes_of(block), mark, static_cast<size_t>(bytes));
      live[block] = {bytes, mark};
    } else {
      auto it = live.begin();
      std::advance(it, static_cast<long>(random() % live.size()));
      for (int64_t at : {int64_t{0}, it->second.first / 2, it->second.first - 1}) {
        if (at >= 0 && it->second.first > 0) {
          ASSERT_EQ(it->second.second, bytes_of(it->first)[at]);
        }
      }
      give(it->first);
      live.erase(it);
    }
    if (step % 1500 == 0) {
      ASSERT_EQ(NRT_OK, nrt_memory_trim(ctx_));
    }
  }
  EXPECT_EQ(static_cast<int64_t>(live.size()), counter(NRT_MEMORY_LIVE_BLOCKS));
  for (const auto& [block, info] : live) give(block);
  EXPECT_EQ(0, counter(NRT_MEMORY_LIVE));
  nrt_memory_trim(ctx_);
  EXPECT_EQ(0, counter(NRT_MEMORY_CACHED));
}

TEST_F(Memory, TheSameSizesAgainNeedNoSystemCall) {
  const std::vector<int64_t> sizes = {100, 4096, 70000, 3 * kMegabyte, 512, 20 * kMegabyte};
  int64_t calls = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<nrt_ptr> blocks;
    for (int64_t size : sizes) blocks.push_back(take(size));
    if (round == 0) calls = counter(NRT_MEMORY_SYSTEM_CALLS);
    ASSERT_EQ(NRT_OK, nrt_free_many(ctx_, blocks.data(), static_cast<int64_t>(blocks.size())));
  }
  EXPECT_EQ(calls, counter(NRT_MEMORY_SYSTEM_CALLS));
}

TEST_F(Memory, FreedSmallBlocksServeALargerSmallRequest) {
  std::vector<nrt_ptr> blocks;
  for (int i = 0; i < 4096; ++i) blocks.push_back(take(512));  // fills one slab exactly
  nrt_free_many(ctx_, blocks.data(), 4096);
  const int64_t calls = counter(NRT_MEMORY_SYSTEM_CALLS);
  give(take(900000));
  EXPECT_EQ(calls, counter(NRT_MEMORY_SYSTEM_CALLS));
}

TEST_F(Memory, LargeBlocksSplitARegionAndMergeAgain) {
  const nrt_ptr a = take(4 * kMegabyte), b = take(4 * kMegabyte), c = take(8 * kMegabyte);
  EXPECT_EQ(1, counter(NRT_MEMORY_SYSTEM_CALLS));
  give(a);
  give(c);
  give(b);
  EXPECT_EQ(a, take(16 * kMegabyte));
  EXPECT_EQ(1, counter(NRT_MEMORY_SYSTEM_CALLS));
  give(a);
}

TEST_F(Memory, TrimGivesBackWhatNothingLiveIsIn) {
  const nrt_ptr small = take(100), large = take(50 * kMegabyte), kept = take(30 * kMegabyte);
  memset(bytes_of(kept), 7, 30 << 20);
  give(small);
  give(large);
  EXPECT_GE(counter(NRT_MEMORY_CACHED), 50 * kMegabyte);
  ASSERT_EQ(NRT_OK, nrt_memory_trim(ctx_));
  EXPECT_EQ(0, counter(NRT_MEMORY_CACHED));
  EXPECT_EQ(7, bytes_of(kept)[(30 << 20) - 1]);
  give(kept);
}

TEST_F(Memory, TheLimitIsNamedInTheMessage) {
  ASSERT_EQ(NRT_OK, nrt_memory_set_limit(ctx_, 4 * kMegabyte));
  EXPECT_EQ(4 * kMegabyte, counter(NRT_MEMORY_LIMIT));
  const nrt_ptr a = take(3 * kMegabyte);
  EXPECT_EQ(0, nrt_alloc(ctx_, 2 * kMegabyte));
  EXPECT_STREQ("2097152 bytes requested, 3145728 in use, limit 4194304", nrt_last_error());
  const nrt_ptr b = take(kMegabyte);
  EXPECT_EQ(0, nrt_alloc(ctx_, 1));
  give(a);
  give(b);
  EXPECT_EQ(0, nrt_alloc(ctx_, INT64_MAX));
  ASSERT_EQ(NRT_OK, nrt_memory_set_limit(ctx_, 0));
  EXPECT_EQ(0, nrt_alloc(ctx_, INT64_MAX));
  EXPECT_EQ("9223372036854775807 bytes requested, 0 in use, limit none",
            std::string(nrt_last_error()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_memory_set_limit(ctx_, -1));
  EXPECT_EQ(0, nrt_alloc(ctx_, -1));
}

TEST_F(Memory, CachedRegionsMakeWayBeforeTheLimitIsPassed) {
  ASSERT_EQ(NRT_OK, nrt_memory_set_limit(ctx_, 100 * kMegabyte));
  for (int64_t megabytes : {60, 70, 80, 90}) give(take(megabytes * kMegabyte));
  EXPECT_LE(counter(NRT_MEMORY_CACHED), 100 * kMegabyte);
}

TEST_F(Memory, ARequestTheSystemCannotServeIsRefused) {
  ASSERT_EQ(NRT_OK, nrt_memory_set_limit(ctx_, 0));
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // they end the process
  EXPECT_EQ(0, nrt_alloc(ctx_, int64_t{1} << 46));
  EXPECT_NE(nullptr, strstr(nrt_last_error(), "the system has no more"));
#endif
  give(take(100));
}

TEST_F(Memory, TheDefaultLimitIsBelowTheMachines) {
  EXPECT_GT(counter(NRT_MEMORY_LIMIT), 0);
  EXPECT_LT(counter(NRT_MEMORY_LIMIT), nrt_host_memory_total());
}

TEST_F(Memory, AnAllocationFailsWhereATestAsksForIt) {
  ASSERT_EQ(NRT_OK, nrt_memory_fail_after(ctx_, 2));
  const nrt_ptr first = take(10);
  EXPECT_EQ(0, nrt_alloc(ctx_, 10));
  EXPECT_NE(nullptr, strstr(nrt_last_error(), "asked for by a test"));
  give(take(10));
  nrt_memory_fail_after(ctx_, 1);
  nrt_memory_fail_after(ctx_, 0);
  give(take(10));
  give(first);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_memory_fail_after(ctx_, -1));
}

TEST_F(Memory, DoubleFreeAndForeignPointersAreRefused) {
  const nrt_ptr small = take(100), large = take(5 * kMegabyte), other = take(100);
  give(small);
  give(large);
  int on_stack = 0;
  for (nrt_ptr wrong : {small, large, other + 512, other + 1, nrt_ptr{0}, nrt_ptr{-1}, nrt_ptr{64},
                        static_cast<nrt_ptr>(reinterpret_cast<intptr_t>(&on_stack))}) {
    EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_free(ctx_, wrong)) << wrong;
    EXPECT_NE(nullptr, strstr(nrt_last_error(), "is not live"));
  }
  EXPECT_EQ(1, counter(NRT_MEMORY_LIVE_BLOCKS));
  give(other);
}

TEST_F(Memory, AWrongBlockInAListDoesNotKeepTheOthers) {
  const std::vector<int64_t> blocks = {take(10), 12345, take(20), take(2 * kMegabyte)};
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_free_many(ctx_, blocks.data(), 4));
  EXPECT_EQ(0, counter(NRT_MEMORY_LIVE));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_free_many(ctx_, nullptr, 2));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_free_many(ctx_, blocks.data(), -1));
  EXPECT_EQ(NRT_OK, nrt_free_many(ctx_, nullptr, 0));
}

TEST_F(Memory, ManyThreadsTakeAndGiveAtOnce) {
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      std::vector<std::pair<nrt_ptr, char>> mine;
      for (int step = 0; step < 4000; ++step) {
        if (mine.size() < 20) {
          const int64_t bytes =
              static_cast<int64_t>(1 + random() % (step % 50 == 0 ? 2 * kMegabyte : 5000));
          const nrt_ptr block = nrt_alloc(ctx_, bytes);
          ASSERT_NE(0, block);
          *bytes_of(block) = static_cast<char>(step);
          mine.emplace_back(block, static_cast<char>(step));
        } else {
          const size_t at = random() % mine.size();
          ASSERT_EQ(mine[at].second, *bytes_of(mine[at].first));
          ASSERT_EQ(NRT_OK, nrt_free(ctx_, mine[at].first));
          mine.erase(mine.begin() + static_cast<long>(at));
        }
      }
      for (const auto& [block, mark] : mine) ASSERT_EQ(NRT_OK, nrt_free(ctx_, block));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(0, counter(NRT_MEMORY_LIVE_BLOCKS));
  EXPECT_EQ(0, counter(NRT_MEMORY_LIVE));
}

TEST_F(Memory, UnknownCountersAreRefused) {
  EXPECT_EQ(-1, counter(99));
  EXPECT_STREQ("unknown memory counter 99", nrt_last_error());
}

TEST(MemoryOfContexts, IsTheirOwn) {
  const nrt_ctx a = nrt_ctx_open(NRT_CPU, 0, "", 1), b = nrt_ctx_open(NRT_CPU, 0, "", 1);
  const nrt_ptr block = nrt_alloc(a, 100);
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_free(b, block));
  EXPECT_EQ(0, nrt_memory_counter(b, NRT_MEMORY_LIVE));
  EXPECT_EQ(NRT_OK, nrt_ctx_close(b));
  EXPECT_EQ(NRT_OK, nrt_ctx_close(a));  // with a live block: it goes with the context
}

}  // namespace
