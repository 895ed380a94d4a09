// What the host offers: cores and memory, after affinity and cgroup limits (nrt_host_cores,
// nrt_host_memory_total of core.h are implemented in host.cc).
#pragma once

#include <string>

#include "neurite/core.h"

namespace nrt {

struct CgroupLimits {
  int64_t cores = 0;   // CPU quota rounded up; 0: none
  int64_t memory = 0;  // bytes; 0: none
};

// The tightest limits on the way from this process' control groups up to the root, versions 1 and
// 2. membership: text of /proc/self/cgroup; mount: where the cgroup file systems are.
CgroupLimits cgroup_limits(const std::string& membership, const std::string& mount);

}  // namespace nrt
