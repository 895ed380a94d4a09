#include "core/host.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "core/test_support.h"

namespace {

class Host : public ::testing::Test {
 protected:
  void SetUp() override {
    // A name of its own: ctest runs this program several times at once, one per level.
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    const std::string unique = std::to_string(std::random_device{}());
    mount_ = (std::filesystem::path(testing::TempDir()) / ("neurite-" + test + unique)).string();
  }
  void TearDown() override { std::filesystem::remove_all(mount_); }
  void put(const std::string& file, const std::string& text) {
    const std::filesystem::path path = mount_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string mount_;
};

TEST_F(Host, SeesAtLeastOneCoreAndSomeMemory) {
  EXPECT_GE(nrt_host_cores(), 1);
  EXPECT_GT(nrt_host_memory_total(), int64_t{1} << 20);
}

TEST_F(Host, VersionTwoQuotaIsRoundedUpAndTheTightestWins) {
  put("cpu.max", "max 100000\n");
  put("pod/cpu.max", "350000 100000\n");
  put("pod/box/cpu.max", "150000 100000\n");
  put("pod/memory.max", "1000000\n");
  put("pod/box/memory.max", "max\n");
  const nrt::CgroupLimits limits = nrt::cgroup_limits("0::/pod/box\n", mount_);
  EXPECT_EQ(2, limits.cores);
  EXPECT_EQ(1000000, limits.memory);
}

TEST_F(Host, AContainerSeesTheLimitsAtTheMountItself) {
  put("cpu.max", "50000 100000\n");
  put("memory.max", "2097152\n");
  const nrt::CgroupLimits limits = nrt::cgroup_limits("0::/not/visible/here\n", mount_);
  EXPECT_EQ(1, limits.cores);
  EXPECT_EQ(2097152, limits.memory);
}

TEST_F(Host, VersionOneControllersAreRead) {
  put("cpu/job/cpu.cfs_quota_us", "250000\n");
  put("cpu/job/cpu.cfs_period_us", "100000\n");
  put("cpu/cpu.cfs_quota_us", "-1\n");
  put("cpu/cpu.cfs_period_us", "100000\n");
  put("memory/job/memory.limit_in_bytes", "5000000\n");
  const nrt::CgroupLimits limits =
      nrt::cgroup_limits("5:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/x\n", mount_);
  EXPECT_EQ(3, limits.cores);
  EXPECT_EQ(5000000, limits.memory);
}

TEST_F(Host, NoLimitsAndDamagedFilesMeanNone) {
  put("cpu.max", "lots\n");
  put("memory.max", "");
  const nrt::CgroupLimits limits = nrt::cgroup_limits("0::/\nrubbish\n3:\n2::relative\n", mount_);
  EXPECT_EQ(0, limits.cores);
  EXPECT_EQ(0, limits.memory);
}

}  // namespace
