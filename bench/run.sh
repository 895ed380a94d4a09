#!/usr/bin/env bash
# Builds the benchmarks (Release) and prints a table: kernel and shape, time, GFLOP/s or GB/s, share
# of the FMA peak or copy bandwidth that the program measures first. Every kernel is checked before.
#   bench/run.sh [--filter REGEX] [--threads N] [--quick] [--save]
#     --filter REGEX  only cases whose name matches, e.g. '^gemm/' or 'conv2d_fwd'
#     --threads N     threads of the library (default 1: timed by CPU time; more: by wall clock)
#     --quick         one short measurement a case instead of the median of three
#     --save          also write bench/results/<machine>-<date>.json
#     --jmh           measure from Java instead: overhead per operation, whole training steps;
#                     --filter takes names such as 'addTen' or 'StepBenchmark'
#     --peers         measure beside libtorch, oneDNN, MKL, OpenBLAS, DL4J in the same rounds;
#                     [--case REGEX] [--threads N] [--rounds N], see bench/peers.sh --help
#     --breakdown [MODEL...]  where a training step's time goes: per phase and native call
#                     (mlp lenet5 resnet18 charlm transformer tinymlp; sizes as in charlm:batch=8:seq=16)
#     --growth [NETWORK...]   step time and memory against batch, width, length and threads, with jumps
#                     marked (mlp conv lstm transformer, or one axis as conv:batch)
#     --startup       time and memory of a JVM that multiplies two 2x2 matrices; beside libtorch where
#                     PEERS_DIR or build/peers holds it
#   --save keeps those tables in bench/results too.
#   NEURITE_ISA=base|avx2|avx512 measures another level.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/machine.sh
. "$root/bench/machine.sh"

if [ "${1:-}" = --peers ]; then
  shift
  exec "$root/bench/peers.sh" "$@"
fi

jar=$root/bench/java/target/benchmarks.jar
filter=. threads=1 save=false quick=false mode=native names=() repetitions=3 seconds=0.2
while [ $# -gt 0 ]; do
  case $1 in
    --filter) filter=${2:?--filter needs a regular expression}; shift ;;
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --quick) quick=true repetitions=1 seconds=0.05 ;;
    --save) save=true ;;
    --jmh) mode=jmh ;;
    --startup) mode=startup ;;
    --breakdown | --growth)
      mode=${1#--}
      while [ $# -gt 1 ] && [[ $2 != --* ]]; do
        names+=("$2")
        shift
      done
      ;;
    -h | --help) sed -n '2,20s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "bench/run.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

build_native() {
  local missing=() build=$root/build/bench
  command -v cmake >/dev/null || missing+=(cmake)
  command -v g++ >/dev/null || command -v clang++ >/dev/null || missing+=(g++)
  [ -e /usr/include/benchmark/benchmark.h ] || missing+=(libbenchmark-dev)
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "bench/run.sh: missing; run: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DNRT_BENCH=ON &&
    cmake --build "$build" --target neurite_bench --parallel "$(nproc)"; } >"$root/build/bench.log" 2>&1; then
    tail -n 30 "$root/build/bench.log" >&2
    exit 1
  fi
}

run_native() {
  local arguments=("--threads=$threads" "--benchmark_filter=$filter"
    "--benchmark_min_time=$seconds" "--benchmark_repetitions=$repetitions")
  if $save; then
    local commit
    commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
    arguments+=("--benchmark_out=$root/build/bench.json" --benchmark_out_format=json
      "--benchmark_context=commit=$commit,compiler=$(c++ -dumpfullversion -dumpversion)")
  fi
  "$root/build/bench/bench/native/neurite_bench" "${arguments[@]}"
  if $save; then
    local result
    result=$root/bench/results/$(machine)-$(date -u +%Y-%m-%d).json
    mkdir -p "$root/bench/results"
    # The host's name and paths are nobody's business.
    grep -vE '"(host_name|executable)":' "$root/build/bench.json" >"$result"
    echo "saved bench/results/$(basename "$result")"
  fi
}

run_jmh() {
  local table=$root/build/jmh.txt arguments=(-prof gc -rf text -v SILENT)
  if $quick; then
    arguments+=(-f 1 -wi 3 -w 500ms -i 5 -r 500ms)
  fi
  java -jar "$jar" "$filter" "${arguments[@]}" -rff "$table"
  # Of the allocation profiler's rows only the bytes per operation say anything here.
  sed -i -E '/gc\.(alloc\.rate |count|time)/d; s/gc\.alloc\.rate\.norm/bytes             /' "$table"
  cat "$table"
  if $save; then
    local result
    result=$root/bench/results/$(machine)-$(date -u +%Y-%m-%d)-jmh.txt
    mkdir -p "$root/bench/results"
    cp "$table" "$result"
    echo "saved bench/results/$(basename "$result")"
  fi
}

# Prints the table of a program, and keeps it with --save.
table() {
  local name=$1 title=$2 text=$root/build/$1.md
  shift 2
  "$@" | tee "$text"
  if $save; then
    local result
    result=$root/bench/results/$(machine)-$(date -u +%Y-%m-%d)-$name.md
    mkdir -p "$root/bench/results"
    { echo "# $title"; echo; cat "$text"; } | cat -s >"$result"
    echo "saved bench/results/$(basename "$result")"
  fi
}

mkdir -p "$root/build"
case $mode in
  native) build_native; run_native ;;
  jmh) build_jar; run_jmh ;;
  breakdown)
    build_jar
    table breakdown "Where a training step's time goes" \
      java -cp "$jar" dev.neurite.bench.Breakdown "$threads" "${names[@]}"
    ;;
  growth)
    build_jar
    table growth "Cost against the work" java -cp "$jar" dev.neurite.bench.Growth "${names[@]}"
    ;;
  startup)
    build_jar
    table startup "Time to a first result" \
      python3 "$root/bench/startup.py" "$jar" "${PEERS_DIR:-$root/build/peers}"
    ;;
esac
