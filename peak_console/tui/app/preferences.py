"""What the operator likes: theme, order of the jobs, how output is shown. Kept from one console to the next."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from peak_console.tui.drawing import themes
from peak_console.tui.jobs.columns import ALWAYS, COLUMN, USUAL
from peak_console.tui.state.config import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.config import ConsoleConfig
    from peak_console.tui.state.interface import Session

MOST_FILES = 50
"""Jobs files of which something is remembered."""


@dataclass(frozen=True, slots=True)
class View:
    """Which jobs are shown, and in which order."""

    text: str
    """The filter."""
    column: str
    descending: bool


class Preferences:
    """Restores what was chosen the last time, and saves each choice."""

    def __init__(self, config: ConsoleConfig, session: Session, layout: Layout, dialogs: Dialogs) -> None:
        """``config`` is what the operator has written in ``console.toml``."""
        self._config = config
        self._session = session
        self._layout = layout
        self._dialogs = dialogs
        self._settings = load_settings()
        self._theme_at_start = ""
        """The theme that the console started with, as long as the operator has chosen no other."""

    def tell_warnings(self) -> None:
        """Tell the operator what is wrong with ``console.toml``."""
        for warning in self._config.warnings:
            self._dialogs.say(warning, "warning")

    def first_theme(self, *, few_colours: bool, grey: bool, is_light: Callable[[], bool]) -> str:
        """The theme to start with: the configured one, else the last choice, else one that suits the terminal."""
        wanted = self._config.theme or self._settings.theme
        theme = themes.chosen(wanted, ansi=few_colours, grey=grey)
        if not wanted and theme == themes.DEFAULT_ANSI_THEME and is_light():
            theme = themes.LIGHT_ANSI_THEME
        self._theme_at_start = theme
        return self._theme_at_start

    @property
    def _path(self) -> str:
        """The jobs file, for which order and views are kept."""
        return os.path.abspath(self._session.jobs_file)

    def restore_order(self) -> None:
        """Sort the jobs as this jobs file's were sorted."""
        order = (self._settings.orders or {}).get(self._path)
        with suppress(ValueError, KeyError, TypeError):
            if isinstance(order, list):
                column, descending = order
                self._layout.jobs.sort(column, descending=bool(descending))
        columns = (self._settings.columns or {}).get(self._path)
        if isinstance(columns, list):
            self._layout.jobs.show_columns([key for key in COLUMN if key in columns])

    def choose_columns(self) -> None:
        """Ask which columns to show, and keep that for this jobs file."""
        from peak_console.tui.dialogs.columns import ColumnsDialog

        def chosen(columns: set[str] | None) -> None:
            if columns is None:
                return
            shown = [key for key in COLUMN if key in columns or key in ALWAYS]
            self._layout.jobs.show_columns(shown)
            self._settings = load_settings()  # another console may have written since
            kept = None if tuple(shown) == USUAL else shown
            self._write(replace(self._settings, columns=self._kept(self._settings.columns, kept)))

        offered = {key: COLUMN[key].title for key in COLUMN if key not in ALWAYS}
        self._dialogs.ask(ColumnsDialog(offered, self._layout.jobs.columns), chosen)

    # Views.

    @property
    def views(self) -> Mapping[str, View]:
        """The views that the operator has named for this jobs file, in the order of their names."""
        known = (self._settings.views or {}).get(self._path)
        found: Mapping[str, Any] = known if isinstance(known, dict) else {}
        views = {}
        for name in sorted(found):
            with suppress(ValueError, KeyError, TypeError):
                text, column, descending = found[name]
                if column in COLUMN and isinstance(text, str):
                    views[name] = View(text, column, bool(descending))
        return views

    def keep_view(self, name: str, view: View | None) -> None:
        """Keep a view by a name; ``None`` forgets it."""
        self._settings = load_settings()  # another console may have written since
        views = {known: (each.text, each.column, each.descending) for known, each in self.views.items()}
        views.pop(name, None)
        if view is not None:
            views[name] = (view.text, view.column, view.descending)
        self._write(replace(self._settings, views=self._kept(self._settings.views, views or None)))

    def _kept(self, before: Mapping[str, Any] | None, value: Any) -> Mapping[str, Any] | None:
        """What is kept by jobs file, with another ``value`` for ours; the oldest files are forgotten."""
        kept = {path: known for path, known in (before or {}).items() if path != self._path}
        if value is not None:
            kept[self._path] = value
        return dict([*kept.items()][-MOST_FILES:]) or None

    def restore_modes(self) -> None:
        """Show output as it was shown."""
        settings, output = self._settings, self._layout.output
        if settings.wrap is not None and settings.wrap != output.wrap:
            output.toggle_wrap()
        if settings.timestamps is not None and settings.timestamps != output.timestamps:
            output.toggle_timestamps()

    def theme_chosen(self, theme: str) -> None:
        """Save a new theme; the theme of the start is not a choice."""
        if theme != self._theme_at_start:
            self._theme_at_start = ""  # it may be chosen again
            self.save(theme)

    def save(self, theme: str) -> None:
        """Save what is in use now, if it has changed."""
        if not (self._layout.is_complete and self._layout.is_there) or self._session.permissions.read_only:
            return
        jobs, output = self._layout.jobs, self._layout.output
        self._settings = load_settings()  # another console may have written since
        worst_first = jobs.sort_column == "state" and not jobs.sort_descending
        order = None if worst_first else [jobs.sort_column, jobs.sort_descending]
        self._write(
            Settings(
                theme=self._settings.theme if theme == self._theme_at_start else theme,
                orders=self._kept(self._settings.orders, order),
                views=self._settings.views,
                columns=self._settings.columns,
                wrap=output.wrap,
                timestamps=output.timestamps,
            )
        )

    def _write(self, settings: Settings) -> None:
        if self._session.permissions.read_only:
            return
        if settings != self._settings:
            self._settings = settings
            problem = save_settings(settings)
            if problem is not None:
                self._dialogs.say(problem, "warning")
