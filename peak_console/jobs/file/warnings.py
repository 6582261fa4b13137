"""Warnings of a jobs file as lines: keys of the user's own, of which real files are full, share one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from peak_console.jobs.model import Problem

_NAMED: Final = 5


def folded(warnings: Sequence[Problem]) -> list[str]:
    """A line for each warning, and one line for all unknown keys that resemble no known key."""
    strange = [warning for warning in warnings if warning.unknown_key]
    lines = [str(warning) for warning in warnings if not warning.unknown_key]
    if len(strange) < 2:
        return [str(warning) for warning in warnings]
    keys = list(dict.fromkeys(warning.unknown_key for warning in strange))
    named = ", ".join(f'"{key}"' for key in keys[:_NAMED])
    if len(keys) > _NAMED:
        named += f" and {len(keys) - _NAMED} more"
    word = "unknown key" if len(keys) == 1 else "unknown keys"
    advice = "put your own into [job.meta]; each place: peak-console validate"
    return [*lines, f"{warnings[0].path}: {word} {named}: without effect; {advice}"]
