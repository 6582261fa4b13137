"""What the operator likes: theme, order of the jobs, how output is shown. Kept from one console to the next."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from peak_console.tui.drawing import themes
from peak_console.tui.state.config import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.config import ConsoleConfig
    from peak_console.tui.state.interface import Session


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

    def first_theme(self, *, few_colours: bool, grey: bool) -> str:
        """The theme to start with: the configured one, else the last choice, else one that suits the terminal."""
        wanted = self._config.theme or self._settings.theme
        self._theme_at_start = themes.chosen(wanted, ansi=few_colours, grey=grey)
        return self._theme_at_start

    def restore_order(self) -> None:
        """Sort the jobs as they were sorted."""
        settings = self._settings
        if settings.sort_column:
            with suppress(ValueError, KeyError):
                self._layout.jobs.sort(settings.sort_column, descending=bool(settings.sort_descending))

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
        if not self._layout.is_complete or self._session.permissions.read_only:
            return
        jobs, output = self._layout.jobs, self._layout.output
        settings = Settings(
            theme=self._settings.theme if theme == self._theme_at_start else theme,
            sort_column=jobs.sort_column,
            sort_descending=jobs.sort_descending,
            wrap=output.wrap,
            timestamps=output.timestamps,
        )
        if settings != self._settings:
            self._settings = settings
            problem = save_settings(settings)
            if problem is not None:
                self._dialogs.say(problem, "warning")
