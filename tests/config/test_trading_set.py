"""The shipped jobs file and data: complete, consistent, and what the documentation says they are."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.config.shipped import JOBS, PRICES, PROJECT, SCRIPTS, price_rows

if TYPE_CHECKING:
    from tests.config.conftest import Reports

CONTENT: dict[str, Any] = tomllib.loads(JOBS.read_text(encoding="utf-8"))


def test_names_are_unique_and_the_first_name_in_the_file_is_a_jobs() -> None:
    names = [job["name"] for job in CONTENT["job"]]
    assert len(set(names)) == len(names)
    first = re.search(r'(?m)^name *= *"(.*)"', JOBS.read_text(encoding="utf-8"))
    assert first is not None
    assert first[1] == names[0]


def test_set_shows_every_kind_of_schedule_a_disabled_job_and_retries() -> None:
    jobs = CONTENT["job"]
    assert {job["schedule_type"] for job in jobs} == {"once", "interval", "daily", "cron"}
    assert [job["name"] for job in jobs if job.get("enabled") is False] == ["hourly_backtest_check"]
    assert [job["name"] for job in jobs if job.get("retries")] == ["fetch_quotes"]


@pytest.mark.parametrize("job", CONTENT["job"], ids=lambda job: job["name"])
def test_each_jobs_script_accepts_its_flags_and_succeeds(reports: Reports, job: dict[str, Any]) -> None:
    args = dict(job["args"])
    folder, script = args.pop("script").rsplit("/", 1)
    assert PROJECT / folder == SCRIPTS
    flags = []
    for key, value in args.items():
        for each in value if isinstance(value, list) else [value]:
            flags += [f"--{key.replace('_', '-')}", str(each)]
    if "pace" in args:  # the last of equal flags counts: the same job with less to do
        flags += ["--pace", "0", "--fast", "60", "--slow", "240"]
    slot = {"PEAK_SCHEDULED_FOR": "2026-11-23T07:31:00+01:00", "PEAK_ATTEMPT": "2", "PEAK_JOB_NAME": job["name"]}

    done = reports.run(script, *flags, env=slot)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(path.is_file() for path in reports.folder.rglob("*"))
    # A report that two jobs wrote would be the last one's only.
    same = [other["name"] for other in CONTENT["job"] if other["args"] == job["args"]]
    assert same == [job["name"]]


def test_prices_are_small_complete_and_as_described() -> None:
    assert PRICES.stat().st_size < 200_000
    rows = price_rows()
    days = [date.fromisoformat(row["date"]) for row in rows]
    assert (days[0], days[-1], len(days)) == (date(2020, 11, 2), date(2026, 10, 30), 1537)
    assert all(1 <= (later - earlier).days <= 5 for earlier, later in pairwise(days))  # weekends and Easter
    assert all(day.weekday() < 5 for day in days)
    assert all(float(price) > 0 for row in rows for symbol, price in row.items() if symbol != "date")


def test_source_and_terms_of_the_prices_are_stated() -> None:
    text = (PRICES.parent / "README.md").read_text(encoding="utf-8")
    for fact in ("European Central Bank", PRICES.name, "copyright terms", "2 November 2020", "1537"):
        assert fact in text
    for symbol in list(price_rows()[0])[1:]:
        assert symbol in text
