"""What is exported is what the registry holds, under names that Prometheus finds well-formed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from peak_console.jobs.file import loader
from peak_console.metrics.figures import MOST_CHANNELS, OTHERS, figures_of
from peak_console.metrics.textfile import exposition, write_file
from peak_console.model.records import Alert, Level, Outcome
from peak_console.store.store import Store
from tests.docs.pages import DOCS
from tests.store.support import NOW, after, claim
from tests.support.prometheus import why_not

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.jobs.model import JobSet

FILE = """
[scheduler]
timezone = "UTC"
max_concurrent_runs = 3
{more}
[[job]]
name = "backup"
args = {{ script = "b.py" }}
schedule_type = "daily"
daily_time = "05:00"

[[job]]
name = "report \\"x\\\\y"
args = {{ script = "r.py" }}
schedule_type = "interval"
interval_seconds = 3600
"""
DOLLAR = re.compile(r"\$__rate_interval")
OURS = re.compile(r"\bpeak_console_\w+")
ANOTHERS = {"node_textfile_mtime_seconds"}
"""Of node_exporter."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(str(tmp_path / "state"))
    yield opened
    opened.close()


def jobset(folder: Path, more: str = "") -> JobSet:
    path = folder / "jobs.toml"
    path.write_text(FILE.format(more=more), encoding="utf-8")
    return loader.load(str(path))


def exported(store: Store, jobs: JobSet) -> dict[str, float]:
    """Every sample, by its name and labels as they are written."""
    text = exposition(figures_of(store, jobs, after(60))).decode()
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def a_busy_day(store: Store) -> None:
    """Starts and ends of several kinds, an open alert, and a delivery that was refused."""
    for number, (outcome, late) in enumerate([("succeeded", 0.2), ("failed", 3.0), ("failed", 7000.0)]):
        run = claim(store, "backup", after(number))
        store.started(run.id, after(number), "1 mark", late=late)
        store.finish(run.id, outcome, 0, after(number + 10))
    claim(store, "backup", after(9), outcome=Outcome.MISSED)
    store.count_failures("backup", 2)
    running = claim(store, 'report "x\\y', after(11))
    store.started(running.id, after(11), "2 mark")
    store.add_alert(Alert(Level.CRITICAL, "m", NOW), ["desk"], NOW)
    store.delivery_failed(store.due_deliveries(after(1))[0].id, "no answer", after(600))


def test_the_figures_are_those_of_the_registry(store: Store, tmp_path: Path) -> None:
    a_busy_day(store)
    found = exported(store, jobset(tmp_path))
    expected = {
        "peak_console_engine_up": 0,
        "peak_console_runs_started_total": 4,
        "peak_console_runs_ended_total outcome=failed": 2,
        "peak_console_runs_ended_total outcome=succeeded": 1,
        "peak_console_runs_ended_total outcome=missed": 1,
        "peak_console_runs_ended_total outcome=lost": 0,
        "peak_console_start_lateness_seconds_bucket le=0.1": 0,
        "peak_console_start_lateness_seconds_bucket le=0.25": 1,
        "peak_console_start_lateness_seconds_bucket le=5.0": 2,
        "peak_console_start_lateness_seconds_bucket le=+Inf": 3,
        "peak_console_start_lateness_seconds_count": 3,
        "peak_console_start_lateness_seconds_sum": 7003.2,
        "peak_console_runs state=running": 1,
        "peak_console_places_taken": 1,
        "peak_console_places_limit": 3,
        "peak_console_alerts_open level=critical": 1,
        "peak_console_alerts_open level=warning": 0,
        "peak_console_delivery_attempts_failed_total channel=desk": 1,
        "peak_console_deliveries_waiting": 1,
        "peak_console_job_consecutive_failures job_name=backup": 2,
        "peak_console_job_last_success_timestamp_seconds job_name=backup": after(10).timestamp(),
        "peak_console_job_last_end_timestamp_seconds job_name=backup": after(12).timestamp(),
        "peak_console_job_last_duration_seconds job_name=backup": 10,
        "peak_console_jobs standing=running": 1,
        "peak_console_jobs standing=failed": 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert 'peak_console_job_last_duration_seconds job_name=report "x\\y' not in found, "it has not ended yet"
    assert 'peak_console_job_next_slot_timestamp_seconds job_name=report "x\\y' in found


def test_labels_are_bounded(store: Store, tmp_path: Path) -> None:
    for number in range(MOST_CHANNELS + 30):
        store.add_alert(Alert(Level.WARNING, "m", NOW), [f"channel {number}"], NOW)
    for delivery in store.due_deliveries(after(1), 200):
        store.delivered(delivery.id, after(1))
    found = exported(store, jobset(tmp_path, "[metrics]\nmax_jobs = 1"))
    channels = [name for name in found if name.startswith("peak_console_deliveries_total ")]
    assert len(channels) == MOST_CHANNELS + 1
    assert found[f"peak_console_deliveries_total channel={OTHERS}"] == 30
    assert {name.partition(" job_name=")[2] for name in found if " job_name=" in name} == {"backup"}
    assert found["peak_console_jobs_without_series"] == 1


def test_an_engine_that_does_not_decide_shows_as_lag(store: Store, tmp_path: Path) -> None:
    jobs = jobset(tmp_path)
    job = jobs.jobs["backup"]
    from peak_console.decisions.planner import Planner

    planner = Planner([job], {}, after(-7200))  # before 05:00; the figures are of 06:01
    for state in planner.states.values():
        store.decided(state.job, state.schedule, state.decided_until, state.off_since)
    assert exported(store, jobs)["peak_console_engine_lag_seconds"] == 3660


@pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
def test_promtool_finds_nothing_to_say(store: Store, tmp_path: Path) -> None:
    a_busy_day(store)
    text = exposition(figures_of(store, jobset(tmp_path), after(60)))
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    rules = ["promtool", "check", "rules", str(DOCS / "prometheus/rules.yml")]
    assert subprocess.run(rules, capture_output=True, check=False).returncode == 0


def test_dashboard_and_rules_ask_for_what_is_exported(store: Store, tmp_path: Path) -> None:
    store.add_alert(Alert(Level.WARNING, "m", NOW), ["desk"], NOW)
    jobs = jobset(tmp_path, '[[gate]]\nname = "risk"\nfile = "ok"\n[[alerts.channel]]\nname = "desk"\nurl = "json://x"')
    a_busy_day(store)
    names = {name.partition(" ")[0] for name in exported(store, jobs)}
    rules = (DOCS / "prometheus/rules.yml").read_text(encoding="utf-8")
    for expression in [*dashboard_queries(), *re.findall(r"(?s)expr: (?:>-\n)?(.*?)\n\s+(?:for|labels):", rules)]:
        used = set(OURS.findall(expression))
        assert used <= names, expression
        assert used or any(name in expression for name in ANOTHERS), expression


def dashboard_queries() -> list[str]:
    """The queries of the dashboard, as Grafana sends them."""
    dashboard = json.loads((DOCS / "prometheus/dashboard.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [DOLLAR.sub("1m", query) for query in queries]


def test_the_file_is_replaced_as_a_whole_and_others_may_read_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "out" / "peak_console.prom"
    figures = figures_of(store, jobset(tmp_path), NOW)
    with pytest.raises(FileNotFoundError):
        write_file(str(path), figures)
    path.parent.mkdir()
    before = os.umask(0o077)
    try:
        write_file(str(path), figures)
    finally:
        os.umask(before)
    assert path.read_bytes() == exposition(figures)
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(path.parent) == ["peak_console.prom"]
