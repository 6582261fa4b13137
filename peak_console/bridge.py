"""``python -m peak_console.bridge FILE``: a run, as ``on_finish`` gives it, becomes a row of an experiments table.

The columns are those of the file, where it has a header already, else those of the system that this scheduler replaces.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = (
    "run_id", "run_type", "run_name", "timestamp", "strategy_key", "symbol", "portfolio_name", "sweep_name",
    "scenario_name", "total_return", "cagr", "max_drawdown", "sharpe", "report_dir", "report_prefix", "params_json",
    "stats_json", "metadata_json",
)  # fmt: skip


def row_of(run: dict[str, Any]) -> dict[str, Any]:
    """A run as a row; numbers of its result go into the columns of their names."""
    args, numbers = run.get("args") or {}, run.get("metrics") or {}
    metadata = {
        key: run.get(key)
        for key in ("triggered_by", "attempt", "outcome", "return_code", "started_at", "finished_at", "reason", "tags")
    }
    return {
        **{name: value for name, value in numbers.items() if name in COLUMNS},
        "run_id": f"scheduler_job_{run.get('id')}",
        "run_type": run.get("run_type") or "scheduler_job",
        "run_name": run.get("job"),
        "timestamp": run.get("finished_at") or run.get("started_at") or run.get("scheduled_for"),
        "strategy_key": args.get("strategy"),
        "symbol": args.get("symbol"),
        "params_json": json.dumps(args, ensure_ascii=False),
        "stats_json": json.dumps(numbers, ensure_ascii=False),
        "metadata_json": json.dumps({**metadata, "provenance": run.get("provenance")}, ensure_ascii=False),
    }


def append(path: str, run: dict[str, Any]) -> None:
    """Append a run to a table, under a lock; a table that is not there yet is begun with its header."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "a+", encoding="utf-8", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        header: Sequence[str] = next(csv.reader(file), [])
        file.seek(0, os.SEEK_END)
        writer = csv.DictWriter(file, header or COLUMNS, extrasaction="ignore", lineterminator="\n")
        if not header:
            writer.writeheader()
        writer.writerow(row_of(run))


def main(arguments: Sequence[str]) -> int:
    """Read a run from standard input and append it to the table that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m peak_console.bridge FILE, with a run as JSON on standard input\n")
        return 2
    try:
        run = json.load(sys.stdin)
    except ValueError as error:
        sys.stderr.write(f"no run on standard input: {error}\n")
        return 2
    append(arguments[0], run)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
