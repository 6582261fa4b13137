"""What a console may do, and what it says when a key asks for anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.values import dataclass

if TYPE_CHECKING:
    from argparse import Namespace

_READ_ONLY = "this console is read-only: open one without --read-only to act"
_READ_ONLY_PAGE = "this page is read-only: start peak-console serve with --allow-actions to act from here"
_IN_BROWSER = "not available in a browser: open the console in a terminal for it"

_TAKING_OVER = frozenset({"take_over"})
_LEAVING = frozenset({"edit", "save"})
_ACTING = frozenset(
    {
        "run",
        "run_with",
        "rerun",
        "stop",
        "disable",
        "hold",
        "hold_jobs",
        "blackouts",
        "gates",
        "acknowledge",
        "acknowledge_all",
        "take_back",
        "note",
        "accept_jobs",
    }
)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the command line, and the owner of the state directory, leave this console; by default everything."""

    attach: bool = False
    """It shows what another process's engine does, and never becomes the engine itself."""
    read_only: bool = False
    """It changes nothing and writes nothing; implies ``attach``."""
    in_browser: bool = False
    """It is shown on a page: its operator has no terminal on this machine; implies ``attach``."""
    looks_only: str | None = None
    """Why this user may not act here whatever the command line says: the directory belongs to another user."""

    @classmethod
    def of(cls, options: Namespace) -> Permissions:
        given = vars(options)
        read_only, in_browser = bool(given.get("read_only")), bool(given.get("in_browser"))
        return cls(bool(given.get("attach")) or read_only or in_browser, read_only, in_browser)

    @property
    def why_not_act(self) -> str | None:
        """Why nothing can be commanded; ``None`` where it can."""
        if not self.read_only:
            return self.looks_only
        return _READ_ONLY_PAGE if self.in_browser else _READ_ONLY

    @property
    def why_not_leave_screen(self) -> str | None:
        """Why there is neither an editor nor a file to save to; ``None`` where there are both.

        From a browser either would be a way to everything that the program's user may do on this machine. A user
        who may only read the state directory may well write elsewhere.
        """
        if self.in_browser:
            return _IN_BROWSER
        return _READ_ONLY if self.read_only else None

    @property
    def why_not_suspend(self) -> str | None:
        """Why Ctrl+Z does nothing; ``None`` where it does."""
        return _IN_BROWSER if self.in_browser else None

    @property
    def not_offered(self) -> frozenset[str]:
        """The actions that key bar and palette leave out; their keys say why nothing happens."""
        refused = _TAKING_OVER if self.attach or self.looks_only is not None else frozenset()
        if self.why_not_leave_screen is not None:
            refused |= _LEAVING
        return refused | _ACTING if self.why_not_act is not None else refused

    def no_engine(self, key: str) -> str:
        """The sentence for the time without an engine, with what to do. ``key`` is the one that takes over."""
        if self.looks_only is not None:
            return "no engine serves this directory: only its owner can start one"
        if self.attach:
            return "no engine serves this directory: start one with peak-console --headless"
        return f"no engine serves this directory: press {key} to take over"
