#!/usr/bin/env python3
"""Adds a run of the peers to a day's rows and writes their table: peers_table.py RUN.jsonl ALL.jsonl ALL.md
Prints the README's few rows of a day: peers_table.py --readme ALL.jsonl

Rows of the run replace those of the same case, peer and thread count. Next to the rows stand the
bars the kernels were built against, and whether they are met."""
import json
import os
import re
import sys

TORCH = ("torch", "torch-mkl")
BLAS = ("mkl", "onednn", "openblas")

# (cases, our column, others, how many times as fast at least); only where that column was measured.
# A bar "amx" holds on a machine with AMX tiles, where float32 products of HIGHEST run on them.
BARS = [
    (r"^gemm/(256|512|1024|2048|1024_nt|1024_tn|4096x1024x1024|128x512x784)$", "ieee", BLAS, 0.97, None),
    (r"^gemm/(64|32x512x2048|1x1024x1024|65536x64x64)$", "ieee", BLAS, 0.9, None),
    (r"^gemm/(1024|2048|1024_nt)$", "highest", BLAS, 2.0, "amx"),
    (r"^gemm/1024_tn$", "highest", BLAS, 1.7, "amx"),
    (r"^gemm/256$", "highest", BLAS, 1.5, "amx"),
    (r"^gemm/(1024|2048|1024_nt|1024_tn)$", "high", BLAS, 3.0, "amx"),
    (r"^gemm/.*_bf16$", "medium", ("onednn",), 1.0, "amx"),
    (r"^conv/.*/nhwc$", "ieee", ("onednn",), 0.95, None),
    (r"^conv/(r56_64|r28_128|r14_256|cifar32_64)/(fwd|bwd_data)/nhwc$", "highest", ("onednn",), 1.7, "amx"),
    (r"^conv/(r56_64|r28_128|r14_256|cifar32_64)/bwd_weights/nhwc$", "highest", ("onednn",), 1.3, "amx"),
    (r"^conv/(p56|stem|lenet).*/nhwc$", "highest", ("onednn",), 1.0, "amx"),
    (r"^rnn/(lstm|gru)_s64b32_256_512/fwd$", "highest", ("onednn",), 1.5, None),
    (r"^rnn/(lstm|gru)_s64b32_256_512/fwdbwd$", "highest", TORCH, 1.5, None),
    (r"^attn/b8h8s512", "highest", TORCH, 1.5, None),
    (r"^(pool|norm|softmax|loss/softmax|eltwise|reduce|optim|embedding)/", "highest", TORCH, 1.0, None),
    (r"^train/mlp", "highest", TORCH, 2.0, None),
    (r"^train/lenet5", "highest", TORCH, 3.0, None),
    (r"^train/(resnet18|lstm|transformer)", "highest", TORCH, 1.7, None),
    (r"^tiny/mlp", "highest", TORCH, 5.0, None),
    (r"^latency/", "highest", TORCH, 2.0, None),
    (r"^(train|tiny/mlp|latency)", "ieee", TORCH, 1.0, None),
]

README = [
    ("training step MLP 784-512-256-10, batch 128", "train/mlp_784_512_256_10_b128"),
    ("training step LeNet-5, batch 64", "train/lenet5_b64"),
    ("training step ResNet-18 (CIFAR), batch 64", "train/resnet18_cifar_b64"),
    ("training step 2 x LSTM 512, 64 steps, batch 32", "train/lstm_charlm_b32"),
    ("training step Transformer d256 L4, 128 steps, batch 16", "train/transformer_enc_b16"),
    ("training step Dense 4-8-3, batch 16", "tiny/mlp_4_8_3_b16_step"),
    ("prediction MLP, batch 1", "latency/mlp_b1"),
    ("prediction LeNet-5, batch 1", "latency/lenet5_b1"),
    ("prediction ResNet-18, batch 1", "latency/resnet18_b1"),
    ("product 1024 x 1024 x 1024", "gemm/1024"),
    ("3x3 convolution 32x56x56x64 to 64", "conv/r56_64/fwd/nhwc"),
    ("LSTM 256-512, 64 steps, batch 32, with gradients", "rnn/lstm_s64b32_256_512/fwdbwd"),
    ("attention 8x8x512x64, with gradients", "attn/b8h8s512/fwdbwd"),
]


def load(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.startswith("{")]


def scrubbed(row):
    """A peer's error may name files; whose machine it was is nobody's business."""
    row["note"] = re.sub(r"(/[\w.@+-]+){2,}", "(path)", row.get("note", ""))
    return row


def merged(old, new):
    rows = {}
    for r in old + new:
        rows[r["case"], r["peer"], r["threads"]] = scrubbed(r)
    return list(rows.values())


def has_amx():
    try:
        with open("/proc/cpuinfo") as f:
            return "amx_bf16" in f.read()
    except OSError:
        return False


def disturbed(row):
    return min(row.get("foreign_cpu") or [0]) > 0.33


