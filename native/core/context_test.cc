#include "core/context.h"

#include <stdlib.h>

#include <cstring>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/arguments.h"
#include "core/philox.h"
#include "core/status.h"
#include "core/test_support.h"

namespace {

// Salmon et al., known answers of Random123 for philox4x32-10.
TEST(Philox, GivesTheKnownAnswers) {
  const nrt_philox_block zeros = nrt_philox(0, 0, 0);
  EXPECT_EQ(0x6627e8d5u, zeros.v[0]);
  EXPECT_EQ(0xe169c58du, zeros.v[1]);
  EXPECT_EQ(0xbc57ac4cu, zeros.v[2]);
  EXPECT_EQ(0x9b00dbd8u, zeros.v[3]);
  const nrt_philox_block ones = nrt_philox(~0ull, ~0ull, ~0ull);
  EXPECT_EQ(0x408f276du, ones.v[0]);
  EXPECT_EQ(0x41c83b0eu, ones.v[1]);
  EXPECT_EQ(0xa20bc7c6u, ones.v[2]);
  EXPECT_EQ(0x6d5451fdu, ones.v[3]);
  // Counter and key from the digits of pi; the counter's words are offset, then stream.
  const nrt_philox_block pi =
      nrt_philox(0x299f31d0a4093822ull, 0x0370734413198a2eull, 0x85a308d3243f6a88ull);
  EXPECT_EQ(0xd16cfe09u, pi.v[0]);
  EXPECT_EQ(0x94fdccebu, pi.v[1]);
  EXPECT_EQ(0x5001e420u, pi.v[2]);
  EXPECT_EQ(0x24126ea1u, pi.v[3]);
}

TEST(Philox, UniformsStayBelowOne) {
  EXPECT_EQ(0.0f, nrt_uniform_f32(0));
  EXPECT_LT(nrt_uniform_f32(~0u), 1.0f);
  EXPECT_EQ(0.0, nrt_uniform_f64(0, 0));
  EXPECT_LT(nrt_uniform_f64(~0u, ~0u), 1.0);
}

std::vector<std::string> levels() {
  std::vector<std::string> all;
  std::istringstream text(nrt_isa_levels());
  for (std::string level; std::getline(text, level, ',');) all.push_back(level);
  return all;
}

// The suite runs under NEURITE_ISA; these tests are about the variable itself.
class IsaLevel : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* value = getenv("NEURITE_ISA");
    before_ = value != nullptr ? value : "";
  }
  void TearDown() override { set(before_); }
  static void set(const std::string& value) {
#if defined(_WIN32)
    _putenv_s("NEURITE_ISA", value.c_str());
#else
    setenv("NEURITE_ISA", value.c_str(), 1);
#endif
  }
  static std::string opened(const char* isa) {
    const nrt_ctx ctx = nrt_ctx_open(NRT_CPU, 0, isa, 1);
    if (ctx == 0) return std::string("refused: ") + nrt_last_error();
    const std::string name = nrt_ctx_isa(ctx);
    nrt_ctx_close(ctx);
    return name;
  }

 private:
  std::string before_;
};

TEST_F(IsaLevel, BaseIsAlwaysThereAndTheBestIsTheDefault) {
  set("");
  ASSERT_FALSE(levels().empty());
  EXPECT_EQ("base", levels().front());
  EXPECT_EQ(levels().back(), opened(""));
  EXPECT_EQ(levels().back(), opened(nullptr));
}

TEST_F(IsaLevel, EveryUsableLevelCanBeForced) {
  for (const std::string& level : levels()) {
    set("");
    EXPECT_EQ(level, opened(level.c_str()));
    set(level);
    EXPECT_EQ(level, opened(""));
    EXPECT_EQ("base", opened("base"));  // the argument beats the variable
  }
}

TEST_F(IsaLevel, AnUnknownLevelIsRefusedWithTheUsableOnes) {
  const std::string want = std::string("refused: ISA level 'mmx' cannot be used here; usable on "
                                       "this CPU: ") + nrt_isa_levels();
  EXPECT_EQ(want, opened("mmx"));
  set("mmx");
  EXPECT_EQ(want, opened(""));
}

