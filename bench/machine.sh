# What the scripts of bench/ share; to be sourced, with root set.

# cores-model, e.g. 2x-amd-epyc: says which machine it was without naming it
machine() {
  local model
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
  printf '%sx-%s' "$(getconf _NPROCESSORS_ONLN)" "${model:-$(uname -m)}" |
    tr '[:upper:]' '[:lower:]' | sed -E 's/\((r|tm)\)//g; s/[^a-z0-9]+/-/g; s/^-|-$//g'
}

# bench/java/target/benchmarks.jar, made when it is missing or older than the sources
build_jar() {
  local jar=$root/bench/java/target/benchmarks.jar
  if [ -f "$jar" ] && [ -z "$(find "$root/native" "$root/bench/java/src" "$root"/java/neurite/src/main \
    "$root"/java/neurite-native/src/main -type f -newer "$jar" -print -quit)" ]; then
    return
  fi
  if ! command -v mvn >/dev/null; then
    echo "bench/run.sh: missing; run: sudo apt-get install maven" >&2
    exit 1
  fi
  mkdir -p "$root/build"
  if ! (cd "$root" && mvn -q -B -Dnative.tests=OFF -DskipTests -Dmaven.javadoc.skip=true \
    -pl bench/java -am package) >"$root/build/jar.log" 2>&1; then
    tail -n 30 "$root/build/jar.log" >&2
    exit 1
  fi
}
