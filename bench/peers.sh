#!/usr/bin/env bash
# Measures Neurite beside libtorch, oneDNN, MKL, OpenBLAS and DL4J in the same rounds, and writes
# bench/results/<machine>-<date>.jsonl and .md. Called by bench/run.sh --peers, whose options it takes.
#   --case REGEX       only cases whose name matches; rows of other cases of the same day stay
#   --threads N        only N threads (default: 1, then 2)
#   --rounds N         rounds per case (default 3)
#   --peer LIST        the others (default torch,torch-mkl,onednn,mkl,openblas,dl4j)
#   --precision LIST   float32 products of ours (default highest); each of ieee, high, medium adds a column
#   --max-seconds S    most measured time per case and round (default 3)
#   PEERS_DIR          a built copy of the peers; else ../shared/peers is copied to build/peers (3.3 GB)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/machine.sh
. "$root/bench/machine.sh"

case=. threads=(1 2) rounds=3 peers=torch,torch-mkl,onednn,mkl,openblas,dl4j precision=highest seconds=3
while [ $# -gt 0 ]; do
  case $1 in
    --case) case=${2:?--case needs a regular expression}; shift ;;
    --threads) threads=("${2:?--threads needs a number}"); shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --peer) peers=${2:?--peer needs names with commas}; shift ;;
    --precision) precision=${2:?--precision needs names with commas}; shift ;;
    --max-seconds) seconds=${2:?--max-seconds needs a number}; shift ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "bench/run.sh --peers: unknown option $1 (see bench/peers.sh --help)" >&2; exit 2 ;;
  esac
  shift
done

mkdir -p "$root/build" "$root/bench/results"
if [ -z "${PEERS_DIR:-}" ]; then
  PEERS_DIR=$root/build/peers
  if [ ! -f "$PEERS_DIR/build/built" ]; then
    if [ ! -f "$root/../shared/peers/run.sh" ]; then
      echo "bench/run.sh: no ../shared/peers here; name a copy of that folder with PEERS_DIR" >&2
      exit 1
    fi
    echo "copying and building the peers in build/peers (3.3 GB, minutes)"
    mkdir -p "$PEERS_DIR"
    cp -R "$root/../shared/peers/." "$PEERS_DIR"
    if ! "$PEERS_DIR/build.sh" >"$root/build/peers.log" 2>&1; then
      tail -n 30 "$root/build/peers.log" >&2
      exit 1
    fi
  fi
fi
build_jar

plugs=()
names=$peers
IFS=, read -r -a precisions <<<"$precision"
for p in "${precisions[@]}"; do
  name=neurite
  [ "$p" = highest ] || name=neurite-$p
  plugs+=(--plug "$name=env PEERS_PRECISION=$p $root/bench/peer.sh")
  names+=,$name
done
counts=()
for t in "${threads[@]}"; do
  counts+=(--threads "$t")
done
fresh=$root/build/peers.jsonl
"$PEERS_DIR/run.sh" --case "$case" --peer "$names" "${plugs[@]}" "${counts[@]}" --rounds "$rounds" \
  --max-seconds "$seconds" --out "$fresh"
result=$root/bench/results/$(machine)-$(date -u +%Y-%m-%d)
python3 "$root/bench/peers_table.py" "$fresh" "$result.jsonl" "$result.md"
echo "wrote bench/results/$(basename "$result").jsonl and .md"
