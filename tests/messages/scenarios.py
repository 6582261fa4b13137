"""The scenarios, in the order of the walk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.messages.stage import Stage

SCENARIOS: list[Callable[[Stage], None]] = []


def scenario(function: Callable[[Stage], None]) -> Callable[[Stage], None]:
    SCENARIOS.append(function)
    return function


def failing(number: int) -> Callable[..., Any]:
    """A call of the system that does not work."""

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail
