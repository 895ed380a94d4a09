// parallel_for: a pool of worker threads shared by all contexts and all calling threads.
//
// A job lives on its caller's stack. Threads draw chunk numbers from it with one atomic addition;
// the caller draws too, and waits only for chunks in progress, never for a worker that has not
// started. A job offers "seats" to workers, at most its thread budget minus the caller. The number
// of open seats falls to zero when the LAST CHUNK IS TAKEN, not when the job ends: otherwise idle
// workers would fight for the lock until the slowest chunk is done. Workers look for seats for about
// 45 us after their last chunk, then sleep. No std::condition_variable: its wait() needs a newer
// libstdc++ than RHEL 9 has.
//
// The pool is never destroyed: at process exit its workers sleep or compute on, and touch nothing
// that exit tears down.
#include "core/thread_pool.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>

#if defined(__linux__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

#include "core/context.h"
#include "core/kernel.h"
#include "core/spin_lock.h"

namespace nrt {
namespace {

constexpr int kMostWorkers = 255;
constexpr auto kSpin = std::chrono::microseconds(45);

struct PerThread {
  CallState call;
  bool inside = false;  // a chunk runs on this thread: nested calls run inline
};
thread_local PerThread self;

struct Job {
  void (*fn)(void*, int64_t, int64_t);
  void* arg;
  int64_t n, grain, chunks;
  CallState call;
  int seats;            // workers that may still join; under the pool's lock
  Job* older = nullptr;  // neighbours in the pool's list
  Job* newer = nullptr;
  std::exception_ptr error;
  std::atomic<bool> failed{false};
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<int> joined{0};  // workers in this job

  void run(int64_t chunk) noexcept {
    const int64_t begin = chunk * grain;
    const int64_t end = begin + grain < n ? begin + grain : n;
    try {
      fn(arg, begin, end);
    } catch (...) {
      if (!failed.exchange(true, std::memory_order_relaxed)) error = std::current_exception();
    }
  }
};

class Pool {
 public:
  void run(Job& job, int workers, bool brief) {
    grow(workers);
    const bool wakes = sleepers_.load(std::memory_order_relaxed) > 0 && (!brief || in_a_row());
    job.seats = workers;
    {
      std::lock_guard<SpinLock> hold(lock_);
      job.older = newest_;
      (newest_ != nullptr ? newest_->newer : oldest_) = &job;
      newest_ = &job;
      open_seats_.fetch_add(workers);
    }
    if (!brief || wakes) wake(workers);
    drain(job);
    for (int pauses = 0; job.joined.load(std::memory_order_acquire) > 0; ++pauses) {
      if (pauses < 200) {
        spin_pause();
      } else {
        sched_yield();
      }
    }
  }

  int workers() const { return workers_.load(std::memory_order_relaxed); }

 private:
  void drain(Job& job) {
    const PerThread before = self;
    self = {job.call, true};
    for (;;) {
      // Ordered, so that who finds no chunk left also sees that the last one's taker has joined.
      const int64_t chunk = job.next.fetch_add(1, std::memory_order_acq_rel);
      if (chunk >= job.chunks) break;
      if (chunk == job.chunks - 1) unlink(job);
      job.run(chunk);
    }
    self = before;
  }

  void unlink(Job& job) {
    std::lock_guard<SpinLock> hold(lock_);
    (job.older != nullptr ? job.older->newer : oldest_) = job.newer;
    (job.newer != nullptr ? job.newer->older : newest_) = job.older;
    open_seats_.fetch_sub(job.seats);
    job.seats = 0;
  }

  // Takes a seat in the oldest job that has one.
  Job* join() {
    std::lock_guard<SpinLock> hold(lock_);
    for (Job* job = oldest_; job != nullptr; job = job->newer) {
      if (job->seats == 0) continue;
      --job->seats;
      open_seats_.fetch_sub(1);
      job->joined.fetch_add(1, std::memory_order_relaxed);
      return job;
    }
    return nullptr;
  }

  // Would a worker woken for the short job before this one still be awake?
  bool in_a_row() {
    const int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::steady_clock::now().time_since_epoch()).count();
    return now - last_brief_.exchange(now, std::memory_order_relaxed) < std::chrono::nanoseconds(kSpin).count();
  }

