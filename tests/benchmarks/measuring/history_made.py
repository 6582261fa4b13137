"""A registry of many runs by many jobs, every seven seconds until now, made by one statement."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from peak_console.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
JOBS = [f"job {number:02}" for number in range(100)]
SECONDS_APART = 7
RUNS = """
INSERT INTO runs (job, triggered_by, scheduled_for, state, outcome, return_code, reason, claimed_at, started_at,
  finished_at, supervisor, reference, command, args, tags, tag)
WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :count),
moments (number, at) AS MATERIALIZED (
  SELECT number, strftime('%Y-%m-%dT%H:%M:%S.', :now - (:count - number) * :apart, 'unixepoch') FROM numbers
)
SELECT printf('job %02d', number % :jobs), 'schedule', at || '000000Z', 'finished',
  iif(number % 53, iif(number % 97, 'succeeded', 'failed'), 'skipped'), iif(number % 53, number % 97 = 0, NULL),
  iif(number % 53, NULL, 'still running'), at || '001000Z', iif(number % 53, at || '002000Z', NULL), at || '900000Z',
  '4711 8d7e2c1a/123456', '4712 8d7e2c1a/123457', '["python", "scripts/run_forward_signals.py", "--symbol", "M1"]',
  '{"script": "scripts/run_forward_signals.py", "symbol": "M1"}', '["forward", "daily"]', 'scheduler'
FROM moments
"""
ALERTS = """
INSERT INTO alerts (level, message, timestamp, context, job, run_id, acknowledged_at)
SELECT iif(outcome = 'failed', 'critical', 'info'), job || ' ' || outcome, finished_at, '{"attempt": 1}', job, id,
  iif(outcome = 'failed' AND id > :count - 10000, NULL, finished_at)
FROM runs WHERE outcome <> 'skipped'
"""
STATES = """
INSERT INTO job_state (job, schedule, decided_until)
SELECT job, 'interval 3600', max(scheduled_for) FROM runs GROUP BY job
"""


def make_registry(
    state: Path, count: int, *, jobs: int = len(JOBS), until: datetime = NOW, apart: int = SECONDS_APART
) -> None:
    """By the store's own schema; its indexes are made anew at the end, which is quicker."""
    Store.open(str(state)).close()
    connection = sqlite3.connect(state / "registry.db", isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {setting}")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> '' AND tbl_name IN ('runs', 'alerts')"
    ).fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    values = {"count": count, "now": until.timestamp(), "apart": apart, "jobs": jobs}
    connection.execute(RUNS, values)
    connection.execute(ALERTS, values)
    connection.execute(STATES)
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
