#!/usr/bin/env bash
# The built wheel can be installed by the commands of docs/how-to/install.md, with pipx and with uv, and works then.
# Usage: installs.sh DIRECTORY with the wheel in it
set -euo pipefail
wheels=$(cd "$1" && pwd)
page=$(cd "$(dirname "$0")/../.." && pwd)/docs/how-to/install.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIPX_HOME=$work/pipx PIPX_BIN_DIR=$work/pipx-bin UV_PYTHON_DOWNLOADS=never
export UV_TOOL_DIR=$work/uv UV_TOOL_BIN_DIR=$work/uv-bin UV_CACHE_DIR=$work/uv-cache UV_PYTHON=python3
unset VIRTUAL_ENV PEAK_CONSOLE_STATE_DIR

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet pipx uv
export PATH="$work/tools/bin:$PATH"
mkdir -p "$work/desk/dist"
cp "$wheels"/*.whl "$work/desk/dist"
cd "$work/desk"

works() { # PROGRAM: writes a first jobs file and runs its job
  rm -rf jobs.toml jobs.schema.json .peak_console
  "$1" --version
  "$1" --config jobs.toml init >/dev/null
  "$1" --config jobs.toml validate
  "$1" --config jobs.toml --headless --once >log || { cat log >&2; exit 1; }
  grep -q 'engine stopped: [1-9][0-9]* succeeded, 0 failed' log
  "$1" serve --help >/dev/null
}
has_web() { "$1"/python -c 'import aiohttp, textual_serve'; }

commands=$(sed -n 's/^\(pipx install\|uv tool install\) /&/p' "$page")
[[ $(wc -l <<<"$commands") == 4 ]] || { echo "$page no longer has the four commands that are tried here" >&2; exit 1; }
while IFS= read -r command; do
  echo "$command"
  timeout 300 bash -euo pipefail -c "$command" </dev/null >log 2>&1 || { cat log >&2; exit 1; }
  program=$work/${command%% *}-bin/peak-console
  works "$program"
  if [[ $command == *web* ]]; then has_web "$(dirname "$(realpath "$program")")"; fi
done <<<"$commands"
