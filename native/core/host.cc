#include "core/host.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace nrt {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Both numbers of "quota period", or the first alone; "max" and anything else stop the reading.
std::vector<int64_t> numbers_of(const std::string& path) {
  std::istringstream in(text_of(path));
  std::vector<int64_t> numbers;
  for (int64_t value; in >> value;) numbers.push_back(value);
  return numbers;
}

void tighten(int64_t& limit, int64_t value) {
  if (value > 0 && (limit == 0 || value < limit)) limit = value;
}

void tighten_cores(CgroupLimits& limits, int64_t quota, int64_t period) {
  if (quota > 0 && period > 0) tighten(limits.cores, (quota + period - 1) / period);
}

// A group's folder and all above it, down to the mount itself. Inside a container the path is often
// one of the host, which does not exist here: then only the mount's own files answer.
std::vector<std::string> folders(const std::string& mount, std::string path) {
  std::vector<std::string> all;
  while (path.size() > 1 && path[0] == '/') {
    all.push_back(mount + path);
    path.erase(path.find_last_of('/'));
  }
  all.push_back(mount);
  return all;
}

void read_version_2(CgroupLimits& limits, const std::string& mount, const std::string& path) {
  for (const std::string& folder : folders(mount, path)) {
    const std::vector<int64_t> cpu = numbers_of(folder + "/cpu.max");
    if (cpu.size() == 2) tighten_cores(limits, cpu[0], cpu[1]);
    const std::vector<int64_t> memory = numbers_of(folder + "/memory.max");
    if (!memory.empty()) tighten(limits.memory, memory[0]);
  }
}

void read_version_1(CgroupLimits& limits, const std::string& mount, const std::string& controllers,
                    const std::string& path) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');) {
    for (const std::string& folder : folders(mount + "/" + name, path)) {
      if (name == "cpu") {
        const std::vector<int64_t> quota = numbers_of(folder + "/cpu.cfs_quota_us");
        const std::vector<int64_t> period = numbers_of(folder + "/cpu.cfs_period_us");
        if (!quota.empty() && !period.empty()) tighten_cores(limits, quota[0], period[0]);
      } else if (name == "memory") {
        const std::vector<int64_t> memory = numbers_of(folder + "/memory.limit_in_bytes");
        if (!memory.empty()) tighten(limits.memory, memory[0]);
      }
    }
  }
}

#if defined(__linux__)
CgroupLimits own_limits() {
  return cgroup_limits(text_of("/proc/self/cgroup"), "/sys/fs/cgroup");
}
#else
CgroupLimits own_limits() { return {}; }
#endif

int64_t machine_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n > 0 ? static_cast<int64_t>(n) : 1;
}

int64_t machine_memory() {
#if defined(__linux__)
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#elif defined(__APPLE__)
  int64_t bytes = 0;
  size_t size = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
#elif defined(_WIN32)
  MEMORYSTATUSEX status;
  status.dwLength = sizeof status;
  return GlobalMemoryStatusEx(&status) ? static_cast<int64_t>(status.ullTotalPhys) : 0;
#else
  return 0;
#endif
}

}  // namespace

CgroupLimits cgroup_limits(const std::string& membership, const std::string& mount) {
  CgroupLimits limits;
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {  // "number:controllers:path"
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      read_version_2(limits, mount, path);
    } else {
      read_version_1(limits, mount, controllers, path);
    }
  }
  return limits;
}

}  // namespace nrt

extern "C" int32_t nrt_host_cores(void) {
  int64_t cores = nrt::machine_cores();
  nrt::tighten(cores, nrt::own_limits().cores);
  return static_cast<int32_t>(cores > 1 ? cores : 1);
}

extern "C" int64_t nrt_host_memory_total(void) {
  int64_t bytes = nrt::machine_memory();
  nrt::tighten(bytes, nrt::own_limits().memory);
  return bytes;
}
