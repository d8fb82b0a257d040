#!/bin/sh
# Training speed beside PyTorch, on the same pairs, in one run: medians of whole steps, pairs per second of processor time, one thread each.
#   NEARFAR_PEERS=folder of static_mnrl.py  NEARFAR_DATA=folder of the data  bench/training.sh [ROUNDS] > bench/results/training.md
# PyTorch needs an optimised BLAS to be a fair peer: with Debian's python3-torch, install libopenblas0-pthread (netlib's libblas is 30 times slower).
set -eu
cd "$(dirname "$0")/.."
: "${NEARFAR_PEERS:?}" "${NEARFAR_DATA:?}"
rounds="${1:-3}"
python="${PYTHON:-/usr/bin/python3}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
dotnet build bench/Nearfar.Bench -c Release -v q >&2
bench=bench/Nearfar.Bench/bin/Release/net10.0/Nearfar.Bench
tokenizer="$NEARFAR_DATA/models/potion-base-4M-int8/tokenizer.json"

dimensions="${DIMENSIONS:-256 512}"

peer() {    # task dimensions epochs option
    "$python" "$NEARFAR_PEERS/static_mnrl.py" --task "$1" --init random --dim "$2" --min-batch 1 --max-steps 14 --epochs "$3" --lr .05 $4 \
        | sed 's/.*"pairs_per_s": \[[0-9]*, \([0-9]*\)\].*/\1/'
}

for task in medquad banking77; do
    "$python" bench/training_pairs.py "$task" "$work/$task.jsonl"
    for round in $(seq "$rounds"); do       # interleaved, so that a busy spell of the machine meets all
        for d in $dimensions; do
            epochs=5; [ "$task" = banking77 ] && epochs=2
            "$bench" training "$work/$task.jsonl" "$tokenizer" --dimensions "$d" --epochs 20 --steps 200 | sed 's/.*"pairs_per_cpu_second": \([0-9]*\).*/\1/' >> "$work/$task.$d.nearfar"
            peer "$task" "$d" "$epochs" "" >> "$work/$task.$d.default"
            peer "$task" "$d" "$epochs" --full >> "$work/$task.$d.full"
        done
    done
done

"$python" - "$work" "$rounds" "$dimensions" <<'PY'
import statistics, subprocess, sys
work, rounds, dimensions = sys.argv[1:]
flags = subprocess.check_output(["lscpu"], text=True)
cpu = next(l.split(":")[1].strip() for l in flags.splitlines() if l.startswith("Model name"))
print("# Training speed\n")
print(f"Machine: {cpu}{', AVX-512' if 'avx512f' in flags else ''}, 2 shared cores. One thread, batch 1024, vocabulary 29,528; pairs per second of processor time,")
print(f"whole steps, median of {rounds} interleaved runs (lowest to highest). Command: `bench/training.sh {rounds}`.\n")
print("| d | | medquad (256-token answers) | banking77 (short) |\n|---|---|---|---|")
names = {"nearfar": "Nearfar, lazy Adam", "default": "PyTorch, tuned malloc, rows that occur", "full": "PyTorch, tuned malloc, all rows (`--full`)"}
for d in dimensions.split():
    v = {(t, k): [int(x) for x in open(f"{work}/{t}.{d}.{k}")] for t in ("medquad", "banking77") for k in names}
    for k, name in names.items():
        cells = []
        for t in ("medquad", "banking77"):
            m = statistics.median(v[t, k])
            ratio = "" if k == "nearfar" else f"; Nearfar {statistics.median(v[t, 'nearfar']) / m:.2f}x"
            cells.append(f"{m:,.0f} ({min(v[t, k]):,} to {max(v[t, k]):,}){ratio}")
        print(f"| {d} | {name} | {' | '.join(cells)} |")
PY
