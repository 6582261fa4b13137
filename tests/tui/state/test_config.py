"""What the operator may write into ``console.toml``, what is remembered, and the table of actions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, ClassVar

import pytest
from textual.app import App
from textual.widgets import Static

from peak_console.tui.drawing.themes import (
    DEFAULT_ANSI_THEME,
    DEFAULT_GREY_THEME,
    DEFAULT_THEME,
    THEMES,
    chosen,
    theme_names,
)
from peak_console.tui.keys.actions import ACTION, ACTIONS, Context, bindings_of, keys_of, keys_shown, shown
from peak_console.tui.keys.names import key_name, refusal
from peak_console.tui.state.config import (
    Settings,
    config_path,
    load_config,
    load_settings,
    save_settings,
    settings_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from peak_console.tui.state.config import ConsoleConfig

    Load = Callable[[str], ConsoleConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write_and_load(content: str) -> ConsoleConfig:
        path = tmp_path / "console.toml"
        path.write_text(content, encoding="utf-8")
        return load_config({"PEAK_CONSOLE_CONFIG": str(path)})

    return write_and_load


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


# The table of actions.


def test_every_action_is_there_once_and_can_be_explained() -> None:
    assert len(ACTION) == len(ACTIONS)
    assert all(action.label and action.help.endswith(".") and action.default_keys for action in ACTIONS)
    assert {action.context for action in ACTIONS} <= set(Context)


def test_every_default_key_is_a_key_and_may_be_bound() -> None:
    moves_or_closes = {("end", "jump_end"), ("escape", "close")}
    for action in ACTIONS:
        for key in action.default_keys:
            assert key_name(key) == key
            assert refusal(key) is None or (key, action.id) in moves_or_closes


def test_no_key_means_two_things_in_one_place() -> None:
    for context in Context:
        keys = [key for action in ACTIONS if action.context == context for key in action.default_keys]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("question_mark", "?"), ("ctrl+p", "Ctrl+P"), ("shift+tab", "Shift+Tab"), ("enter", "Enter"), ("R", "R"),
        ("left_square_bracket", "["), ("escape", "Esc"), ("r", "r"), ("slash", "/"),
    ],
)  # fmt: skip
def test_keys_are_shown_as_people_read_them(key: str, text: str) -> None:
    assert shown(key) == text


def test_replaced_keys_are_what_is_shown() -> None:
    assert keys_of(ACTION["run"], {"run": "ctrl+r,g"}) == ("ctrl+r", "g")
    assert keys_shown(ACTION["run"], {"run": "ctrl+r,g"}) == "Ctrl+R g"
    assert keys_shown(ACTION["run"], {}) == "r"


# Reading keys.


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("r", "r"), ("R", "R"), ("?", "question_mark"), ("[", "left_square_bracket"), ("ctrl+r", "ctrl+r"),
        ("Ctrl+R", "ctrl+r"), ("shift+r", "R"), ("Space", "space"), (" ", "space"), ("esc", "escape"), ("+", "plus"),
        ("ctrl++", "ctrl+plus"), (",", "comma"), ("question_mark", "question_mark"), ("PgUp", "pageup"),
        ("shift+ctrl+x", "ctrl+shift+x"), ("ä", "ä"),
    ],
)  # fmt: skip
def test_a_key_may_be_written_in_any_usual_way(written: str, key: str) -> None:
    assert key_name(written) == key


@pytest.mark.parametrize("written", ["", "rr", "ctrl+", "strg+r", "ctrl+rr", "r,s", "no_such_key"])
def test_what_is_no_key_is_none(written: str) -> None:
    assert key_name(written) is None


# console.toml.


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load_config({"HOME": str(tmp_path)})
    assert (config.bell, config.theme, dict(config.keymap), config.warnings) == (True, None, {}, ())
    assert config.path == str(tmp_path / ".config" / "peak-console" / "console.toml")


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"HOME": "/h"}, "/h/.config/peak-console/console.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/peak-console/console.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "not/absolute"}, "/h/.config/peak-console/console.toml"),
        ({"HOME": "/h", "PEAK_CONSOLE_CONFIG": "/own.toml"}, "/own.toml"),
    ],
)
def test_where_the_file_is(environ: Mapping[str, str], path: str) -> None:
    assert config_path(environ) == path


def test_everything_that_can_be_said(load: Load) -> None:
    config = load(
        '[console]\nbell = false\ntheme = "peak-16"\n\n[keys]\nrun = "ctrl+r"\nhelp = ["h", "?"]\nquit = "Q"\n'
    )
    assert config.warnings == ()
    assert (config.bell, config.theme) == (False, "peak-16")
    assert config.keymap == {"run": "ctrl+r", "help": "h,question_mark", "quit": "Q"}


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        ("[keys]\nruns = 'z'", '[keys] unknown action "runs"; did you mean "run"?'),
        ("[keys]\nquux_zzz = 'z'", '[keys] unknown action "quux_zzz"; the help (?) names them all'),
        ("[keys]\nrun = 'ctrl+b'", "[keys] run: Ctrl+B cannot be used: tmux takes it for itself"),
        ("[keys]\nrun = 'ctrl+a'", "[keys] run: Ctrl+A cannot be used: screen takes it for itself"),
        ("[keys]\nrun = 'ctrl+s'", "[keys] run: Ctrl+S cannot be used: it freezes many terminals"),
        ("[keys]\nrun = 'f5'", "[keys] run: F5 cannot be used: function keys differ between terminals"),
        ("[keys]\nrun = 'shift+f5'", "[keys] run: Shift+F5 cannot be used: function keys differ between terminals"),
        ("[keys]\nrun = 'up'", "[keys] run: ↑ cannot be used: it moves the cursor"),
        ("[keys]\nrun = 'strg+r'", '[keys] run: "strg+r" is no key; write for example "r", "ctrl+r" or "space"'),
        ("[keys]\nrun = 5", '[keys] run must be a key in quotes, such as "r", or a list of keys'),
        ("[keys]\nrun = []", '[keys] run must be a key in quotes, such as "r", or a list of keys'),
        ("[keys]\nrun = 'x'", '[keys] run: x is "stop" already; run keeps r'),
        ("[keys]\nfollow = '/'", '[keys] follow: / is "filter" in 1 Jobs already; follow keeps f'),
        ("[keys]\nwrap = 'r'", '[keys] wrap: r is "run" already; wrap keeps l'),
        ("[console]\nbell = 'yes'", "[console] bell must be true or false; it rings"),
        ("[console]\nbel = true", 'unknown key "bel" in [console]; did you mean "bell"?'),
        ("[console]\ntheme = 'peak-drak'", '[console] there is no theme "peak-drak"; did you mean "peak-dark"?'),
        ("[console]\ntheme = 1", "[console] theme must be the name of a theme in quotes"),
        ("[konsole]\nbell = true", 'unknown table "konsole"; did you mean "console"?'),
        ("keys = 1", "keys must be a table, [keys]"),
    ],
)
def test_what_cannot_be_used_is_a_warning_and_the_default_holds(load: Load, content: str, warning: str) -> None:
    config = load(content)
    assert config.warnings == (f"console.toml: {warning}",)
    assert (config.bell, config.theme, dict(config.keymap)) == (True, None, {})


def test_two_actions_can_swap_their_keys(load: Load) -> None:
    config = load("[keys]\nrun = 'x'\nstop = 'r'")
    assert (dict(config.keymap), config.warnings) == ({"run": "x", "stop": "r"}, ())


def test_of_two_that_want_one_key_the_later_gives_way(load: Load) -> None:
    config = load("[keys]\nrun = 'b'\nstop = 'b'")
    assert config.keymap == {"run": "b"}
    assert config.warnings == ('console.toml: [keys] stop: b is "run" already; stop keeps x',)


def test_one_key_may_mean_different_things_in_different_panes(load: Load) -> None:
    config = load("[keys]\nsort = 'b'\nwrap = 'b'\nclose = 'b'")
    assert (dict(config.keymap), config.warnings) == ({"sort": "b", "wrap": "b", "close": "b"}, ())


@pytest.mark.parametrize(("action", "key", "other"), [("close", "x", "stop"), ("past_late", "w", "why")])
def test_a_key_that_works_in_a_room_too_is_taken_there(load: Load, action: str, key: str, other: str) -> None:
    config = load(f"[keys]\n{action} = '{key}'")
    assert not config.keymap
    assert f'{key} is "{other}" already' in config.warnings[0]


def test_a_key_of_the_defaults_may_be_kept_beside_another(load: Load) -> None:
    config = load("[keys]\ndetails = ['enter', 'i']")
    assert (dict(config.keymap), config.warnings) == ({"details": "enter,i"}, ())


def test_a_warning_names_the_keys_that_help(load: Load) -> None:
    config = load("[console]\ntheme = 'zzz'\n[keys]\nquux_zzz = 'z'\nhelp = 'h'\ncommand_palette = 'ctrl+t'")
    unknown, theme = config.warnings
    assert unknown.endswith('unknown action "quux_zzz"; the help (h) names them all')
    assert theme.endswith('there is no theme "zzz"; Ctrl+T lists them')


def test_good_keys_of_a_list_count_though_one_is_bad(load: Load) -> None:
    config = load("[keys]\nrun = ['f5', 'b']")
    assert config.keymap == {"run": "b"}
    assert len(config.warnings) == 1


@pytest.mark.parametrize(
    "content",
    [b"[keys\n", b"\xff\xfe", b"a = " + b"[" * 5000, b"x = " + b"9" * 5000, b"#" * (1024 * 1024 + 1)],
    ids=["syntax", "encoding", "depth", "number", "size"],
)
def test_a_broken_file_is_one_warning_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "console.toml"
    path.write_bytes(content)
    config = load_config({"PEAK_CONSOLE_CONFIG": str(path)})
    (warning,) = config.warnings
    assert warning.startswith(f"{path} ")
    assert warning.endswith("; the console starts without it")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    config = load_config({"PEAK_CONSOLE_CONFIG": str(tmp_path / "none.toml")})
    assert config.warnings == (f"{tmp_path}/none.toml does not exist; the console starts without it",)


def test_a_directory_in_its_place_is_a_warning(tmp_path: Path) -> None:
    (warning,) = load_config({"PEAK_CONSOLE_CONFIG": str(tmp_path)}).warnings
    assert "cannot be read" in warning


def test_control_characters_do_not_reach_the_terminal(load: Load) -> None:
    warnings = load('[keys]\n"\\u001b]0;x" = "r"\nrun = "\\u001b[2J"').warnings
    assert not any("\x1b" in warning for warning in warnings)
    assert len(warnings) == 2


# What is remembered.


def test_what_was_saved_is_loaded(environ: dict[str, str]) -> None:
    settings = Settings(theme="nord", orders={"/a": ["name", True]}, views={}, wrap=False, timestamps=True)
    assert save_settings(settings, environ) is None
    assert load_settings(environ) == settings
    assert os.listdir(os.path.dirname(settings_path(environ))) == ["console.json"]


def test_nothing_saved_is_nothing_chosen(environ: dict[str, str]) -> None:
    assert load_settings(environ) == Settings()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "[" * 100_000, "\0", '{"theme": 5, "wrap": "yes"}'])
def test_a_broken_memory_is_no_memory(environ: dict[str, str], content: str) -> None:
    path = settings_path(environ)
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        file.write(content)
    assert load_settings(environ) == Settings()
    assert save_settings(Settings(wrap=True), environ) is None
    assert load_settings(environ) == Settings(wrap=True)


def test_what_is_sound_in_a_broken_memory_is_kept(environ: dict[str, str]) -> None:
    path = settings_path(environ)
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        json.dump({"theme": "nord", "orders": 3, "of_tomorrow": [1]}, file)
    assert load_settings(environ) == Settings(theme="nord")


def test_a_memory_that_cannot_be_written_is_said_and_leaves_nothing_behind(environ: dict[str, str]) -> None:
    os.makedirs(settings_path(environ))  # a directory stands where the file belongs
    sentence = save_settings(Settings(), environ)
    assert sentence is not None
    assert sentence.startswith(settings_path(environ))
    assert os.listdir(os.path.dirname(settings_path(environ))) == ["console.json"]


# Themes and keys in a running program.


class KeyedApp(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Context.EVERYWHERE, prefix="app.")]

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        for theme in THEMES:
            self.register_theme(theme)

    def compose(self) -> ComposeResult:
        yield Static("x")

    def action_run(self) -> None:
        self.ran.append("run")

    def action_stop(self) -> None:
        self.ran.append("stop")


async def test_the_keymap_is_what_textual_takes(load: Load) -> None:
    app = KeyedApp()
    async with app.run_test() as pilot:
        app.set_keymap(dict(load("[keys]\nrun = ['ctrl+r', 'b']\nstop = 'r'").keymap))
        await pilot.press("ctrl+r", "b", "r", "x")
    assert app.ran == ["run", "run", "stop"]


async def test_every_theme_can_be_worn() -> None:
    app = KeyedApp()
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.theme = theme.name
            await pilot.pause()
    assert {theme.name for theme in THEMES} <= set(theme_names())


def test_a_theme_that_does_not_exist_is_replaced() -> None:
    assert chosen("nord") == "nord"
    assert chosen("gone") == DEFAULT_THEME
    assert chosen(None, ansi=True) == DEFAULT_ANSI_THEME
    assert chosen(None, ansi=True, grey=True) == DEFAULT_GREY_THEME
    assert chosen("nord", grey=True) == "nord"
