#!/usr/bin/env bash
# Makes docs/images/report.png, the picture in README, from the sample's newest report. Needs Chromium and ImageMagick.
set -euo pipefail
cd "$(dirname "$0")/.."
report=$(ls samples/helpdesk/out/runs/[0-9]*/report.html | tail -1) || { echo "No report. Run: dotnet run -c Release --project src/Nearfar.Cli -- loop samples/helpdesk"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --user-data-dir="$work/profile" \
  --hide-scrollbars --window-size=1240,1684 --screenshot="$work/report.png" "file://$PWD/$report"
convert "$work/report.png" -colors 96 -strip "PNG8:docs/images/report.png"
ls -l docs/images/report.png
