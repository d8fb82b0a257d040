#!/usr/bin/env bash
# Runs the commands of docs/loop/*.md: fenced blocks marked "sh run", page by page in the order of the loop, in one temporary copy of
# samples/helpdesk. A block stops at its first failing command. Verdicts (gate and loop: exit 2 or 3) are no failures.
#   NEARFAR=path/to/nearfar eng/run-docs.sh [PAGE...]      default: the build of src/Nearfar.Cli, all pages
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
nearfar=${NEARFAR:-}
[ -n "$nearfar" ] || nearfar="dotnet $root/src/Nearfar.Cli/bin/Release/net10.0/Nearfar.Cli.dll"
order=(doctor init check pairs train losses cut embed index search eval compare similarity slices gate mine label loop report release lineage history gateset trec-eval)
pages=("$@")
[ ${#pages[@]} -gt 0 ] || pages=("${order[@]}")

for page in docs/loop/*.md; do
  name=$(basename "$page" .md)
  [[ " ${order[*]} " == *" $name "* ]] || { echo "$page has no place in the order of eng/run-docs.sh."; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/samples" "$work/bin"
cp -r samples/helpdesk "$work/samples/"
rm -rf "$work/samples/helpdesk/out"
cat > "$work/bin/nearfar" <<END
#!/usr/bin/env bash
$nearfar "\$@"
rc=\$?
case "\$1 \$rc" in "gate 2" | "gate 3" | "loop 2" | "loop 3") rc=0 ;; esac
exit \$rc
END
chmod +x "$work/bin/nearfar"
export PATH="$work/bin:$PATH"

blocks=0
for name in "${pages[@]}"; do
  page=$root/docs/loop/$name.md
  [ -f "$page" ] || { echo "docs/loop/$name.md is missing."; exit 1; }
  awk '/^```sh run$/{on=1; n++; next} /^```$/{on=0} on' "$page" > "$work/block.sh"
  [ -s "$work/block.sh" ] || { echo "docs/loop/$name.md has no block marked \"sh run\"."; exit 1; }
  blocks=$((blocks + 1))
  begin=$SECONDS
  if ! (cd "$work/samples/helpdesk" && bash -euo pipefail "$work/block.sh") > "$work/log" 2>&1 < /dev/null; then
    cat "$work/log"
    echo "docs/loop/$name.md: its commands failed; the output is above."
    exit 1
  fi
  echo "docs/loop/$name.md: ok, $((SECONDS - begin)) s"
done
echo "$blocks pages."
