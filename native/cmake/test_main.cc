// main of every native test program: refuses to "pass" on a level this CPU lacks.
#include <gtest/gtest.h>

#include <cstdio>

#include "neurite/core.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const nrt_ctx probe = nrt_ctx_open(NRT_CPU, 0, "", 1);
  if (probe == 0) {
    std::printf("SKIPPED: %s\n", nrt_last_error());
    return 77;
  }
  std::printf("ISA level %s\n", nrt_ctx_isa(probe));
  nrt_ctx_close(probe);
  return RUN_ALL_TESTS();
}
