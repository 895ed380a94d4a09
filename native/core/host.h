// What the host offers: cores and memory, after affinity and cgroup limits (nrt_host_cores,
// nrt_host_memory_total of core.h are implemented in host.cc).
#pragma once

#include "neurite/core.h"
