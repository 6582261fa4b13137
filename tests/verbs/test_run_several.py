"""``run`` for several jobs: which are meant, one after the other, and what is said of those that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.errors import PeakConsoleError
from peak_console.verbs import run

if TYPE_CHECKING:
    from tests.verbs.conftest import CommandLine


class Runs:
    """Stands for what runs one job: which were asked for, and what came of each."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ends: dict[str, int | str] = {}
        """By job, its exit code, or why it is refused."""

    def __call__(self, _options: Any, _jobset: Any, _directory: str, job: Any, _changes: Any) -> int:
        self.asked.append(job.name)
        end = self.ends.get(job.name, 0)
        if isinstance(end, str):
            raise PeakConsoleError(f"{job.name}: {end}")
        return end


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(run, "_run_one", runs)
    return runs


def test_jobs_are_run_by_name_and_by_tags_each_once_in_the_order_given(peak: CommandLine, runs: Runs) -> None:
    assert peak("run", "tokyo_scan", "risk_check", "--tags", "risk,forward").code == 0
    assert runs.asked == ["tokyo_scan", "risk_check", "forward_signals"]


def test_a_refused_one_does_not_keep_the_others_from_it(peak: CommandLine, runs: Runs) -> None:
    runs.ends = {"risk_check": "#3 is still running; stop it first, or use --force"}
    answer = peak("run", "risk_check", "tokyo_scan")
    assert runs.asked == ["risk_check", "tokyo_scan"]
    assert answer.code != 0
    assert "risk_check: #3 is still running" in answer.err
    assert "1 of 2 jobs refused; the others were started" in answer.err


def test_the_exit_code_is_that_of_the_first_that_fails(peak: CommandLine, runs: Runs) -> None:
    runs.ends = {"tokyo_scan": 7, "sweep": 3}
    assert peak("run", "risk_check", "tokyo_scan", "sweep", "--wait").code == 7
    assert runs.asked == ["risk_check", "tokyo_scan", "sweep"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("risk_check", "rsik_check"), 'did you mean "risk_check"'),
        ((), "run: name a job, or --tags"),
        (("--tags", "nothing"), "no job has nothing"),
        (("--tags", ""), "--tags: names no tag"),
    ],
)
def test_nothing_starts_where_the_words_are_wrong(
    peak: CommandLine, runs: Runs, words: tuple[str, ...], said: str
) -> None:
    answer = peak("run", *words)
    assert answer.code != 0
    assert said in answer.err
    assert runs.asked == []


def test_a_name_that_is_to_be_confirmed_keeps_all_from_starting(peak: CommandLine, runs: Runs) -> None:
    peak.jobs('[[job]]\nname = "a"\ncommand = "true"\n[[job]]\nname = "b"\ncommand = "true"\nconfirm = true\n')
    answer = peak("run", "a", "b")
    assert answer.code != 0
    assert "--confirm b" in answer.err
    assert runs.asked == []
    assert peak("run", "a", "b", "--confirm", "b").code == 0
    assert runs.asked == ["a", "b"]
