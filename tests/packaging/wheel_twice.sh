#!/usr/bin/env bash
# The wheel is the same, byte for byte, from two builds of the same files, and holds the data that the program reads.
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000

for build in first second; do
  mkdir "$work/$build"
  cp -r "$source_tree"/{peak_console,pyproject.toml,README.md} "$work/$build"
  python3 -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work/$build/dist" "$work/$build"
done
cmp "$work"/first/dist/*.whl "$work"/second/dist/*.whl

names=$(python3 -m zipfile --list "$work"/first/dist/*.whl)
cd "$source_tree"
for name in peak_console/py.typed peak_console/store/schema.sql $(git ls-files 'peak_console/*.tcss'); do
  grep -qF "$name " <<<"$names" || { echo "$name is not in the wheel: see [tool.hatch.build] in pyproject.toml" >&2; exit 1; }
done
echo "two builds are equal: $(basename "$work"/first/dist/*.whl)"
