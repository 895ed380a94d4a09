// Checks and problem sizes of the benchmarks.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bench.h"

namespace neurite_bench {

void check(const std::string& kernel, int64_t index, double got, double want, double tolerance) {
  if (std::fabs(got - want) <= tolerance * std::fmax(1, std::fabs(want))) return;
  std::fprintf(stderr, "neurite_bench: %s is wrong at element %lld: got %.9g, want %.9g\n",
               kernel.c_str(), static_cast<long long>(index), got, want);
  std::exit(1);
}

std::vector<int64_t> samples(int64_t n, int64_t count) {
  std::vector<int64_t> chosen;
  if (n <= 0) return chosen;
  const int64_t step = n / count | 1;  // odd: walks through every position within a row
  for (int64_t i = 0; i < n; i += step) chosen.push_back(i);
  chosen.push_back(n - 1);
  return chosen;
}

std::vector<std::vector<std::string>> shapes(const std::string& file) {
  const std::string path = std::string(NRT_SHAPES) + "/" + file;
  std::ifstream in(path);
  if (!in) {
    std::fprintf(stderr, "neurite_bench: cannot read %s\n", path.c_str());
    std::exit(1);
  }
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::vector<std::string> row;
    std::string word;
    while (words >> word) row.push_back(word);
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

}  // namespace neurite_bench
