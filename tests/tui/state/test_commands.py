"""What the console says of answers."""

from __future__ import annotations

import pytest

from peak_console.tui.state.commands import on_screen, told


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("backup: #1 is still running; stop it first, or use --force", "backup: #1 is still running; stop it first"),
        ("there is no alert #7; see: peak-console alerts", "there is no alert #7"),
        ("backup #2 started", "backup #2 started"),
    ],
)
def test_no_shell_words_stand_on_the_screen(message: str, said: str) -> None:
    assert on_screen(message) == said


def test_a_batch_is_one_text_with_its_refusals() -> None:
    answers = [("a #1 started", True), ("b: #2 is still running", False), ("c #3 started", True)]
    assert told(answers) == "2 done: a #1 started and 1 more; refused: b: #2 is still running"
    assert told([("a #1 started", True)]) == "a #1 started"
    assert told([(f"job {n} refused", False) for n in range(8)]).endswith("refused: job 4 refused; and 3 more refused")
