"""What a jobs file changes, as the console says it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from peak_console.forecast.plan_words import ADDED, CHANGED, REMOVED, WARNING, lines_of
from peak_console.tui.answers.lines import MUTED, joined, sentence

if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.forecast.plan import Plan
    from peak_console.jobs.model import JobSet

ASKED = "asking the forecast what would start at once, and which deadlines would break …"
SAFE = "by forecast nothing starts at once because of it, and no deadline of the next day breaks"
NOTHING = "it says what the jobs file at work says: nothing changes"
_STYLES = {
    ADDED: "$text-success", REMOVED: "$text-error", CHANGED: "$text-accent", WARNING: "bold $text-warning",
}  # fmt: skip


def written(plan: Plan, after: JobSet, zone: tzinfo, width: int, *, is_foreseen: bool, trouble: str = "") -> Content:
    """Jobs by field, slots that move, what starts at once, deadlines that break.

    ``is_foreseen`` is whether the forecast has answered; ``trouble`` says why it has not.
    """
    lines = [_line(text, width) for text in lines_of(plan, after, zone)]
    if plan.is_empty:
        lines.append(sentence(NOTHING, width, MUTED))
    elif trouble:
        lines.append(sentence(f"the forecast: {trouble}", width, "$text-error"))
    elif not is_foreseen:
        lines.append(sentence(ASKED, width, MUTED))
    elif not plan.at_once and not plan.broken:
        lines.append(sentence(SAFE, width, MUTED))
    return joined(lines)


def _line(text: str, width: int) -> Content:
    sign, _, rest = text.partition(" ")
    if sign in _STYLES:
        return sentence(rest, width, _STYLES[sign], f"{sign} ", _STYLES[sign])
    return sentence(text.strip(), width, "", "    ")


def question(count: int) -> Content:
    """Asks whether a file is to be taken up that would remove jobs."""
    gone = "one job" if count == 1 else f"{count} jobs"
    return Content.assemble(
        (f"It removes {gone}. Load it now?", "bold"), ("   y loads it · Esc leaves it held back", MUTED)
    )
