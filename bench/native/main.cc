// neurite_bench [--threads=N] [--benchmark_filter=REGEX] [--benchmark_out=FILE ...]: a table of every
// case with its share of the measured limits. One thread (the default) is timed by its CPU time,
// which other processes disturb less; more threads by the clock on the wall.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "bench.h"
#include "limits.h"

namespace neurite_bench {
namespace {

struct Case {
  std::string name;
  Work work;
  std::function<Body()> prepare;
};

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

std::vector<std::function<void()>>& groups() {
  static std::vector<std::function<void()>> all;
  return all;
}

int32_t threads = 1;

struct Limits {
  double fma_peak, copy_bandwidth;
};
const Limits& limits() {
  static const Limits measured = {measure_fma_peak(nrt_ctx_isa(ctx())) * threads,
                                  measure_copy_bandwidth()};
  return measured;
}

// Google Benchmark calls a case several times; what it prepared is kept until the next case.
void run_case(benchmark::State& state, const Case& c) {
  static std::string prepared_name;
  static Body body;
  if (prepared_name != c.name) {
    body = nullptr;
    body = c.prepare();
    prepared_name = c.name;
  }
  for (auto _ : state) body();
  const auto per_call = benchmark::Counter::kIsIterationInvariantRate;
  const double peak = limits().fma_peak * (c.work.float64 ? 0.5 : 1);
  state.counters["flops"] = benchmark::Counter(c.work.flops, per_call);
  state.counters["bytes"] = benchmark::Counter(c.work.bytes, per_call);
  state.counters["share"] = benchmark::Counter(
      c.work.flops > 0 ? c.work.flops / peak : c.work.bytes / limits().copy_bandwidth, per_call);
}

class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%s, %s, %d thread%s, %s\n", nrt_version(), nrt_ctx_isa(ctx()), threads,
                threads == 1 ? "" : "s", nrt_build_info());
    std::printf("measured limits: float32 FMA peak %.1f GFLOP/s", limits().fma_peak * 1e-9);
    std::printf(", copy bandwidth %.1f GB/s (read + written)\n", limits().copy_bandwidth * 1e-9);
    std::printf("%-40s %12s %18s %8s\n", "kernel/shape", "time", "rate", "of limit");
    return true;
  }

  // With repetitions only the median is shown.
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const bool aggregate = run.run_type == Run::RT_Aggregate;
      if (aggregate ? run.aggregate_name != "median" : run.repetitions > 1) continue;
      print(run);
    }
    std::fflush(stdout);
  }

 private:
  static void print(const Run& run) {
    const auto value = [&](const char* name) {
      const auto found = run.counters.find(name);
      return found == run.counters.end() ? 0.0 : static_cast<double>(found->second);
    };
    const double nanoseconds = threads == 1 ? run.GetAdjustedCPUTime() : run.GetAdjustedRealTime();
    const bool arithmetic = value("flops") > 0;
    char time[32], rate[32];
    std::snprintf(time, sizeof time, nanoseconds < 1e6 ? "%.2f us" : "%.2f ms",
                  nanoseconds * (nanoseconds < 1e6 ? 1e-3 : 1e-6));
    std::snprintf(rate, sizeof rate, "%.1f %s", value(arithmetic ? "flops" : "bytes") * 1e-9,
                  arithmetic ? "GFLOP/s" : "GB/s");
    std::printf("%-40s %12s %18s %6.0f %%\n", run.run_name.function_name.c_str(), time, rate,
                value("share") * 100);
  }
};

int run(int argc, char** argv) {
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--threads=", 10) == 0) {
      threads = std::max(1, std::atoi(argv[i] + 10));
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  for (const auto& add_cases : groups()) add_cases();
  for (const Case& c : cases()) {
    auto* registered = benchmark::RegisterBenchmark(
        c.name.c_str(), [&c](benchmark::State& state) { run_case(state, c); });
    if (threads > 1) registered->UseRealTime();
  }
  benchmark::AddCustomContext("neurite_isa", nrt_ctx_isa(ctx()));
  benchmark::AddCustomContext("neurite_threads", std::to_string(threads));
  benchmark::AddCustomContext("neurite_build", nrt_build_info());
  benchmark::AddCustomContext("fma_peak_flops", std::to_string(limits().fma_peak));
  benchmark::AddCustomContext("copy_bandwidth_bytes", std::to_string(limits().copy_bandwidth));
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  return 0;
}

}  // namespace

bool add_group(const std::function<void()>& add_cases) {
  groups().push_back(add_cases);
  return true;
}

void add(const std::string& name, const Work& work, std::function<Body()> prepare) {
  cases().push_back({name, work, std::move(prepare)});
}

nrt_ctx ctx() {
  static const nrt_ctx opened = nrt_ctx_open(NRT_CPU, 0, "", threads);
  if (opened == 0) must(NRT_INTERNAL);
  return opened;
}

void must(nrt_status status) {
  if (status == NRT_OK) return;
  std::fprintf(stderr, "neurite_bench: %s\n", nrt_last_error());
  std::exit(1);
}

}  // namespace neurite_bench

int main(int argc, char** argv) { return neurite_bench::run(argc, argv); }
