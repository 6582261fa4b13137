"""The shortest story that still fails, found by leaving out what is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.world import live_through

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.stories import Story


def shrunk(story: Story, rule: str, attempts: int = 300) -> list[int]:
    """The numbers of the actions that are needed to break a rule."""
    kept = list(range(len(story.actions)))
    size = len(kept) // 2
    while size and attempts > 0:
        begin, has_shrunk = 0, False
        while begin < len(kept) and attempts > 0:
            attempts -= 1
            fewer = kept[:begin] + kept[begin + size :]
            if breaks(story, fewer, rule):
                kept, has_shrunk = fewer, True
            else:
                begin += size
        if not has_shrunk:
            size //= 2
    return kept


def breaks(story: Story, numbers: Sequence[int], rule: str) -> bool:
    """Whether a story of only these actions breaks the rule."""
    _, broken = live_through(part(story, numbers))
    return broken is not None and broken.rule == rule


def part(story: Story, numbers: Sequence[int]) -> Story:
    """A story of only these actions."""
    return story.with_actions([story.actions[number] for number in numbers])
