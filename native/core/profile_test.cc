#include "core/profile.h"

#include <gtest/gtest.h>

#include <string>

#include "core/status.h"
#include "neurite/core.h"

namespace {

nrt_status nrt_inner() {
  return nrt::guard([] {});
}

nrt_status nrt_outer() {
  return nrt::guard([] { nrt_inner(); });
}

int calls(const std::string& name) {
  const std::string text = nrt_profile_text();
  const size_t at = text.find(name + ' ');
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + name.size() + 1));
}

TEST(Profile, CountsNothingWhileOff) {
  nrt_profile(1);
  nrt_profile(0);
  nrt_inner();
  EXPECT_STREQ("", nrt_profile_text());
}

TEST(Profile, NamesTheExportedFunctionAndKeepsItsRowsWhenSwitchedOff) {
  nrt_profile(1);
  nrt_inner();
  nrt_inner();
  nrt_profile(0);
  nrt_inner();
  EXPECT_EQ(2, calls("nrt_inner"));
}

TEST(Profile, CallsInsideCallsCountForTheOuterOne) {
  nrt_profile(1);
  nrt_outer();
  nrt_profile(0);
  EXPECT_EQ(1, calls("nrt_outer"));
  EXPECT_EQ(0, calls("nrt_inner"));
}

TEST(Profile, StartsAfreshEachTime) {
  nrt_profile(1);
  nrt_inner();
  nrt_profile(1);
  nrt_profile(0);
  EXPECT_STREQ("", nrt_profile_text());
}

TEST(Profile, FailedCallsCountToo) {
  nrt_profile(1);
  EXPECT_NE(NRT_OK, nrt_free(0, 1));
  nrt_profile(0);
  EXPECT_EQ(1, calls("nrt_free"));
}

}  // namespace