  void wake(int seats) {
    // Pairs with the sleeper's order: it announces itself, then looks at the seats once more.
    if (sleepers_.load() == 0) return;
    pthread_mutex_lock(&sleep_mutex_);
    const int asleep = sleepers_.load();
    if (seats * 2 > asleep) {
      pthread_cond_broadcast(&work_);
    } else {
      for (int i = 0; i < seats; ++i) pthread_cond_signal(&work_);
    }
    pthread_mutex_unlock(&sleep_mutex_);
  }

  void await_seats() {
    const auto until = std::chrono::steady_clock::now() + kSpin;
    do {
      for (int i = 0; i < 32; ++i) {
        if (open_seats_.load(std::memory_order_relaxed) > 0) return;
        spin_pause();
      }
    } while (std::chrono::steady_clock::now() < until);
    pthread_mutex_lock(&sleep_mutex_);
    sleepers_.fetch_add(1);
    while (open_seats_.load() == 0) pthread_cond_wait(&work_, &sleep_mutex_);
    sleepers_.fetch_sub(1);
    pthread_mutex_unlock(&sleep_mutex_);
  }

  static void* work(void* pool_address) {
    Pool& pool = *static_cast<Pool*>(pool_address);
    self.inside = true;
    for (;;) {
      pool.await_seats();
      Job* job = pool.join();
      if (job == nullptr) continue;
      pool.drain(*job);
      job->joined.fetch_sub(1, std::memory_order_release);  // the job may be gone after this
    }
    return nullptr;
  }

  void grow(int wanted) {
    if (workers_.load(std::memory_order_relaxed) >= wanted) return;
    std::lock_guard<SpinLock> hold(grow_lock_);
    keep_library_loaded();
#if !defined(_WIN32)
    // Signals of the host program (the JVM's, a terminal's) are not for workers; faults are.
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF}) {
      sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
#endif
    while (workers_.load(std::memory_order_relaxed) < wanted) {
      pthread_t thread;
      if (pthread_create(&thread, nullptr, work, this) != 0) break;  // fewer threads: slower, right
      pthread_detach(thread);
#if defined(__linux__)
      pthread_setname_np(thread, "neurite-worker");
#endif
      workers_.fetch_add(1, std::memory_order_relaxed);
    }
#if !defined(_WIN32)
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
#endif
  }

  // A class loader that goes away unloads its library; the workers' code must not go with it.
  static void keep_library_loaded() {
#if defined(__linux__) || defined(__APPLE__)
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&Pool::work), &info) != 0 && info.dli_fname != nullptr) {
      dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    }
#endif
  }

  SpinLock lock_;
  Job* oldest_ = nullptr;
  Job* newest_ = nullptr;
  alignas(64) std::atomic<int> open_seats_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<int> workers_{0};
  std::atomic<int64_t> last_brief_{0};  // when a short job last found workers asleep
  SpinLock grow_lock_;
  pthread_mutex_t sleep_mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t work_ = PTHREAD_COND_INITIALIZER;
};

Pool& pool() {
  static Pool* const shared = new Pool;  // lives until the process ends, see the top
  return *shared;
}

}  // namespace

void bind_call(const CallState& state) { self.call = state; }
const CallState& call_state() { return self.call; }

int parallel_threads() { return self.inside ? 1 : self.call.threads; }

int pool_workers() { return pool().workers(); }

namespace {

void share_out(int64_t n, int64_t grain, void (*fn)(void*, int64_t, int64_t), void* arg, bool brief) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const int64_t chunks = (n - 1) / grain + 1;
  const int64_t threads = parallel_threads();
  if (chunks == 1 || threads <= 1) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const int64_t begin = chunk * grain;
      fn(arg, begin, n - begin > grain ? begin + grain : n);
    }
    return;
  }
  Job job;
  job.fn = fn;
  job.arg = arg;
  job.n = n;
  job.grain = grain;
  job.chunks = chunks;
  job.call = self.call;
  const int64_t workers = (threads < chunks ? threads : chunks) - 1;
  pool().run(job, static_cast<int>(workers < kMostWorkers ? workers : kMostWorkers), brief);
  if (job.failed.load(std::memory_order_relaxed)) std::rethrow_exception(job.error);
}

}  // namespace

void parallel_for(int64_t n, int64_t grain, void (*fn)(void*, int64_t, int64_t), void* arg) {
  share_out(n, grain, fn, arg, false);
}

void parallel_for_short(int64_t n, int64_t grain, void (*fn)(void*, int64_t, int64_t), void* arg) {
  share_out(n, grain, fn, arg, true);
}

}  // namespace nrt
