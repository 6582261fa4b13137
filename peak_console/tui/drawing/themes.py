"""The console's own colour themes, beside those that Textual has.

Each keeps the five meanings apart: running (accent), what is well (success), what wants a look (warning), what
failed (error), and what is quiet (muted).
"""

from __future__ import annotations

from rich.terminal_theme import TerminalTheme
from textual.theme import BUILTIN_THEMES, Theme

DEFAULT_THEME = "peak-dark"
DEFAULT_ANSI_THEME = "peak-16"
"""For terminals of sixteen colours: it leaves every colour to the terminal."""
LIGHT_ANSI_THEME = "peak-16-light"
"""The same for terminals with a light background: bright colours cannot be read there."""
DEFAULT_GREY_THEME = "peak-grey"
"""For ``NO_COLOR``."""

THEMES: tuple[Theme, ...] = (
    Theme(
        name="peak-dark",
        primary="#4d8fd9",
        secondary="#8296b8",
        accent="#62b6f2",
        success="#62c083",
        warning="#e3ad4e",
        error="#ec5f5a",
        foreground="#d6dce4",
        background="#11151b",
        surface="#171d25",
        panel="#2d3745",
        variables={
            "text-muted": "#8290a2",
            "text-error": "#ff7b74",
            "text-warning": "#e9b965",
            "text-success": "#7acb97",
            "text-accent": "#7cc4f8",
            "text-primary": "#7fb0ea",
            "border": "#62b6f2",
            "border-blurred": "#2d3745",
            "footer-key-foreground": "#62b6f2",
            "scrollbar": "#2d3745",
            "scrollbar-hover": "#3d4a5c",
            "scrollbar-active": "#62b6f2",
            "scrollbar-background": "#11151b",
            "scrollbar-background-hover": "#11151b",
            "scrollbar-background-active": "#11151b",
            "scrollbar-corner-color": "#11151b",
        },
    ),
    Theme(
        name="peak-light",
        primary="#0b62c4",
        secondary="#57708f",
        accent="#0a6ebd",
        success="#1a7f45",
        warning="#94620a",
        error="#c8252f",
        foreground="#22272e",
        background="#f6f7f9",
        surface="#ffffff",
        panel="#c9d0d9",
        dark=False,
        variables={
            "text-muted": "#667180",
            "text-error": "#c8252f",
            "text-warning": "#8a5a06",
            "text-success": "#1a7f45",
            "text-accent": "#0a62ab",
            "text-primary": "#0b56ab",
            "border": "#0a6ebd",
            "border-blurred": "#c9d0d9",
            "footer-key-foreground": "#0a6ebd",
            "scrollbar": "#c9d0d9",
            "scrollbar-hover": "#aab4c0",
            "scrollbar-active": "#0a6ebd",
            "scrollbar-background": "#f6f7f9",
            "scrollbar-background-hover": "#f6f7f9",
            "scrollbar-background-active": "#f6f7f9",
            "scrollbar-corner-color": "#f6f7f9",
        },
    ),
    # The palette of Okabe and Ito: told apart with any of the common kinds of colour blindness.
    Theme(
        name="peak-colour-blind",
        primary="#0072b2",
        secondary="#8a9bb0",
        accent="#cc79a7",
        success="#56b4e9",
        warning="#f0e442",
        error="#d55e00",
        foreground="#e4e4e4",
        background="#101010",
        surface="#181818",
        panel="#3a3a3a",
        variables={
            "text-muted": "#979797",
            "text-error": "#e8641b",
            "text-warning": "#f0e442",
            "text-success": "#56b4e9",
            "text-accent": "#dd9cc2",
            "text-primary": "#dd9cc2",
            "border": "#cc79a7",
            "border-blurred": "#3a3a3a",
            "footer-key-foreground": "#dd9cc2",
            "scrollbar": "#3a3a3a",
            "scrollbar-hover": "#555555",
            "scrollbar-active": "#cc79a7",
            "scrollbar-background": "#101010",
            "scrollbar-background-hover": "#101010",
            "scrollbar-background-active": "#101010",
            "scrollbar-corner-color": "#101010",
        },
    ),
    # For NO_COLOR: what matters most is brightest, where red would come out darker than plain text.
    Theme(
        name="peak-grey",
        primary="#b4b4b4",
        secondary="#8c8c8c",
        accent="#ffffff",
        success="#a8a8a8",
        warning="#e0e0e0",
        error="#ffffff",
        foreground="#c8c8c8",
        background="#121212",
        surface="#1a1a1a",
        panel="#3c3c3c",
        variables={
            "text-muted": "#8c8c8c",
            "text-error": "#ffffff",
            "text-warning": "#f0f0f0",
            "text-success": "#b0b0b0",
            "text-accent": "#ffffff",
            "text-primary": "#d8d8d8",
            "border": "#ffffff",
            "border-blurred": "#3c3c3c",
            "footer-key-foreground": "#ffffff",
            "scrollbar": "#3c3c3c",
            "scrollbar-hover": "#5a5a5a",
            "scrollbar-active": "#ffffff",
            "scrollbar-background": "#121212",
            "scrollbar-background-hover": "#121212",
            "scrollbar-background-active": "#121212",
            "scrollbar-corner-color": "#121212",
        },
    ),
    Theme(
        name="peak-16",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_bright_cyan",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_bright_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "panel": "ansi_bright_black",
            "text-muted": "ansi_bright_black",
            "text-disabled": "ansi_bright_black",
            "border": "ansi_bright_cyan",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-background": "ansi_bright_black",
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_blue",
            "input-selection-foreground": "ansi_bright_white",
            "footer-key-foreground": "ansi_bright_cyan",
            "scrollbar": "ansi_bright_black",
            "scrollbar-hover": "ansi_white",
            "scrollbar-active": "ansi_bright_white",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            "screen-selection-background": "ansi_blue",
            "screen-selection-foreground": "ansi_bright_white",
        },
    ),
    Theme(
        name="peak-16-light",
        ansi=True,
        dark=False,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_blue",
        success="ansi_green",
        warning="ansi_magenta",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_white",
            "ansi-foreground": "ansi_black",
            "panel": "ansi_white",
            "text-muted": "ansi_bright_black",
            "text-disabled": "ansi_bright_black",
            "border": "ansi_blue",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": "ansi_bright_white",
            "block-cursor-background": "ansi_black",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-background": "ansi_white",
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_blue",
            "input-selection-foreground": "ansi_bright_white",
            "footer-key-foreground": "ansi_blue",
            "scrollbar": "ansi_bright_black",
            "scrollbar-hover": "ansi_black",
            "scrollbar-active": "ansi_black",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            "screen-selection-background": "ansi_blue",
            "screen-selection-foreground": "ansi_bright_white",
        },
    ),
)
"""To be registered with ``App.register_theme``."""

