"""From facts about the terminal to findings: what the console can show, and what tmux or screen take from it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.setup.doctor.findings import Finding, Grade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from peak_console.setup.doctor.facts import Terminal

FEWEST_COLUMNS: Final = 80
FEWEST_LINES: Final = 24
LONGEST_ESCAPE: Final = 100
"""How many milliseconds of waiting after Esc go unnoticed."""
_AREA: Final = "terminal"
_FULL: Final = ("truecolor", "24bit")
_BETTER: Final = {
    "tmux": 'set -g default-terminal "tmux-256color" in ~/.tmux.conf, and open a new pane',
    "screen": "term screen-256color in ~/.screenrc, and start screen again",
    "": "export COLORTERM=truecolor, if the terminal has all colours (most do)",
}
"""How there come to be more colours, inside of what."""


def judge_terminal(terminal: Terminal) -> Iterator[Finding]:
    if not terminal.is_terminal:
        yield Finding(
            _AREA, Grade.NOTE, "this is no terminal: the console needs one, --headless and the verbs do not",
            "ask again in the terminal that the console is for",
        )  # fmt: skip
        return
    yield _colours(terminal)
    yield _text(terminal)
    yield _size(terminal)
    if terminal.inside and terminal.settings is None:
        yield Finding(_AREA, Grade.NOTE, f"{terminal.inside} does not say how it is set", "see its manual, if need be")
    elif terminal.settings is not None:
        yield from (_tmux if terminal.inside == "tmux" else _screen)(terminal.settings)


def _colours(terminal: Terminal) -> Finding:
    if terminal.no_color:
        return Finding(_AREA, Grade.NOTE, "NO_COLOR is set: the console uses none", "unset NO_COLOR for colours")
    if terminal.term in ("", "dumb", "unknown"):
        return Finding(
            _AREA, Grade.PROBLEM, f'TERM is "{terminal.term}": the console cannot draw on such a terminal',
            "set TERM to what the terminal is, such as xterm-256color",
        )  # fmt: skip
    if terminal.colorterm in _FULL:
        return Finding(_AREA, Grade.OK, f"{terminal.term} with all colours")
    if "256" in terminal.term:
        return Finding(_AREA, Grade.OK, f"{terminal.term} with 256 colours")
    return Finding(_AREA, Grade.NOTE, f"{terminal.term} with 16 colours at the most", _BETTER[terminal.inside])


def _text(terminal: Terminal) -> Finding:
    if "utf" in terminal.locale.lower():
        return Finding(_AREA, Grade.OK, f"text is UTF-8 ({terminal.locale})")
    shown = terminal.locale or "none"
    return Finding(
        _AREA, Grade.WARNING, f"the locale ({shown}) is not UTF-8: lines and signs may come out as others",
        "export LC_ALL=C.UTF-8, or another locale of locale -a",
    )  # fmt: skip


def _size(terminal: Terminal) -> Finding:
    shown = f"{terminal.columns} by {terminal.lines} cells"
    if not terminal.columns or not terminal.lines:
        return Finding(
            _AREA, Grade.NOTE, f"the terminal does not say how large it is: the console takes {FEWEST_COLUMNS} by "
            f"{FEWEST_LINES} cells", "stty rows 42 cols 140, with its real numbers",
        )  # fmt: skip
    if terminal.columns < FEWEST_COLUMNS or terminal.lines < FEWEST_LINES:
        return Finding(
            _AREA, Grade.NOTE, f"{shown} are few", f"the console is made for {FEWEST_COLUMNS} by {FEWEST_LINES} or more"
        )
    return Finding(_AREA, Grade.OK, shown)


def _tmux(settings: Mapping[str, str]) -> Iterator[Finding]:
    good = [f"tmux {settings['version']}"]
    features = settings["client_termfeatures"].split(",")
    if "RGB" in features:
        good.append("all colours")
    elif settings["client_termfeatures"]:
        yield Finding(
            _AREA, Grade.NOTE, "tmux passes no more than 256 colours on to this terminal",
            'set -as terminal-features ",*:RGB" in ~/.tmux.conf, if the terminal has all colours (most do)',
        )  # fmt: skip
    wait = settings["escape-time"]
    if wait.isdigit() and int(wait) <= LONGEST_ESCAPE:
        good.append(f"escape-time {wait}")
    else:
        yield Finding(_AREA, Grade.NOTE, f"tmux holds Esc back for {wait} ms", "set -sg escape-time 10 in ~/.tmux.conf")
    if settings["set-clipboard"] != "off":  # the console asks tmux itself to copy, which "external" lets it
        good.append(f"set-clipboard {settings['set-clipboard']}")
    else:
        yield Finding(
            _AREA, Grade.NOTE,
            "what the console copies stays in tmux (set-clipboard off)",
            "set -s set-clipboard external in ~/.tmux.conf",
        )  # fmt: skip
    yield Finding(_AREA, Grade.OK, ", ".join(good))


def _screen(settings: Mapping[str, str]) -> Iterator[Finding]:
    if settings.get("altscreen") == "on":
        yield Finding(_AREA, Grade.OK, "screen gives the console a screen of its own (altscreen on)")
    else:
        yield Finding(
            _AREA,
            Grade.NOTE,
            "screen keeps the console's last picture after you leave it",
            "altscreen on in ~/.screenrc",
        )