TEST_F(IsaLevel, TheTileModelCanBeForcedButIsNeverChosen) {
  set("");
  for (const std::string& level : levels()) EXPECT_NE("amx-model", level);
  const bool wide = std::string(nrt_isa_levels()).find("avx512") != std::string::npos;
  EXPECT_EQ(wide ? "amx-model" : std::string("refused: ISA level 'amx-model' cannot be used here; usable on "
                                             "this CPU: ") + nrt_isa_levels(),
            opened("amx-model"));
}

TEST_F(IsaLevel, AmxIsRefusedWithTheReasonWhereItCannotBeUsed) {
  set("");
  const bool there = std::string(nrt_isa_levels()).find("amx") != std::string::npos;
  const std::string note = nrt_isa_note();
  EXPECT_EQ(there ? "amx" : std::string("refused: ISA level 'amx' cannot be used here; usable on this CPU: ") +
                                nrt_isa_levels() + (note.empty() ? "" : "; " + note),
            opened("amx"));
  if (there) {
    EXPECT_EQ("", note);
  }
}

TEST(Context, BadDevicesAndThreadCountsAreRefused) {
  EXPECT_EQ(0, nrt_ctx_open(NRT_CUDA, 0, "", 1));
  EXPECT_EQ(0, nrt_ctx_open(NRT_CPU, 1, "", 1));
  EXPECT_STREQ("CPU device index must be 0, given 1", nrt_last_error());
  EXPECT_EQ(0, nrt_ctx_open(NRT_CPU, 0, "", -1));
  EXPECT_STREQ("threads must be 0 (automatic) or more, given -1", nrt_last_error());
}

TEST(Context, ThreadsDefaultToTheCoresAndCanBeChanged) {
  const nrt_ctx ctx = nrt_ctx_open(NRT_CPU, 0, "", 0);
  EXPECT_EQ(nrt_host_cores(), nrt_ctx_threads(ctx));
  EXPECT_EQ(NRT_OK, nrt_ctx_set_threads(ctx, 3));
  EXPECT_EQ(3, nrt_ctx_threads(ctx));
  EXPECT_EQ(NRT_OK, nrt_ctx_set_threads(ctx, 0));
  EXPECT_EQ(nrt_host_cores(), nrt_ctx_threads(ctx));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctx_set_threads(ctx, -2));
  EXPECT_EQ(NRT_OK, nrt_ctx_close(ctx));
}

TEST(Context, ClosedAndMadeUpHandlesAreRefused) {
  const nrt_ctx closed = nrt_ctx_open(NRT_CPU, 0, "", 1);
  EXPECT_EQ(NRT_OK, nrt_ctx_close(closed));
  const nrt_ctx open = nrt_ctx_open(NRT_CPU, 0, "", 1);
  EXPECT_NE(closed, open);
  int on_stack = 0;
  for (nrt_ctx wrong : {closed, nrt_ctx{0}, nrt_ctx{-1}, nrt_ctx{1}, open + 256, INT64_MIN, INT64_MAX,
                        static_cast<nrt_ctx>(reinterpret_cast<intptr_t>(&on_stack))}) {
    EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_sync(wrong)) << wrong;
    EXPECT_STREQ("not an open context", nrt_last_error());
    EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctx_close(wrong));
    EXPECT_EQ(0, nrt_alloc(wrong, 10));
    EXPECT_EQ(-1, nrt_memory_counter(wrong, NRT_MEMORY_LIVE));
    EXPECT_STREQ("", nrt_ctx_isa(wrong));
    EXPECT_EQ(0, nrt_ctx_threads(wrong));
  }
  EXPECT_EQ(NRT_OK, nrt_ctx_close(open));
}

