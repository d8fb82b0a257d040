#!/usr/bin/env bash
# Damages vector files of every type for a while: whatever is left must be read or refused with a reason.
#   eng/fuzz-vectors.sh [ROUNDS] [SEED]      at random; default: 20000 rounds for each type, seed 1
#   eng/fuzz-vectors.sh --afl [SECONDS]      guided by coverage; default 600. Wants the Debian package afl++ and the tool SharpFuzz.CommandLine
#                                            (dotnet tool install --global SharpFuzz.CommandLine). Findings: artifacts/fuzz/findings/default/crashes
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --afl ]; then
  command -v afl-fuzz sharpfuzz > /dev/null || { echo "wanted: afl-fuzz (apt install afl++) and sharpfuzz (dotnet tool install --global SharpFuzz.CommandLine)" >&2; exit 1; }
  out=artifacts/fuzz
  rm -rf "$out"
  mkdir -p "$out/seeds"
  dotnet build tests/Nearfar.Fuzz -c Release --nologo -v q
  cp -r tests/Nearfar.Fuzz/bin/Release/net10.0 "$out/bin"
  cp -r "$out/bin" "$out/plain"       # not instrumented: reads findings again
  dotnet "$out/plain/Nearfar.Fuzz.dll" --seeds "$out/seeds" "$out/ids.jsonl"
  sharpfuzz "$out/bin/Nearfar.dll" Nearfar.Vectors
  AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 DOTNET_TieredPGO=0 \
    afl-fuzz -i "$out/seeds" -o "$out/findings" -t 10000 -m none -V "${2:-600}" -- dotnet "$out/bin/Nearfar.Fuzz.dll" "$out/ids.jsonl"
  crashes=$(find "$out/findings/default/crashes" -name 'id:*' | wc -l)
  grep -E 'execs_done|corpus_count|saved_crashes|saved_hangs|edges_found' "$out/findings/default/fuzzer_stats"
  [ "$crashes" -eq 0 ] || { echo "$crashes files were neither read nor refused: dotnet $out/plain/Nearfar.Fuzz.dll --read FILE $out/ids.jsonl" >&2; exit 1; }
  exit 0
fi
dotnet build tests/Nearfar.Tests -c Release --nologo -v q
NEARFAR_FUZZ_ROUNDS=${1:-20000} NEARFAR_FUZZ_SEED=${2:-1} \
  tests/Nearfar.Tests/bin/Release/net10.0/Nearfar.Tests -method "*Open_DamagedFileOfAnyType_ThrowsNothingButNearfarException"