_Colour = tuple[int, int, int]


def _terminal_theme(background: str, foreground: str, plain: str, bright: str) -> TerminalTheme:
    """A terminal's sixteen colours: black, red, green, yellow, blue, magenta, cyan, white, and the bright ones."""
    return TerminalTheme(
        _rgb(background), _rgb(foreground), [_rgb(each) for each in plain.split()], [_rgb(e) for e in bright.split()]
    )


def _rgb(colour: str) -> _Colour:
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue


ANSI_DARK = _terminal_theme(
    "11151b",
    "d6dce4",
    "2d3745 ec5f5a 62c083 e3ad4e 4d8fd9 b98ae0 5cc1cf c3cad3",
    "66717f ff7b74 7fd99e f2c46b 7fb0ea d1a8f2 83dbe6 eef1f5",
)
ANSI_LIGHT = _terminal_theme(
    "f6f7f9",
    "22272e",
    "22272e c8252f 1a7f45 94620a 0b62c4 8a3fb8 0b7285 57606a",
    "667180 d9363e 22914f a86f0c 2b7bdb a158cc 138a9e 8c959f",
)
ANSI_COLOUR_BLIND = _terminal_theme(
    "101010",
    "e4e4e4",
    "3a3a3a f0792a 56b4e9 e69f00 7c9fd6 dd9cc2 9ad0f0 c8c8c8",
    "7a7a7a ff9a55 8accf5 f0e442 a5c1ea ecbcd8 c0e4fa f2f2f2",
)
ANSI_GREY = _terminal_theme(
    "121212",
    "c8c8c8",
    "3c3c3c f4f4f4 c8c8c8 e6e6e6 b4b4b4 d2d2d2 bebebe c8c8c8",
    "787878 ffffff dcdcdc f5f5f5 d2d2d2 e6e6e6 d7d7d7 ffffff",
)
_ANSI_OF = {"peak-colour-blind": ANSI_COLOUR_BLIND, "peak-grey": ANSI_GREY}


def ansi_of(theme: Theme) -> TerminalTheme:
    """What the sixteen colours of a job's output are, so that they mean there what they mean everywhere."""
    return _ANSI_OF.get(theme.name) or (ANSI_DARK if theme.dark else ANSI_LIGHT)


def theme_names() -> list[str]:
    """Every theme that ``theme`` in the configuration may name: ours first."""
    return [*(theme.name for theme in THEMES), *sorted(BUILTIN_THEMES)]


def chosen(wanted: str | None, *, ansi: bool = False, grey: bool = False) -> str:
    """The theme to start with: ``wanted`` if there is one of that name, else what suits the terminal.

    ``ansi`` is whether the terminal's own sixteen colours are to be used, ``grey`` whether there are to be none.
    """
    if wanted in theme_names():
        return wanted
    if grey:
        return DEFAULT_GREY_THEME
    return DEFAULT_ANSI_THEME if ansi else DEFAULT_THEME
