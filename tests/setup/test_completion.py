"""What may stand at the cursor: by the parser, the jobs file and the registry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peak_console.cli_verbs import VERBS
from peak_console.setup.completion.bash_words import Words
from peak_console.setup.completion.known import Known
from peak_console.verbs.setting_up.completion import SEPARATOR
from tests.verbs.support import record_alert, record_run

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine

BREAKS = " \t\n\"'@><=;|&(:"
"""Where readline breaks words, unless somebody has told it otherwise."""
NAMES = """\
# [[job]]
# name = "commented"
[scheduler]
name = "not a job"
[[ job ]]
name = "with space"
tags = ["desk", "y z",  # ] a comment
  "with, comma", 7]
[[job]]
"name"="fx:eur"
description = \"\"\"
name = 3 \"\"\"
  name  =  'it is "raw"'
[[job]]
name = "tab\\there"
[[job]]
name = "broken
[[job]]
name = "Größe \\"x\\""
[[alerts.channel]]
name = "desk"
tags = ["channel"]
"""


def lines(peak: CommandLine, *words: str) -> list[str]:
    """What zsh and fish are told: the words before the one at the cursor, and that one."""
    from peak_console.cli import main

    peak._capture.readouterr()
    assert main(["completion", "fish", f"--words={SEPARATOR.join(['--config', str(peak.config), *words])}"]) == 0
    captured = peak._capture.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def texts(peak: CommandLine, *words: str) -> list[str]:
    return [line.partition("\t")[0] for line in lines(peak, *words)]


def test_every_verb_is_offered_with_what_it_is_for(peak: CommandLine) -> None:
    assert texts(peak, "") == list(VERBS)
    assert lines(peak, "vali") == [f"validate\t{VERBS['validate'][0]}"]
    assert texts(peak, "nonsense", "") == []


def test_flags_are_those_of_the_verb_that_are_not_there_yet(peak: CommandLine) -> None:
    assert texts(peak, "next", "--c") == ["--count", "--calendar"]  # --config is given already
    assert "--job" not in texts(peak, "next", "--job", "x", "--")
    assert "--set" in texts(peak, "run", "--set", "a=1", "risk_check", "--s")
    assert texts(peak, "--in-b") == []
    assert texts(peak, "release", "") == [
        "--help", "--state-dir", "--include-tags", "--exclude-tags", "--slots", "--tags", "--jobs", "--all",
        "--confirm",
    ]  # fmt: skip
    assert texts(peak, "run", "--", "--") == []
    assert texts(peak, "run", "--", "risk_check", "") == []


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("enable",),
        ("disable",),
        ("logs",),
        ("next", "--job"),
        ("runs", "--limit", "5", "--job"),
        ("run", "--"),
    ],
)
def test_jobs_stand_where_a_job_is_asked_for(peak: CommandLine, words: tuple[str, ...]) -> None:
    assert texts(peak, *words, "") == ["forward_signals", "risk_check", "tokyo_scan", "sweep"]
    assert texts(peak, *words, "ri") == ["risk_check"]


def test_flags_may_be_cut_short_and_hold_their_value(peak: CommandLine) -> None:
    assert texts(peak, "next", "--jo", "r") == ["risk_check"]
    assert texts(peak, "next", "--job=ri") == ["--job=risk_check"]
    assert texts(peak, "next", "--nonsense=ri") == []
    assert texts(peak, "status", "--line=") == []


def test_choices_and_outcomes(peak: CommandLine) -> None:
    assert texts(peak, "install", "") == ["systemd", "launchd", "cron"]
    assert texts(peak, "logs", "--stream", "") == ["out", "err"]
    assert texts(peak, "--log-format=") == ["--log-format=text", "--log-format=json"]
    assert texts(peak, "runs", "--outcome", "s") == ["succeeded", "stopped", "skipped"]


def test_tags_are_added_one_after_the_other(peak: CommandLine) -> None:
    assert texts(peak, "--include-tags", "") == ["<more>", "forward", "prod", "risk", "scan", "heavy"]
    assert texts(peak, "jobs", "--exclude-tags", "prod,risk,") == [
        "<more>", "prod,risk,forward", "prod,risk,scan", "prod,risk,heavy",
    ]  # fmt: skip


def test_files_and_directories_are_left_to_the_shell(peak: CommandLine) -> None:
    assert texts(peak, "--config", "") == ["<files>"]
    assert texts(peak, "import-crontab", "--write", "x") == ["<files>"]
    assert texts(peak, "jobs", "--state-dir=") == ["<directories>"]
    assert texts(peak, "disable", "risk_check", "--reason", "") == []


def test_runs_and_alerts_are_offered_by_number_with_what_they_are(peak: CommandLine, store: Store) -> None:
    first = record_run(store, outcome="failed")
    second = record_run(store, "sweep", outcome=None)
    alert = record_alert(store, "it failed\nwith details")
    assert lines(peak, "logs", "#") == [f"#{second.id}\tsweep, running", f"#{first.id}\trisk_check, failed"]
    assert lines(peak, "stop", "") == ["sweep\t1 under way", f"#{second.id}\tsweep"]
    assert lines(peak, "ack", "") == ["all\tevery alert that is open", f"{alert.id}\tit failed"]


def test_the_registry_is_looked_for_where_the_line_and_the_file_say(peak: CommandLine, store: Store) -> None:
    run = record_run(store)
    peak.jobs('[scheduler]\nstate_dir = "elsewhere"\n')
    assert lines(peak, "logs", "#") == []
    assert texts(peak, "--state-dir", str(peak.directory), "logs", "#") == [f"#{run.id}"]


@pytest.mark.parametrize("broken", ["file", "directory", "registry"])
def test_what_cannot_be_read_offers_nothing_and_says_nothing(peak: CommandLine, broken: str) -> None:
    if broken == "registry":
        peak.directory.mkdir()
        (peak.directory / "registry.db").write_bytes(b"no database")
        assert lines(peak, "stop", "") == []
        return
    peak.config.unlink()
    if broken == "directory":
        peak.config.mkdir()
    assert lines(peak, "run", "") == []


def test_the_jobs_file_is_looked_through_even_while_it_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text(NAMES, encoding="utf-8")
    known = Known(str(path), None)
    assert list(known.jobs()) == ["with space", "fx:eur", 'it is "raw"', "tab\there", 'Größe "x"']
    assert list(known.tags()) == ["desk", "y z"]


def test_ten_thousand_jobs_are_looked_through_in_no_time(tmp_path: Path) -> None:
    job = '[[job]]\nname = "job_{0}"\nargs = {{ script = "scripts/run.py", symbol = "BTC/EUR" }}\ntags = ["a", "b"]\n'
    path = tmp_path / "jobs.toml"
    path.write_text("".join(job.format(n) for n in range(10_000)), encoding="utf-8")
    before = time.process_time()
    assert len(Known(str(path), None).jobs()) == 10_000
    assert time.process_time() - before < 1


def test_names_that_no_line_can_hold_are_left_out(peak: CommandLine) -> None:
    peak.jobs('[[job]]\nname = "a"\n[[job]]\nname = "tab\\there"\n[[job]]\nname = "line\\nbreak"\n')
    assert texts(peak, "run", "") == ["a"]


# --- the lines of bash ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "whole", "current", "quote"),
    [
        ("pc run ri", ["pc", "run"], "ri", ""),
        ("pc run ", ["pc", "run"], "", ""),
        ("pc  --job=a\\ b  x", ["pc", "--job=a b"], "x", ""),
        ('pc run "a b', ["pc", "run"], "a b", '"'),
        ("pc run 'it'\\''s'", ["pc", "run"], "it's", ""),
        ("pc run 'it'\\''s' '", ["pc", "run", "it's"], "", "'"),
        ('pc run "a\\"b\\x\\$', ["pc", "run"], 'a"b\\x$', '"'),
        ('pc run "" "" x', ["pc", "run", "", ""], "x", ""),
        ("pc run a\\", ["pc", "run"], "a\\", ""),
    ],
)
def test_a_line_is_read_as_bash_reads_it(line: str, whole: list[str], current: str, quote: str) -> None:
    words = Words(line, BREAKS)
    assert (words.whole, words.current, words.quote) == (whole, current, quote)


@pytest.mark.parametrize(
    ("line", "candidate", "reply"),
    [
        ("pc run w", "with space", "with\\ space"),
        ('pc run "w', "with space", "with space"),
        ('pc run "', 'say "hi" $x', 'say \\"hi\\" \\$x'),
        ("pc run 'w", "it's", "it'\\''s"),
        ("pc run fx:e", "fx:eur", "eur"),
        ('pc run "fx:e', "fx:eur", "fx:eur"),
        ("pc next --job=fx:", "--job=fx:eur", "eur"),
        ("pc run '", "#1*", "#1*"),
        ("pc run ", "#1*", "\\#1\\*"),
        ("pc run G", "Größe", "Größe"),
    ],
)
def test_a_reply_continues_the_line_where_readline_does(line: str, candidate: str, reply: str) -> None:
    assert Words(line, BREAKS).replies([candidate]) == [reply]


def test_bash_is_answered_up_to_the_cursor(peak: CommandLine) -> None:
    peak.jobs('[[job]]\nname = "Größe 1"\n')
    line = f"peak-console --config {peak.config} run Grö and more"
    point = len(line.removesuffix(" and more"))
    answer = peak_bash(peak, line, point)
    assert answer == "Größe\\ 1\n"


def peak_bash(peak: CommandLine, line: str, point: int) -> str:
    from peak_console.cli import main

    peak._capture.readouterr()
    assert main(["completion", "bash", f"--words={SEPARATOR.join([line, str(point), BREAKS])}"]) == 0
    return peak._capture.readouterr().out