def shown(row):
    if row is None:
        return ""
    if "median_ns" not in row:
        return "fails"
    us = row["median_ns"] / 1e3
    text = "%.3g us" % us if us < 100 else "%.3g ms" % (us / 1e3) if us < 999e3 else "%.3g s" % (us / 1e6)
    return text + ("!" if disturbed(row) else "")


class Table:
    """The rows of one thread count."""

    def __init__(self, rows, threads, amx):
        self.amx = amx
        self.at = {(r["case"], r["peer"]): r for r in rows if r["threads"] == threads}
        self.cases = list(dict.fromkeys(c for c, _ in self.at))
        peers = list(dict.fromkeys(p for _, p in self.at))
        self.ours = [p for p in peers if p.startswith("neurite")]
        self.others = [p for p in peers if not p.startswith("neurite")]
        self.met = self.missed = 0

    def time(self, case, peer):
        return self.at.get((case, peer), {}).get("median_ns")

    def best(self, case, peers):
        """The least time of some peers; of a convolution in whichever layout suits them."""
        cases = [case]
        if case.startswith("conv/"):
            cases = [c for c in self.cases if c.rsplit("/", 1)[0] == case.rsplit("/", 1)[0]]
        times = [t for c in cases for p in peers for t in [self.time(c, p)] if t]
        return min(times) if times else None

    def column(self, precision):
        """Our column that shows a precision: without AMX tiles HIGHEST differs from IEEE in 3x3 convolutions only (there IEEE is not measured)."""
        name = "neurite" if precision == "highest" else "neurite-" + precision
        if name not in self.ours and precision == "ieee" and not self.amx:
            name = "neurite"
        return name

    def bars(self, case):
        texts = []
        for pattern, precision, rivals, need, only in BARS:
            if not re.search(pattern, case) or only == "amx" and not self.amx:
                continue
            mine, theirs = self.time(case, self.column(precision)), self.best(case, rivals)
            if not mine or not theirs:
                continue
            met = theirs / mine >= need
            self.met += met
            self.missed += not met
            which = "torch" if rivals == TORCH else "onednn" if rivals == ("onednn",) else "BLAS"
            texts.append("%s >= %g %s: %.2f%s" % (precision, need, which, theirs / mine, "" if met else " **missed**"))
        return "; ".join(texts)

    def lines(self):
        head = ["case"] + self.others + self.ours + ["best other / neurite", "bar"]
        yield "| " + " | ".join(head) + " |"
        yield "|---|" + "--:|" * (len(head) - 2) + "---|"
        for case in self.cases:
            mine, theirs = self.time(case, "neurite"), self.best(case, self.others)
            cells = [case] + [shown(self.at.get((case, p))) for p in self.others + self.ours]
            cells.append("%.2f" % (theirs / mine) if mine and theirs else "")
            cells.append(self.bars(case))
            if any((case, p) in self.at for p in self.ours):
                yield "| " + " | ".join(cells) + " |"


def readme(rows):
    """Our time and the best other library's, for one and two threads."""
    tables = [Table(rows, n, has_amx()) for n in (1, 2)]
    yield "| | 1 thread | best other | 2 threads | best other |"
    yield "|---|--:|--:|--:|--:|"
    for text, case in README:
        cells = []
        for t in tables:
            mine, theirs = t.at.get((case, "neurite")), t.best(case, t.others)
            cells += [shown(mine), shown({"median_ns": theirs}) if theirs else ""]
        yield "| %s | %s |" % (text, " | ".join(cells))


def main():
    if sys.argv[1] == "--readme":
        print("\n".join(readme(load(sys.argv[2]))))
        return
    run, everything, report = sys.argv[1:]
    rows = merged(load(everything), load(run))
    with open(everything, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    counts = sorted({r["threads"] for r in rows})
    name = os.path.basename(report)[:-3]
    machine, date = re.match(r"(.*)-(\d{4}-\d\d-\d\d)", name).groups()
    amx = has_amx()
    out = [
        "# Neurite beside other libraries: %s, %s" % (machine, date), "",
        "Medians of interleaved rounds, every peer in the same rounds with as many threads. Above 1 the last but one",
        "column says how many times as fast Neurite is as the fastest other peer; convolutions are compared with the",
        "others' best layout (Neurite's is NHWC). `!`: other programs used more than a third of a core in all rounds.",
        "A bar reads: precision of float32 products, times as fast at least as whom (torch: the better of both), and",
        "what was measured. This machine has %s." % (
            "AMX tiles" if amx else "no AMX tiles: HIGHEST computes what IEEE does"),
        "", "Repeat it: `bench/run.sh --peers`; one row: `bench/run.sh --peers --case '^gemm/1024$' --threads 1`.", ""]
    for n in counts:
        table = Table(rows, n, amx)
        lines = list(table.lines())
        out += ["## %d thread%s" % (n, "" if n == 1 else "s"), "",
                "%d of %d bars are met." % (table.met, table.met + table.missed), ""] + lines + [""]
        print("%d thread(s): %d of %d bars met" % (n, table.met, table.met + table.missed))
        if len(lines) < 40:
            print("\n".join(lines))
    with open(report, "w") as f:
        f.write("\n".join(out).rstrip() + "\n")


if __name__ == "__main__":
    main()
