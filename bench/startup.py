#!/usr/bin/env python3
"""Time and memory of a Java program that multiplies two 2x2 matrices and ends: startup.py BENCHMARKS.jar [PEERS_DIR]

From the start of the process to its end: with an empty cache of unpacked native libraries, and with a
filled one. With a folder of built peers, libtorch beside it (its own program, same product)."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 11
BARS = {"cold": 0.5, "warm": 0.3, "resident": 100}


def once(jar, cache):
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    began = time.time()
    run = subprocess.run([java, "-Dneurite.cacheDir=" + cache, "-cp", jar, "dev.neurite.bench.Hello"],
                         capture_output=True, text=True, check=True)
    return time.time() - began, int(run.stdout) / 1000


def neurite(jar):
    with tempfile.TemporaryDirectory() as folder:
        cache = os.path.join(folder, "cache")
        cold, warm = [], []
        for _ in range(RUNS):
            shutil.rmtree(cache, ignore_errors=True)
            cold.append(once(jar, cache))
            warm.append(once(jar, cache))
    return (statistics.median(c[0] for c in cold), statistics.median(w[0] for w in warm),
            max(r[1] for r in cold + warm))


def torch(peers):
    run = subprocess.run([sys.executable, os.path.join(peers, "startup.py"), "--peer", "torch", "--runs", "3"],
                         capture_output=True, text=True)
    for line in run.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            return row["cold_first_result_ms"] / 1e3, row["warm_exit_ms"] / 1e3, row["rss_mb"]
    return None


def main():
    cold, warm, resident = neurite(sys.argv[1])
    print("| start to end of a JVM that multiplies 2x2 | empty cache | filled cache | resident |")
    print("|---|--:|--:|--:|")
    print("| neurite | %.2f s | %.2f s | %.0f MB |" % (cold, warm, resident))
    if len(sys.argv) > 2 and os.path.isdir(os.path.join(sys.argv[2], "build")):
        other = torch(sys.argv[2])
        if other:
            print("| libtorch (empty cache: until the result) | %.2f s | %.2f s | %.0f MB |" % other)
    within = cold <= BARS["cold"] and warm <= BARS["warm"] and resident <= BARS["resident"]
    print("| bar | %(cold).1f s | %(warm).1f s | %(resident)d MB |" % BARS)
    print("\nThe bar is %s." % ("met" if within else "MISSED"))


if __name__ == "__main__":
    main()
