"""What the system tells of changes in directories, through the listener of watchfiles."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchfiles._rust_notify import RustNotify

_LISTENER = "watchfiles._rust_notify"


def listen(directories: Iterable[str]) -> RustNotify | None:
    """Be told of what happens in some directories; ``None`` where the system does not tell, or one has gone."""
    try:
        return _listener()(list(directories), False, False, 0, False, True)
    except (OSError, RuntimeError, ImportError, MemoryError):  # a directory went away; no watch or no memory is left
        return None


def _listener() -> type[RustNotify]:
    """The compiled part of watchfiles by itself: the package around it loads asyncio, six megabytes for nothing."""
    if _LISTENER not in sys.modules:
        from importlib.machinery import PathFinder
        from importlib.util import module_from_spec

        package = PathFinder.find_spec("watchfiles")
        assert package is not None
        spec = PathFinder.find_spec(_LISTENER, package.submodule_search_locations)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[_LISTENER] = module
    listener: type[RustNotify] = sys.modules[_LISTENER].RustNotify
    return listener
