"""What the title of the output says of its run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from peak_console.model.records import Trigger
from peak_console.tui.output.words import run_title
from tests.tui.harness import ZONE, fixed_now, make_run

CHANGES = "symbols left out, top_n=5"
BY_HAND = make_run(
    1287, "risk", triggered_by=Trigger.MANUAL, requested_by="anna",
    args={"top_n": 5}, args_changed=("symbols", "top_n"),
    scheduled_for=fixed_now() - timedelta(hours=1), attempt=2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("room", "place", "said"),
    [
        (
            200, (2, 15),
            f"risk #1287 · ✔ ok after 2.0s · 2nd of 15, not the latest · ≠ {CHANGES} · by anna 13:55 · attempt 2",
        ),
        (60, (3, 15), "risk #1287 · ✔ ok after 2.0s · 3rd of 15, not the latest"),
        (20, (11, 15), "risk #1287 · ✔ ok after 2.0s"),
        (70, (1, 15), "risk #1287 · ✔ ok after 2.0s · ≠ symbols left out, top_n=5"),
    ],
)  # fmt: skip
def test_it_says_which_run_this_is_and_first_of_all_that_it_is_not_the_latest(
    room: int, place: tuple[int, int], said: str
) -> None:
    assert run_title(BY_HAND, fixed_now(), ZONE, room, place).plain == said


def test_a_slots_run_says_when_it_was_due() -> None:
    slot = fixed_now() - timedelta(days=1)
    run = make_run(3, "risk", scheduled_for=slot)
    assert run_title(run, fixed_now(), ZONE, 100).plain == "risk #3 · ✔ ok after 2.0s · due Sun 14:55"
    caught = make_run(3, "risk", scheduled_for=slot, triggered_by=Trigger.CATCH_UP)
    assert run_title(caught, fixed_now(), ZONE, 100).plain.endswith("caught up, due Sun 14:55")
