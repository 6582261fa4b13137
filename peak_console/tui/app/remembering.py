"""How the operator likes the console: its theme, the order of the jobs, how output is shown; kept from time to time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from textual.app import App

from peak_console.tui.app.viewing import Viewing
from peak_console.tui.drawing import themes
from peak_console.tui.state.config import Settings, load_config, load_settings, save_settings

if TYPE_CHECKING:
    from rich.terminal_theme import TerminalTheme
    from textual.theme import Theme

    from peak_console.tui.jobs.table import JobTable
    from peak_console.tui.output.view import OutputView


class Remembering(Viewing, inherit_bindings=False):
    """Begins as it was left, and remembers what is chosen."""

    def __init__(self) -> None:
        self._ansi_themes: dict[str, TerminalTheme] = {}
        super().__init__()
        self.config = load_config()
        self.settings = load_settings()
        for theme in themes.THEMES:
            self.register_theme(theme)
        few_colours = self.console.color_system not in ("256", "truecolor")
        wanted = self.config.theme or self.settings.theme
        self._given_theme = themes.chosen(wanted, ansi=few_colours, grey=self.no_color)
        """The theme that it started with, as long as the operator has chosen no other."""
        self._begin_with_theme(self._given_theme)

    def _begin_with_theme(self, name: str) -> None:
        """What a change of ``theme`` does, done before the style sheets are read: later, they are read twice."""
        self.set_reactive(App.theme, name)
        dark = self.current_theme.dark
        for class_name, holds in (("-dark-mode", dark), ("-light-mode", not dark), (f"-theme-{name}", True)):
            self.set_class(holds, class_name, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    @property
    def ansi_theme(self) -> TerminalTheme:
        found = self._ansi_themes.get(self.theme)  # asked for with every line that is painted
        if found is None:
            found = self._ansi_themes[self.theme] = themes.ansi_of(self.current_theme)
        return found

    def restore_order(self) -> None:
        """Sort the jobs as they were sorted; from now on, keep what is chosen."""
        self.theme_changed_signal.subscribe(self, self._on_theme_changed)
        settings = self.settings
        if settings.sort_column:
            with suppress(ValueError, KeyError):
                self.jobs.sort(settings.sort_column, descending=bool(settings.sort_descending))

    def restore_modes(self) -> None:
        """Show output as it was shown."""
        settings = self.settings
        if settings.wrap is not None and settings.wrap != self.output.wrap:
            self.output.toggle_wrap()
        if settings.timestamps is not None and settings.timestamps != self.output.timestamps:
            self.output.toggle_timestamps()

    def _remember(self) -> None:
        if not self._is_furnished or self.session.limits.read_only:  # all is as it was remembered, or is to stay so
            return
        settings = Settings(
            theme=self.settings.theme if self.theme == self._given_theme else self.theme,
            sort_column=self.jobs.sort_column,
            sort_descending=self.jobs.sort_descending,
            wrap=self.output.wrap,
            timestamps=self.output.timestamps,
        )
        if settings != self.settings:
            self.settings = settings
            problem = save_settings(settings)
            if problem is not None:
                self.say(problem, "warning")

    def _on_theme_changed(self, theme: Theme) -> None:
        if theme.name != self._given_theme:
            self._given_theme = ""  # it may be chosen again
            self._remember()

    def on_job_table_sort_changed(self, _event: JobTable.SortChanged) -> None:
        self._remember()

    def on_output_view_modes_changed(self, _event: OutputView.ModesChanged) -> None:
        self._remember()
