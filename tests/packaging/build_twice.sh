#!/usr/bin/env bash
# Wheel and sdist are the same, byte for byte, from two builds of the same files, whatever the folder, umask, locale and
# time of day; the sdist builds that wheel too; and the wheel holds the data that the program reads.
# Usage: build_twice.sh [DIRECTORY that is to hold the two files afterwards]
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000 PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet build hatchling  # without isolation each build is a second, not ten

build() { # FOLDER UMASK LOCALE ZONE
  mkdir "$work/$1"
  (
    umask "$2"
    cd "$source_tree"
    git ls-files -z | while IFS= read -rd '' name; do [[ ! -e $name ]] || printf '%s\0' "$name"; done |
      xargs -0 cp --parents -t "$work/$1"
    cd "$work/$1"
    LC_ALL=$3 TZ=$4 "$work/tools/bin/python" -m build --no-isolation --sdist --wheel >log 2>&1 || { cat log >&2; exit 1; }
  )
}
build first 022 C UTC
build a-second-folder 077 C.UTF-8 Asia/Kathmandu
for kind in whl tar.gz; do
  cmp "$work"/first/dist/*."$kind" "$work"/a-second-folder/dist/*."$kind"
done

# The wheel of whoever has only the sdist.
mkdir "$work/sdist"
tar xzf "$work"/first/dist/*.tar.gz -C "$work/sdist" --strip-components=1
(cd "$work/sdist" && "$work/tools/bin/python" -m build --no-isolation --wheel >log 2>&1) || { cat "$work/sdist/log" >&2; exit 1; }
cmp "$work"/first/dist/*.whl "$work"/sdist/dist/*.whl

names=$(python3 -m zipfile --list "$work"/first/dist/*.whl)
cd "$source_tree"
for name in peak_console/py.typed peak_console/store/schema.sql $(git ls-files 'peak_console/*.tcss'); do
  grep -qF "$name " <<<"$names" || { echo "$name is not in the wheel: see [tool.hatch.build] in pyproject.toml" >&2; exit 1; }
done
for name in README.md config/scheduler/jobs.toml tests/conftest.py docs/index.md; do
  [[ -e $work/sdist/$name ]] || { echo "$name is not in the sdist: see [tool.hatch.build] in pyproject.toml" >&2; exit 1; }
done
if (($#)); then mkdir -p "$1" && cp "$work"/first/dist/* "$1"; fi
echo "two builds are equal: $(cd "$work/first/dist" && echo *)"
