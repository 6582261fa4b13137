#!/usr/bin/env bash
# The other Pythons that pyproject.toml names: the program and a part of its tests under each that this machine has.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset VIRTUAL_ENV

parts=(tests/schedule/test_slots.py tests/schedule/test_validate.py tests/schedule/test_cron.py tests/schedule/test_zones.py tests/jobs/file/test_loader.py
  tests/store/test_database.py tests/store/test_runs.py tests/engine/test_slots.py tests/decisions/test_policy.py
  tests/headless/test_runs.py tests/verbs/test_status.py tests/tui/app/test_console.py tests/api/test_api.py tests/test_values.py)

find_python() { # VERSION: a Python that starts; the name on PATH may be a shim for one that is not there
  local root candidate
  root=${PYENV_ROOT:-$(pyenv root 2>/dev/null || true)}
  for candidate in "python$1" ${root:+"$root/versions/$1".*/bin/python} "/usr/bin/python$1" "/usr/local/bin/python$1"; do
    [[ $("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) != "$1" ]] || { echo "$candidate"; return; }
  done
}

here=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in $(sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' pyproject.toml); do
  [[ $version != "$here" ]] || continue
  python=$(find_python "$version")
  if [[ -z $python ]]; then
    echo "Python $version: not tried, there is none on this machine"
    continue
  fi
  "$python" -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet -e '.[test]'
  echo "$("$work/$version/bin/python" --version):"
  PATH="$work/$version/bin:$PATH" timeout 300 "$work/$version/bin/python" -m pytest -q "${parts[@]}"
done
