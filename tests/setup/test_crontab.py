from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from peak_console.cli import main
from peak_console.jobs.command import build_command_args
from peak_console.jobs.loader import load
from peak_console.setup.crontab import convert
from peak_console.setup.units import cron
from tests.jobs.test_any_file import CHARACTERS
from tests.setup.test_install import service

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from peak_console.jobs.model import JobDefinition

CRONTAB = """\
# the desk's
MAILTO=desk@example.com
LEVEL = "two words"
*/5 9-17 * * MON-FRI /usr/bin/report --top-n 10
@daily cd /srv/desk && ./signals.py > /dev/null 2>&1
@reboot /usr/bin/first
0 7 * * * mail desk%hello
0 8 * * * date +\\%F
CRON_TZ=Asia/Tokyo
SHELL=/bin/bash
0 9 1,15 jan-jun 0 X=1 report
0 9 * * * python scan.py
61 * * * * report
nonsense
"""


def jobs_of(text: str, user: str | None = None) -> dict[str, JobDefinition]:
    jobset = load("jobs.toml", convert(text, user=user).text.encode(), {})
    assert list(jobset.warnings) == []
    return dict(jobset.jobs)


def test_a_crontab_becomes_jobs_that_mean_the_same() -> None:
    jobs = jobs_of(CRONTAB)
    assert list(jobs) == ["report", "signals", "date", "report_2", "scan"]
    report = jobs["report"]
    assert (report.command, build_command_args(report)) == ("/usr/bin/report", ["--top-n", "10"])
    assert report.schedule.cron == "*/5 9-17 * * mon-fri"
    assert report.env == {"PATH": "/usr/bin:/bin", "LEVEL": "two words"}
    assert (report.cwd, report.timeout_seconds, report.overlap, report.catch_up) == ("~", 0, "allow", "skip")
    signals = jobs["signals"]
    assert (signals.command, signals.schedule.cron) == ("/bin/sh", "@daily")
    assert build_command_args(signals) == ["-c", "cd /srv/desk && ./signals.py > /dev/null 2>&1"]
    assert build_command_args(jobs["date"]) == ["+%F"]
    assert (jobs["report_2"].command, jobs["report_2"].schedule.timezone) == ("/bin/bash", "Asia/Tokyo")
    assert build_command_args(jobs["scan"]) == ["-c", "python scan.py"]


def test_what_is_not_converted_is_named_with_its_line_and_why() -> None:
    left = {number: why for number, _, why in convert(CRONTAB).left}
    assert list(left) == [2, 6, 7, 13, 14]
    for number, word in {2: "alerts", 6: "boot", 7: "percent", 13: "minute", 14: "neither"}.items():
        assert word in left[number]


def test_lines_below_an_unknown_zone_are_left_out() -> None:
    found = convert("CRON_TZ=Mars/Base\n0 1 * * * true\nCRON_TZ=UTC\n0 2 * * * true\n")
    assert [number for number, *_ in found.left] == [1, 2]
    assert len(found.jobs) == 1


def test_lines_that_name_users() -> None:
    text = "17 * * * *\troot\tcd / && run-parts /etc/cron.hourly\n0 1 * * * www report a\n0 1 * * * www\n"
    assert build_command_args(jobs_of(text, "root")["cron.hourly"]) == ["-c", "cd / && run-parts /etc/cron.hourly"]
    assert list(jobs_of(text, "www")) == ["report"]
    assert next(why for _, _, why in convert(text, user="root").left) == "it runs as www: import it as that user"


def test_our_own_line_for_cron_can_be_read(tmp_path: Path) -> None:
    [job] = jobs_of(cron(service(tmp_path))).values()
    [dash_c, line] = build_command_args(job)
    assert (job.schedule.cron, dash_c) == ("*/5 * * * *", "-c")
    assert line.endswith("--headless --once")
    assert str(service(tmp_path).jobs_file) in line


PARTS = st.sampled_from(
    ["* * * * * ", "@daily ", "0 1 * * 7 ", "PATH=", "A = ", "CRON_TZ=UTC", "SHELL='", "'a b", "\n", "%"]
)


@given(
    st.lists(PARTS | st.text(CHARACTERS, max_size=6) | st.sampled_from(["a.sh", "cd /x; y"]), max_size=14).map("".join)
)
@settings(deadline=None)
def test_whatever_a_crontab_holds_the_jobs_file_loads(text: str) -> None:
    jobs_of(text)
    jobs_of(text, "root")


def test_the_verb_prints_the_file_and_says_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table").write_text(CRONTAB, encoding="utf-8")
    assert main(["import-crontab", str(tmp_path / "table")]) == 0
    said = capsys.readouterr()
    assert said.out == convert(CRONTAB).text
    assert f"{tmp_path}/table:6: not converted: @reboot /usr/bin/first: " in said.err
    assert "5 jobs; 5 lines not converted" in said.err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"@daily report\n")))
    out = str(tmp_path / "new.toml")
    assert main(["import-crontab", "-", "--write", out]) == 0
    assert list(load(out).jobs) == ["report"]
    assert main(["import-crontab", str(tmp_path / "table"), "--write", out]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_crontab_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-crontab", str(tmp_path / "none")]) == 1
    assert "none: cannot be read" in capsys.readouterr().err
    (tmp_path / "latin").write_bytes(b"\xe9")
    assert main(["import-crontab", str(tmp_path / "latin")]) == 1
    assert "is not UTF-8" in capsys.readouterr().err
