"""A run that has ended well is held against what its job expects; the numbers of its result are kept."""

from __future__ import annotations

from peak_console.engine.results.reading import NoResultError, read_result
from peak_console.engine.supervision.aside import Aside, CrowdedError
from peak_console.engine.supervision.mishaps import sentence
from peak_console.jobs.expectations import metrics, unmet
from peak_console.model.terms import Outcome
from peak_console.text import safe
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from peak_console.engine.supervision.ends import End

PATIENCE_SECONDS = 1.0
"""How long a result may take to be read: beyond it the file system that it is on counts as one that does not answer."""

_aside = Aside()


def judged(end: End, directory: str, base: str | None, mask: Callable[[str], str]) -> tuple[End, Mapping[str, float]]:
    """The end of a run, which is unexpected where its result is; and the numbers of the result."""
    try:
        call = _aside.call(lambda: read_result(end.job, end.run, directory, base))
    except CrowdedError:
        return _unexpected(end, "its result cannot be read: too many files do not answer"), {}
    if not call.is_over(PATIENCE_SECONDS):
        return _unexpected(end, f"its result cannot be read: it does not answer within {PATIENCE_SECONDS:g} s"), {}
    if call.error is not None:
        known = isinstance(call.error, NoResultError)
        return _unexpected(end, mask(safe(str(call.error) if known else sentence(call.error)))), {}
    result: Any = call.result
    wrong = unmet(end.job.expect or {}, result)
    numbers = metrics(result)
    return (_unexpected(end, mask(safe("; ".join(wrong)))) if wrong else end), numbers


def _unexpected(end: End, reason: str) -> End:
    return replace(end, outcome=Outcome.UNEXPECTED, reason=reason)
