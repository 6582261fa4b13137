"""What an operator asks of the history in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.past.run_words import FAILED, OUTCOME_WORDS, TRIGGER_WORDS, asked_runs
from peak_console.errors import UsageError
from peak_console.model.run_filter import UNDER_WAY, RunFilter
from peak_console.model.terms import Outcome, Trigger
from peak_console.text import safe

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 13, 55, 48, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
TAGS = {"risk_check": ("risk", "live"), "risk_report": ("report",), "Backup": ("live",)}


def asked(text: str) -> RunFilter:
    return asked_runs(text, BERLIN, NOW).of_jobs(TAGS, TAGS.__getitem__)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", RunFilter()),
        ("failed", RunFilter(outcomes=FAILED)),
        ("timed-out SKIPPED", RunFilter(outcomes=(Outcome.TIMED_OUT, Outcome.SKIPPED))),
        ("running manual", RunFilter(outcomes=(UNDER_WAY,), triggers=(Trigger.MANUAL,))),
        ("catch-up hand", RunFilter(triggers=(Trigger.CATCH_UP, Trigger.MANUAL))),
        ("late", RunFilter(late_seconds=0)),
        ("late:>1m", RunFilter(late_seconds=60)),
        ("late:2h late", RunFilter(late_seconds=7200)),
        ("by:ada today", RunFilter(person="ada", since=MIDNIGHT)),
        ("yesterday", RunFilter(since=MIDNIGHT - timedelta(days=1), until=MIDNIGHT)),
        ("since:08:00 until:10:30", RunFilter(since=MIDNIGHT + timedelta(hours=8),
                                              until=MIDNIGHT + timedelta(hours=10.5))),
        ("since:yesterday_18:00", RunFilter(since=MIDNIGHT - timedelta(hours=6))),
        ("risk", RunFilter(jobs=["risk_check", "risk_report"])),
        ("risk !report", RunFilter(jobs=["risk_check"])),
        ("back ok", RunFilter(jobs=["Backup"], outcomes=(Outcome.SUCCEEDED,))),
        ("#live", RunFilter(jobs=["risk_check", "Backup"])),
        ("tag:report #live", RunFilter(jobs=["risk_check", "risk_report", "Backup"])),
        ("/^b.*p$/", RunFilter(jobs=["Backup"])),
        ("job:Backup", RunFilter(jobs=["Backup"])),
        ("job:back", RunFilter(jobs=[])),
    ],
)  # fmt: skip
def test_words_become_a_filter(text: str, wanted: RunFilter) -> None:
    assert asked(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("late:soon", '"soon" is not a duration'),
        ("sine:2h", 'did you mean "since:"'),
        ("whose:ada", "use one of late:, by:"),
        ("since:zzz", '"zzz" is neither a time nor a duration'),
        ("/(/", '"\\(" is no regular expression'),
    ],
)
def test_what_makes_no_sense_is_told(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        asked(text)


@given(st.lists(st.sampled_from([*OUTCOME_WORDS, *TRIGGER_WORDS, "late", "today", "risk", "#live", "!x"]) | st.text()))
def test_any_words_are_a_filter_or_a_sentence(words: list[str]) -> None:
    sentence = ""
    try:
        asked(" ".join(words))
    except UsageError as error:
        sentence = str(error)
    assert safe(sentence) == sentence
