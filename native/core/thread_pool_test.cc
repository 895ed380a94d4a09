#include "core/thread_pool.h"

#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/context.h"
#include "core/kernel.h"
#include "core/test_support.h"

namespace {

using Body = std::function<void(int64_t begin, int64_t end)>;

void run(int64_t n, int64_t grain, const Body& body) {
  nrt::parallel_for(
      n, grain,
      [](void* arg, int64_t begin, int64_t end) { (*static_cast<const Body*>(arg))(begin, end); },
      const_cast<Body*>(&body));
}

void run_short(int64_t n, int64_t grain, const Body& body) {
  nrt::parallel_for_short(
      n, grain,
      [](void* arg, int64_t begin, int64_t end) { (*static_cast<const Body*>(arg))(begin, end); },
      const_cast<Body*>(&body));
}

void let_workers_doze_off() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

class ThreadPool : public ::testing::Test {
 protected:
  void SetUp() override { nrt::bind_threads(4); }
  void TearDown() override { nrt::bind_threads(1); }
};

TEST_F(ThreadPool, EveryIndexIsVisitedExactlyOnce) {
  for (int64_t n : {0, 1, 2, 7, 64, 1000, 4099}) {
    for (int64_t grain : {-1, 1, 2, 13, 1000, 100000}) {
      std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
      run(n, grain, [&](int64_t begin, int64_t end) {
        ASSERT_LT(begin, end);
        for (int64_t i = begin; i < end; ++i) visits[static_cast<size_t>(i)]++;
      });
      for (auto& count : visits) ASSERT_EQ(1, count.load()) << n << " " << grain;
    }
  }
}

TEST_F(ThreadPool, ChunksDependOnSizeAndGrainOnly) {
  const auto chunks = [](int32_t threads) {
    nrt::bind_threads(threads);
    std::mutex mutex;
    std::set<std::pair<int64_t, int64_t>> seen;
    run(1003, 10, [&](int64_t begin, int64_t end) {
      std::lock_guard<std::mutex> hold(mutex);
      seen.insert({begin, end});
    });
    return seen;
  };
  const auto one = chunks(1);
  EXPECT_EQ(101u, one.size());
  EXPECT_EQ(1u, one.count({1000, 1003}));
  EXPECT_EQ(one, chunks(2));
  EXPECT_EQ(one, chunks(7));
}

TEST_F(ThreadPool, OtherThreadsTakePart) {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> inside{0};
  run(4, 1, [&](int64_t, int64_t) {  // no chunk ends before two run
    inside++;
    while (inside.load() < 2) std::this_thread::yield();
    std::lock_guard<std::mutex> hold(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_GE(ids.size(), 2u);
  EXPECT_GE(nrt::pool_workers(), 1);
}

TEST_F(ThreadPool, SleepingWorkersWakeUp) {
  for (int round = 0; round < 3; ++round) {
    std::mutex mutex;
    std::unique_lock<std::mutex> hold(mutex);
    std::thread watch([&] { std::lock_guard<std::mutex> until(mutex); });
    let_workers_doze_off();
    hold.unlock();
    watch.join();
    std::atomic<int> inside{0};
    run(2, 1, [&](int64_t, int64_t) {
      inside++;
      while (inside.load() < 2) std::this_thread::yield();
    });
    EXPECT_EQ(2, inside.load());
  }
}

TEST_F(ThreadPool, ShortWorkIsDoneByWhoeverIsAwake) {
  for (int round = 0; round < 2000; ++round) {
    if (round % 500 == 0) let_workers_doze_off();
    std::atomic<int64_t> sum{0};
    run_short(100, 7, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sum += i;
    });
    ASSERT_EQ(99 * 50, sum.load());
  }
  EXPECT_THROW(run_short(9, 1, [](int64_t, int64_t) { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST_F(ThreadPool, ShortWorkInARowWakesWorkers) {
  let_workers_doze_off();
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> helped{false};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!helped.load() && std::chrono::steady_clock::now() < end) {
    run_short(64, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() != caller) helped = true;
    });
  }
  EXPECT_TRUE(helped.load());
}

TEST_F(ThreadPool, NeverUsesMoreThreadsThanTheBudget) {
  nrt::bind_threads(8);
  run(64, 1, [](int64_t, int64_t) {});  // the pool now has more workers than the next call may use
  nrt::bind_threads(2);
  EXPECT_EQ(2, nrt::parallel_threads());
  std::mutex mutex;
  std::set<std::thread::id> ids;
  run(2000, 1, [&](int64_t, int64_t) {
    std::lock_guard<std::mutex> hold(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_LE(ids.size(), 2u);
}

TEST_F(ThreadPool, ABudgetOfOneStaysOnTheCaller) {
  nrt::bind_threads(1);
  const auto caller = std::this_thread::get_id();
  run(100, 1, [&](int64_t, int64_t) { ASSERT_EQ(caller, std::this_thread::get_id()); });
}

TEST_F(ThreadPool, NestedCallsRunInline) {
  std::atomic<int64_t> sum{0};
  run(50, 1, [&](int64_t, int64_t) {
    ASSERT_EQ(1, nrt::parallel_threads());
    const auto outer = std::this_thread::get_id();
    run(40, 3, [&](int64_t begin, int64_t end) {
      ASSERT_EQ(outer, std::this_thread::get_id());
      sum += end - begin;
    });
  });
  EXPECT_EQ(50 * 40, sum.load());
  EXPECT_EQ(4, nrt::parallel_threads());
}

TEST_F(ThreadPool, EightThreadsMayCallAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int t = 0; t < 8; ++t) {
    callers.emplace_back([&, t] {
      nrt::bind_threads(1 + t % 4);
      for (int round = 0; round < 300; ++round) {
        std::atomic<int64_t> sum{0};
        run(97, 5, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) sum += i;
        });
        ASSERT_EQ(97 * 96 / 2, sum.load());
        total += sum;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(int64_t{8} * 300 * (97 * 96 / 2), total.load());
}

TEST_F(ThreadPool, AnExceptionOfAChunkReachesTheCaller) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> chunks{0};
    try {
      run(100, 1, [&](int64_t begin, int64_t) {
        chunks++;
        if (begin == 37) throw std::runtime_error("chunk 37");
      });
      FAIL() << "no exception";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ("chunk 37", e.what());
    }
    EXPECT_EQ(100, chunks.load());  // the others have all run: nothing is left behind in the pool
    EXPECT_EQ(4, nrt::parallel_threads());
  }
}

TEST_F(ThreadPool, AnExceptionOfAWorkerBecomesAStatus) {
  const nrt_status status = nrt::guard([&] {
    run(64, 1, [](int64_t, int64_t) { nrt::invalid("from a chunk"); });
  });
  EXPECT_EQ(NRT_INVALID_ARGUMENT, status);
  EXPECT_STREQ("from a chunk", nrt_last_error());
}

int64_t address(const void* p) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(p)); }

TEST(Scratch, IsAlignedAndDoesNotOverlap) {
  const int64_t mark = nrt::scratch_mark();
  std::vector<std::pair<char*, size_t>> pieces;
  for (int i = 0; i < 200; ++i) {
    const size_t bytes = static_cast<size_t>(i * i * 7 % 50000);
    char* piece = static_cast<char*>(nrt::scratch_alloc(static_cast<int64_t>(bytes)));
    ASSERT_EQ(0, address(piece) % 64);
    memset(piece, i, bytes);
    pieces.emplace_back(piece, bytes);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (size_t at = 0; at < pieces[i].second; ++at) {
      ASSERT_EQ(static_cast<char>(i), pieces[i].first[at]);
    }
  }
  nrt::scratch_release(mark);
}

TEST(Scratch, StaysValidWhileTheArenaGrows) {
  const int64_t outer = nrt::scratch_mark();
  int64_t* first = static_cast<int64_t*>(nrt::scratch_alloc(800));
  for (int i = 0; i < 100; ++i) first[i] = i;
  for (int64_t bytes = 1000; bytes < (int64_t{64} << 20); bytes *= 3) {
    const int64_t inner = nrt::scratch_mark();
    memset(nrt::scratch_alloc(bytes), 1, static_cast<size_t>(bytes));
    nrt::scratch_release(inner);
  }
  for (int i = 0; i < 100; ++i) ASSERT_EQ(i, first[i]);
  nrt::scratch_release(outer);
}

TEST(Scratch, IsReusedAfterItsFirstRound) {
  void* last = nullptr;
  for (int round = 0; round < 4; ++round) {
    const int64_t mark = nrt::scratch_mark();
    ASSERT_EQ(0, mark);
    nrt::scratch_alloc(100000);
    const int64_t inner = nrt::scratch_mark();
    void* big = nrt::scratch_alloc(5 << 20);
    nrt::scratch_release(inner);
    EXPECT_EQ(big, nrt::scratch_alloc(5 << 20));
    if (round > 1) {
      EXPECT_EQ(last, big);
    }
    last = big;
    nrt::scratch_release(mark);
  }
  nrt::scratch_trim();
}

TEST(Scratch, ImpossibleSizesThrow) {
  EXPECT_THROW(nrt::scratch_alloc(-1), std::bad_alloc);
  EXPECT_THROW(nrt::scratch_alloc(INT64_MAX), std::bad_alloc);
  EXPECT_EQ(NRT_OUT_OF_MEMORY, nrt::guard([] { nrt::scratch_alloc(INT64_MAX); }));
}

TEST(Scratch, EveryThreadHasItsOwn) {
  nrt::bind_threads(4);
  run(200, 1, [](int64_t begin, int64_t) {
    const int64_t mark = nrt::scratch_mark();
    char* mine = static_cast<char*>(nrt::scratch_alloc(3000));
    memset(mine, static_cast<int>(begin), 3000);
    for (int i = 0; i < 3000; ++i) ASSERT_EQ(static_cast<char>(begin), mine[i]);
    nrt::scratch_release(mark);
  });
  nrt::bind_threads(1);
}

}  // namespace
