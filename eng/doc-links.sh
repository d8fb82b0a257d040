#!/usr/bin/env bash
# Every relative link of README, CONTRIBUTING, docs and samples names a file or folder that is there.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
while IFS= read -r page; do
  while IFS= read -r target; do
    target=${target%%#*}
    [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { echo "$page: link to $target leads nowhere."; bad=1; }
  done < <(awk '/^```/{code=!code; next} !code' "$page" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' || true)
done < <(ls ./*.md && find docs samples -name '*.md' -not -path '*/out/*')
[ "$bad" -eq 0 ] && echo "All links lead somewhere."
