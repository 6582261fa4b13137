"""What has been found once and need not be found again."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Found(dict["Any", "Any"]):
    """Answers by question, found when they are first asked for: ``found[question]`` costs no call after that.

    When there are ``most``, all are forgotten: who asks on finds anew what is still asked for.
    """

    def __init__(self, find: Callable[[Any], Any], most: int) -> None:
        self._find = find
        self._most = most

    def __missing__(self, question: Any) -> Any:
        if len(self) >= self._most:
            self.clear()
        answer = self[question] = self._find(question)
        return answer
