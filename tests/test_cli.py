"""The command line: what it understands, and what it makes of errors."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console import cli, cli_parser, cli_words
from peak_console.cli_verbs import VERBS
from peak_console.errors import PeakConsoleError, StateError, UsageError
from peak_console.version import __version__
from tests.support.properties import examples

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

DOCUMENTED = {
    "config": "config/scheduler/jobs.toml",
    "poll_interval": 30,
    "once": False,
    "include_tags": None,
    "exclude_tags": None,
    "dry_run": False,
    "verbose": False,
    "no_registry": False,
    "no_alerts": False,
}


def parsed(*words: str) -> Namespace:
    return cli_parser.make_parser(words).parse_args(words)


def test_every_documented_flag_has_its_documented_default() -> None:
    options = vars(parsed("--headless"))
    assert {name: options[name] for name in DOCUMENTED} == DOCUMENTED
    assert (options["state_dir"], options["log_format"], options["headless"]) == (None, "text", True)


def test_every_documented_flag_is_understood() -> None:
    options = parsed(
        "--config", "c.toml", "--poll-interval", "60", "--once", "--include-tags", "a,b", "--exclude-tags", "c",
        "--dry-run", "--verbose", "--no-registry", "--no-alerts",
    )  # fmt: skip
    assert (options.config, options.poll_interval, options.include_tags) == ("c.toml", 60, "a,b")
    assert all((options.once, options.dry_run, options.verbose, options.no_registry, options.no_alerts))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_common_flags_stand_before_or_after_a_verb(verb: str) -> None:
    what = ["x"] if verb in ("run", "logs") else []
    what += ["x"] if verb in ("stop", "enable", "disable") else []
    what += {"install": ["systemd"], "completion": ["bash"], "alert": ["info", "x"]}.get(verb, [])
    what += ["x"] if verb in ("why", "plan", "diff") else []
    before = parsed("--config", "a.toml", "--state-dir", "s", "--include-tags", "t", verb, *what)
    after = parsed(verb, *what, "--config", "a.toml", "--state-dir", "s", "--include-tags", "t")
    for options in (before, after):
        assert (options.config, options.state_dir, options.include_tags, options.exclude_tags) == (
            "a.toml", "s", "t", None,
        )  # fmt: skip
    assert parsed(verb, *what).config == cli_words.DEFAULT_CONFIG


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError("odd wish"), 2), (StateError("no place"), 1), (PeakConsoleError("two\nlines"), 1)],
)
def test_errors_become_one_message_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: PeakConsoleError, code: int
) -> None:
    def fail(_options: Namespace) -> int:
        raise error

    monkeypatch.setattr(cli, "_engine", fail)
    assert cli.main([]) == code
    assert capsys.readouterr().err == f"peak-console: {error}\n"


def test_control_characters_in_errors_do_not_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_options: Namespace) -> int:
        raise StateError("a\x1b[2Jb\r")

    monkeypatch.setattr(cli, "_engine", fail)
    assert cli.main([]) == 1
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\r" not in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"peak-console {__version__}\n"


@pytest.mark.parametrize("words", [["--help"], *[[verb, "--help"] for verb in sorted(VERBS)]])
def test_help_is_there_for_everything(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: peak-console")
    for verb in VERBS if words == ["--help"] else ():
        assert f"\n    {verb} " in shown or f"\n    {verb}\n" in shown, f"{verb} is listed"


@pytest.mark.parametrize("words", [["-x"], ["nonsense"], ["runs", "--nonsense"], ["--log-format", "xml"]])
def test_wrong_usage_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    assert "usage: peak-console" in capsys.readouterr().err


def test_a_run_of_nothing_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run"]) == 2
    assert capsys.readouterr().err == "peak-console: run: name a job, or --tags\n"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "86401"])
def test_a_poll_interval_that_makes_no_sense(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--headless", f"--poll-interval={seconds}"]) == 2
    assert "--poll-interval" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    config = tmp_path / "jobs.toml"
    config.write_text("".join(f'[[job]]\nname = "job{n}"\n' for n in range(3000)), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if name != "PEAK_CONSOLE_STATE_DIR"}
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "peak_console", "jobs", "--config", str(config)],
        stdout=writing, stderr=subprocess.PIPE, text=True, env=environ,
    )  # fmt: skip
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--alert-log x", "unknown flag --alert-log; see: peak-console --help"),
        ("--alert-log=x --once", "unknown flag --alert-log;"),
        ("--onec", "unknown flag --onec; did you mean --once?"),
        ("--config x --once --dry-runn --verbose", "unknown flag --dry-runn; did you mean --dry-run?"),
        ("--no-alert-log x", "unknown flag --no-alert-log; did you mean --no-alerts?"),
        ("--include-tag x --onc --bogus y", "unknown flag --bogus"),
        ("--poll-interval 0", "must be more than 0 and at most 86400 seconds, not 0"),
        ("--poll-interval nan", "must be more than 0 and at most 86400 seconds, not nan"),
        ("--poll-interval 1e9", "must be more than 0 and at most 86400 seconds, not 1e+09"),
        ("--quiet", "--quiet is for --once"),
        ("--once --quiet --verbose", "--quiet is for --once"),
        ("--include-tags , --once", "--include-tags: names no tag"),
        ("--exclude-tags= --once", "--exclude-tags: names no tag"),
        ("jobs --include-tags=", "--include-tags: names no tag"),
    ],
)
def test_what_is_wrong_with_a_flag_is_named(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words.split()) == cli.EXIT_USAGE
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["--config jobs --version", "--conf=x --version", "-v --version", "--poll-interval 3 --version"]
)
def test_values_and_short_forms_of_flags_are_no_unknown_flags(words: str) -> None:
    assert cli.main(words.split()) == 0


PLAIN = [
    *cli_words._PLAIN_SWITCHES, *cli_words._PLAIN_VALUES, "-v", "--", "-", "", "a.toml", "jobs", "run", "a b", "--onc",
    "--config=a.toml", "--poll-interval", "30", "--version", "--log-format", "json", "--help", "--in-browser", "x=y",
]  # fmt: skip


@given(words=st.lists(st.sampled_from(PLAIN), max_size=6))
def test_plain_words_mean_what_the_parser_makes_of_them(words: list[str]) -> None:
    options = cli_words.plain_options(words)
    if options is None:
        return
    meant = vars(cli_parser.parse(words))
    meant.pop("parser", None)  # for the completion of verbs
    assert vars(options) == meant


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--headless",
        "--headless --once --config a.toml --state-dir s",
        "--once --quiet --no-alerts --include-tags a,b",
    ],
)
def test_words_of_a_start_by_cron_need_no_parser(words: str) -> None:
    assert cli_words.plain_options(words.split()) is not None


WORDS = [
    "jobs", "runs", "run", "status", "gate", "nonsense", "--config", "--conf", "--job", "--json", "-v", "-h", "--help",
    "-qh", "--hel", "--headless", "--limit", "5", "--limit=5", "--", "--state-dir=s", "--poll-interval", "x", "",
    "--dry-run", "-q", "--outcome",
]  # fmt: skip


def answer_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, ...]:
    """What the parser makes of some words: the options, or the exit code and the words to the user."""
    try:
        options = vars(cli_parser.parse(words))
    except SystemExit as left:
        return (left.code, *capsys.readouterr())
    except UsageError as error:
        return (str(error),)
    act = options.pop("act", None)
    options.pop("parser", None)
    return (options, getattr(act, "__qualname__", None))


@examples(60)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_a_parser_of_one_verb_says_what_the_whole_parser_says(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    alone = answer_of(words, capsys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_parser, "NEED_ALL", tuple(VERBS))
        assert answer_of(words, capsys) == alone
