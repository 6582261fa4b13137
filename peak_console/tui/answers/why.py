"""Why a job starts or does not, as the console says it: then, now by each condition, and what would change it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.answers.lines import MUTED, heading, joined, sentence
from peak_console.tui.keys.actions import key_shown
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.content import Content

    from peak_console.forecast.why import Condition, Told

HOLDS, UNMET = "✔", "✖"
ASKED = "asking the forecast …"
WAYS_OUT: Mapping[str, str] = {
    "served": "an engine that serves it",
    "enabled": "enabled = true in the jobs file, or {disable}",
    "override": "{disable} enables it",
    "hold": "its release: {hold} where everything is held, {hold_jobs} where some jobs are",
    "blackout": "the end of the blackout; {blackouts} ends one that was added",
    "gate": "the gate's next yes; {gates} shows the gates",
    "schedule": "its slot; sooner: {run}",
    "after": "the runs that it waits for; without them: {run}",
    "requires": "the files that it requires",
    "overlap": "the end of its run; sooner: {stop} stops that",
    "retry": "the end of that attempt",
    "group": "the end of a run of its group",
    "places": "the end of any run, or a higher max_concurrent_runs",
}
"""By condition, what would have it hold; the names in braces are actions, for which their keys are shown."""
_ACTIONS = ("disable", "hold", "hold_jobs", "blackouts", "gates", "run", "stop")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known so far."""

    now: Told
    then: Told | None = None
    """Of the run or slot that was asked about; ``None`` where none was, or while the forecast has yet to tell."""
    about: str = ""
    """What ``then`` is about: ``run #12``, ``the slot 09:00``; empty where only the job was asked about."""
    ahead: Sequence[str] | None = None
    """What the forecast says of the job; ``None`` while it is asked."""


def way_out(now: Told, keymap: Mapping[str, str]) -> str:
    """What would change the answer, with the keys that do it; empty where nothing is in the way."""
    if now.unmet is None:
        return ""
    keys = {action: key_shown(action, keymap) for action in _ACTIONS}
    return WAYS_OUT.get(now.unmet.name, "").format(**keys)


def written(answer: Answer, width: int) -> Content:
    """What the answer rests on, in lines of a width."""
    return joined(_lines(answer, width))


def verdict(answer: Answer, keymap: Mapping[str, str], width: int) -> Content:
    """The answer in one sentence, and what would change it."""
    now = answer.now
    lines = [sentence(now.sentence, width, "bold $text-success" if now.unmet is None else "bold $text-warning")]
    if way := way_out(now, keymap):
        lines.append(sentence(way, width, "", "what would change it  "))
    return joined(lines)


def _lines(answer: Answer, width: int) -> Iterator[Content]:
    now, then = answer.now, answer.then
    if answer.about:
        yield heading(answer.about)
        yield sentence(then.sentence if then is not None else ASKED, width, "bold" if then is not None else MUTED)
        for line in then.more if then is not None else ():
            yield sentence(line, width, MUTED)
        yield sentence("", width)
        yield heading("now")
    yield from (_condition(each, width) for each in now.conditions)
    yield sentence("", width)
    yield heading("before and after")
    for line in now.more:
        yield sentence(line, width, MUTED)
    for line in answer.ahead if answer.ahead is not None else (ASKED,):
        yield sentence(line, width, "$text-primary" if answer.ahead is not None else MUTED)


def _condition(each: Condition, width: int) -> Content:
    sign, style = (HOLDS, "$text-success") if each.holds else (UNMET, "bold $text-error")
    return sentence(each.saw, width, MUTED if each.holds else style, f"{sign} {each.name:<10}", style)
