#include "core/host.h"

#include <thread>
#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#endif

extern "C" int32_t nrt_host_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n > 0 ? static_cast<int32_t>(n) : 1;
}

extern "C" int64_t nrt_host_memory_total(void) {
#if defined(__linux__)
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#else
  return 0;
#endif
}
