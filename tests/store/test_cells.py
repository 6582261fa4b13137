"""The words of a row become members of their enums as the row is read, and nowhere else."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Alert
from peak_console.model.terms import Level, Outcome, RunState, Trigger
from peak_console.store import cells
from tests.store.support import NOW, finished

if TYPE_CHECKING:
    from peak_console.store.store import Store


@pytest.mark.parametrize("words", [Level, Outcome, RunState, Trigger])
def test_a_word_is_read_as_the_member_of_its_enum(words: type[StrEnum]) -> None:
    read = cells.member_of(words)
    assert [read(str(word)) is word for word in words] == [True] * len(words)


@pytest.mark.parametrize("value", [None, "", "from tomorrow", "FINISHED", b"finished", 1, 0.5])
def test_what_is_no_word_of_an_enum_is_refused(value: object) -> None:
    with pytest.raises(cells.NONSENSE):
        cells.member_of(RunState)(value)


def test_rows_hold_members(store: Store) -> None:
    finished(store)
    store.add_alert(Alert(Level.WARNING, "look", NOW), [], NOW)
    [run], [alert] = store.runs(), store.alerts()
    assert [run.triggered_by, run.state, run.outcome, alert.level] == [
        Trigger.SCHEDULE, RunState.FINISHED, Outcome.SUCCEEDED, Level.WARNING,
    ]  # fmt: skip
    assert all(isinstance(word, StrEnum) for word in (run.triggered_by, run.state, run.outcome, alert.level))
