#!/usr/bin/env bash
# README shows samples/QuickStart/Program.cs: says so, or exits 1 with the difference.
set -euo pipefail
cd "$(dirname "$0")/.."
awk '/^```csharp$/{on=1; next} /^```$/{on=0} on' README.md | diff - samples/QuickStart/Program.cs \
  || { echo "README.md: its C# block is not samples/QuickStart/Program.cs. Copy the file there."; exit 1; }
echo "README.md shows samples/QuickStart/Program.cs."
