#!/usr/bin/env bash
# Writes the list of losses in docs/loop/losses.md anew from the registry; what stands above the marker stays. Needs a build of bench/Nearfar.Bench.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/loop/losses.md
marker='<!-- from here on written by eng/loss-docs.sh -->'
{ awk -v marker="$marker" '{print} $0 == marker {exit}' "$page"; echo; dotnet bench/Nearfar.Bench/bin/Release/net10.0/Nearfar.Bench.dll loss-page | cat -s; } > "$page.tmp"
sed -i -e '$ { /^$/d }' "$page.tmp"
mv "$page.tmp" "$page"
