#!/usr/bin/env bash
# Starts the process that is measured beside other libraries: it answers RUN lines on standard
# input (bench/java, package dev.neurite.bench.peer). Builds it when it is missing.
#   PEERS_THREADS=N   threads of the library (default: one per core)
#   JAVA_HOME         the Java to use (default: the one on the PATH)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jar=$root/bench/java/target/benchmarks.jar

if [ ! -f "$jar" ]; then
  mkdir -p "$root/build"
  if ! (cd "$root" && mvn -q -B -Dnative.tests=OFF -DskipTests -pl bench/java -am package) \
    >"$root/build/peer.log" 2>&1; then
    tail -n 30 "$root/build/peer.log" >&2
    exit 1
  fi
fi
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -cp "$jar" dev.neurite.bench.peer.PeerProcess
