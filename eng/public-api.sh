#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt of the libraries anew from the code: run it after a wanted change of the public surface, and read the diff.
set -euo pipefail
cd "$(dirname "$0")/.."
for project in Nearfar Nearfar.Data Nearfar.Evaluation.AI Nearfar.VectorData; do
  file=src/$project/PublicAPI.Unshipped.txt
  printf '#nullable enable\n' > "$file"
  dotnet build "src/$project" -c Release --no-incremental -p:TreatWarningsAsErrors=false 2>&1 |
    sed -n "s/.*RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" | LC_ALL=C sort -u > "$file.tmp"
  { printf '#nullable enable\n'; cat "$file.tmp"; } > "$file"
  rm "$file.tmp"
  echo "$file: $(($(wc -l < "$file") - 1)) symbols"
done