TEST(Context, ManyMayBeOpenAtOnceUpToALimit) {
  std::vector<nrt_ctx> all;
  for (nrt_ctx c = 0; (c = nrt_ctx_open(NRT_CPU, 0, "", 1)) != 0;) all.push_back(c);
  EXPECT_GE(all.size(), 250u);
  EXPECT_STREQ("256 contexts are open, more are not possible", nrt_last_error());
  for (nrt_ctx c : all) EXPECT_EQ(NRT_OK, nrt_ctx_close(c));
  const nrt_ctx again = nrt_ctx_open(NRT_CPU, 0, "", 1);
  EXPECT_NE(0, again);
  nrt_ctx_close(again);
}

TEST(Context, CopiesBetweenHostAndDevice) {
  const nrt_ctx ctx = nrt_ctx_open(NRT_CPU, 0, "", 1);
  const nrt_ptr block = nrt_alloc(ctx, 16);
  const char text[] = "0123456789abcdef";
  char back[20] = "...................";
  EXPECT_EQ(NRT_OK, nrt_host_write(block, text, 4, 8));
  EXPECT_EQ(NRT_OK, nrt_host_read(back, 2, block, 8));
  EXPECT_STREQ("..456789ab.........", back);
  EXPECT_EQ(NRT_OK, nrt_host_write(0, nullptr, 0, 0));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_host_write(block, text, 0, -1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_host_read(back, -1, block, 1));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_host_write(0, text, 0, 4));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_host_read(nullptr, 0, block, 4));
  EXPECT_EQ(NRT_OK, nrt_sync(ctx));
  nrt_ctx_close(ctx);
}

TEST(Version, NamesTheBuild) {
  EXPECT_EQ(NRT_ABI_VERSION, nrt_abi_version());
  EXPECT_STREQ("0.1.0", nrt_version());
  EXPECT_NE(nullptr, strstr(nrt_build_info(), "levels base"));
}

TEST(Status, GuardTurnsExceptionsIntoCodes) {
  EXPECT_EQ(NRT_OK, nrt::guard([] {}));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt::guard([] { nrt::invalid("size %d", 7); }));
  EXPECT_STREQ("size 7", nrt_last_error());
  EXPECT_EQ(NRT_UNSUPPORTED, nrt::guard([] { nrt::unsupported("no %s", "tiles"); }));
  EXPECT_STREQ("no tiles", nrt_last_error());
  EXPECT_EQ(NRT_OUT_OF_MEMORY, nrt::guard([] { nrt::out_of_memory("%d bytes", 5); }));
  EXPECT_EQ(NRT_OUT_OF_MEMORY, nrt::guard([] { throw std::bad_alloc(); }));
  EXPECT_EQ(NRT_INTERNAL, nrt::guard([] { throw std::runtime_error("odd"); }));
  EXPECT_STREQ("odd", nrt_last_error());
  EXPECT_EQ(NRT_INTERNAL, nrt::guard([] { throw 5; }));
  EXPECT_STREQ("unknown C++ exception", nrt_last_error());
}

TEST(Status, LongTextsAreCutNotOverrun) {
  nrt::guard([] { nrt::invalid("%s", std::string(5000, 'x').c_str()); });
  EXPECT_EQ(std::string(511, 'x'), nrt_last_error());
}

TEST(Status, TheLastErrorBelongsToItsThread) {
  nrt::guard([] { nrt::invalid("mine"); });
  std::string seen = "unset";
  std::thread other([&] {
    seen = nrt_last_error();
    nrt::guard([] { nrt::invalid("theirs"); });
  });
  other.join();
  EXPECT_EQ("", seen);
  EXPECT_STREQ("mine", nrt_last_error());
}

TEST(Arguments, SizesAreCheckedWithoutOverflow) {
  EXPECT_EQ(12, nrt::require_size("op", 3, 4));
  EXPECT_EQ(0, nrt::require_size("op", 0, INT64_MAX));
  EXPECT_THROW(nrt::require_size("op", -1), nrt::Error);
  EXPECT_THROW(nrt::require_size("op", INT64_MAX, 2), nrt::Error);
  EXPECT_THROW(nrt::require_size("op", INT64_MAX / 4), nrt::Error);
}

}  // namespace
