"""Only a yes opens a gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.gates import YES, recorded_reason, says_yes
from peak_console.jobs.beside import Gate
from peak_console.model.state import GateState
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job


@pytest.mark.parametrize(
    ("text", "is_open", "words"),
    [
        ("yes", True, ""),
        ("YES: spread 0.2\nmore", True, "spread 0.2"),
        ("\n  open - XETRA trades\n", True, "XETRA trades"),
        ("ok.", True, ""),
        ("", False, ""),
        ("\n \n", False, ""),
        ("no", False, "no"),
        ("no, not yes", False, "no, not yes"),
        ("yesterday", False, "yesterday"),
        ("true", False, "true"),
        ("1", False, "1"),
    ],
)
def test_the_first_word_of_the_first_line_decides(text: str, is_open: bool, words: str) -> None:
    assert says_yes(text) == (is_open, words)


@given(st.text())
def test_no_text_opens_a_gate_that_does_not_begin_with_a_yes(text: str) -> None:
    is_open, _ = says_yes(text)
    assert not is_open or text.strip().casefold().startswith(YES)


ASKED = Gate("g", env="G")


@pytest.mark.parametrize(
    ("gate", "state", "is_served", "reason"),
    [
        (Gate("g"), None, False, ""),
        (Gate("g"), GateState("g", closed_at=MONDAY_MORNING, closed_by="ada", closed_reason="fed"), True,
         "closed by ada since 2026-11-23 06:00:00: fed"),
        (ASKED, None, True, "has not answered yet"),
        (ASKED, GateState("g", answer="open"), True, ""),
        (ASKED, GateState("g", answer="open"), False, "not asked while no engine serves"),
        (ASKED, GateState("g", answer="closed", words="spread 3"), True, "closed: spread 3"),
        (ASKED, GateState("g", closed_at=MONDAY_MORNING, closed_by="ada", answer="open"), True,
         "closed by ada since 2026-11-23 06:00:00"),
    ],
)  # fmt: skip
def test_what_is_recorded_opens_a_gate_only_where_an_engine_asks_it(
    gate: Gate, state: GateState | None, is_served: bool, reason: str
) -> None:
    from datetime import UTC

    assert recorded_reason(gate, state, UTC, is_served=is_served) == reason


def test_a_gate_guards_jobs_by_name_and_tag_and_without_either_all() -> None:
    job = make_job("orders", tags=("live", "fx"))
    assert Gate("g").guards(job)
    assert Gate("g", tags=("fx",)).guards(job)
    assert Gate("g", jobs=("orders",)).guards(job)
    assert not Gate("g", tags=("eq",), jobs=("other",)).guards(job)
