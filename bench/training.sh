#!/bin/sh
# Training speed beside PyTorch, on the same pairs, in one run: medians of whole steps, pairs per second of processor time.
#   NEARFAR_PEERS=folder of static_mnrl.py  NEARFAR_DATA=folder of the data  bench/training.sh [ROUNDS] > bench/results/training.md
# DIMENSIONS="128 256 512 1024", THREADS="1 2"; WORK=folder keeps the figures, and a further call with it adds its rounds to them.
# PyTorch needs an optimised BLAS to be a fair peer: with Debian's python3-torch, install libopenblas0-pthread (netlib's libblas is 30 times slower).
# OpenBLAS 0.3.21 does not know new processors and falls back to its SSE kernel (7 times slower): OPENBLAS_CORETYPE names the kernel. Debian's PyTorch
# takes AVX2 for its own loops unless ATEN_CPU_CAPABILITY says avx512.
set -eu
cd "$(dirname "$0")/.."
: "${NEARFAR_PEERS:?}" "${NEARFAR_DATA:?}"
rounds="${1:-3}"
python="${PYTHON:-/usr/bin/python3}"
work="${WORK:-$(mktemp -d)}"
mkdir -p "$work"
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
if grep -q avx512f /proc/cpuinfo; then
    export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}" ATEN_CPU_CAPABILITY="${ATEN_CPU_CAPABILITY:-avx512}"
fi
export OMP_WAIT_POLICY=PASSIVE      # a thread that waits burns no processor time
bench="${BENCH:-}"
if [ -z "$bench" ]; then
    dotnet build bench/Nearfar.Bench -c Release -v q >&2
    bench=bench/Nearfar.Bench/bin/Release/net10.0/Nearfar.Bench
fi
tokenizer="$NEARFAR_DATA/models/potion-base-4M-int8/tokenizer.json"
dimensions="${DIMENSIONS:-128 256 512 1024}"
threads="${THREADS:-1 2}"
"$python" -c 'import threadpoolctl' 2>/dev/null || {     # the peer sets with it what the environment says already
    printf 'import contextlib\ndef threadpool_limits(limits=None):\n    return contextlib.nullcontext()\n' > "$work/threadpoolctl.py"
    export PYTHONPATH="$work"
}

nearfar() {     # task dimensions threads
    "$bench" training "$work/$1.jsonl" "$tokenizer" --dimensions "$2" --threads "$3" --epochs 20 --steps 100 | sed 's/.*"pairs_per_cpu_second": \([0-9]*\).*/\1/' >> "$work/$1.$2.$3.nearfar"
}

peer() {        # task dimensions threads name option
    epochs=5; [ "$1" = banking77 ] && epochs=2
    OMP_NUM_THREADS="$3" OPENBLAS_NUM_THREADS="$3" "$python" "$NEARFAR_PEERS/static_mnrl.py" --task "$1" --init random --dim "$2" --threads "$3" --min-batch 1 --max-steps 14 --epochs "$epochs" --lr .05 $5 \
        | sed 's/.*"pairs_per_s": \[[0-9]*, \([0-9]*\)\].*/\1/' >> "$work/$1.$2.$3.$4"
}

for task in medquad banking77; do
    "$python" bench/training_pairs.py "$task" "$work/$task.jsonl"
done

for round in $(seq "$rounds"); do       # interleaved, so that a busy spell of the machine meets all
    for t in $threads; do
        for d in $dimensions; do
            for task in medquad banking77; do
                nearfar "$task" "$d" "$t"
                peer "$task" "$d" "$t" default ""
                peer "$task" "$d" "$t" full --full
            done
        done
    done
done

"$python" - "$work" "$dimensions" "$threads" <<'PY'
import os, statistics, subprocess, sys
work, dimensions, threads = sys.argv[1:]
flags = subprocess.check_output(["lscpu"], text=True)
cpu = next(l.split(":")[1].strip() for l in flags.splitlines() if l.startswith("Model name"))
read = lambda t, d, n, k: [int(x) for x in open(f"{work}/{t}.{d}.{n}.{k}")]
rounds = len(read("medquad", dimensions.split()[0], threads.split()[0], "nearfar"))
print("# Training speed\n")
print(f"Machine: {cpu}{', AVX-512' if 'avx512f' in flags else ''}, 2 shared cores. Batch 1024, vocabulary 29,528; pairs per second of processor time of all")
print(f"threads together, whole steps, median of {rounds} interleaved runs. Command: `bench/training.sh {rounds}`. PyTorch with tuned malloc: over the rows that occur in")
print(f"a training text, and over all rows (`--full`); its products by OpenBLAS's kernel {os.environ.get('OPENBLAS_CORETYPE', 'as it chooses')}.\n")
print("| Threads | d | MedQuAD (256-token answers): Nearfar | PyTorch | `--full` | banking77 (short): Nearfar | PyTorch | `--full` |\n|---|---|---|---|---|---|---|---|")
for n in threads.split():
    for d in dimensions.split():
        cells = []
        for t in ("medquad", "banking77"):
            own = statistics.median(read(t, d, n, "nearfar"))
            cells += [f"{own:,.0f}"] + [f"{m:,.0f}: **{own / m:.2f}x**" for m in (statistics.median(read(t, d, n, k)) for k in ("default", "full"))]
        print(f"| {n} | {d} | {' | '.join(cells)} |")
PY
