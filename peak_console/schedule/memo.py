"""A cache that costs no function call for a known question."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Memo(dict["Any", "Any"]):
    """Answers by question: ``memo[question]`` computes an answer the first time, and looks it up after that.

    When it holds ``most`` answers it is emptied; the ones still needed are computed again.
    """

    def __init__(self, find: Callable[[Any], Any], most: int) -> None:
        self._find = find
        self._most = most

    def __missing__(self, question: Any) -> Any:
        if len(self) >= self._most:
            self.clear()
        answer = self[question] = self._find(question)
        return answer
