#!/usr/bin/env bash
# The README's first command, in a fresh copy and in a terminal, opens the console; q leaves it with 0.
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
export TMUX_TMPDIR=$work PIP_DISABLE_PIP_VERSION_CHECK=1 LC_ALL=C.UTF-8
unset TMUX VIRTUAL_ENV PEAK_CONSOLE_STATE_DIR
trap 'tmux kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir "$work/project"
cd "$source_tree"
git ls-files -z README.md pyproject.toml peak_console config | xargs -0 cp --parents -t "$work/project"
run_it=$(awk '$0 == "## Run it" { inside = 1; next } inside && /^## / { exit }
  inside && /^```/ { if (fenced) exit; fenced = 1; next } inside && fenced' README.md)
[[ $run_it == *peak-console* ]]
echo "$run_it"

shows() { # TEXT SECONDS
  for ((i = 0; i < $2 * 5; i++)); do
    if tmux capture-pane -p -t readme | grep -qF "$1"; then return; fi
    sleep 0.2
  done
  echo "the terminal does not show \"$1\":" >&2
  tmux capture-pane -p -t readme >&2
  return 1
}
tmux -f /dev/null new-session -d -s readme -x 120 -y 36 -c "$work/project" \
  "env HOME='$work' bash -c '$run_it; echo left with \$?; sleep 60'"
shows '1 Jobs' 300
shows 'engine running' 30
tmux send-keys -t readme q
for ((i = 0; i < 150; i++)); do # runs may be under way: then it asks, and s stops them
  if tmux capture-pane -p -t readme | grep -q 'left with'; then break; fi
  tmux send-keys -t readme s
  sleep 0.2
done
shows 'left with 0' 5
