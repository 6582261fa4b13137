"""The theme that the console begins with."""

from __future__ import annotations

from typing import Any

from textual.app import App

from peak_console.tui import textual_private
from peak_console.tui.drawing import themes


def begin_with_theme(app: App[Any], name: str) -> None:
    """Do what a change of ``theme`` does, before the style sheets are read: afterwards, they would be read twice."""
    for theme in themes.THEMES:
        app.register_theme(theme)
    app.set_reactive(App.theme, name)
    dark = app.current_theme.dark
    for class_name, holds in (("-dark-mode", dark), ("-light-mode", not dark), (f"-theme-{name}", True)):
        app.set_class(holds, class_name, update=False)
    textual_private.use_theme_before_start(app, app.ansi_theme)
    app.stylesheet.set_variables(app.get_css_variables())
