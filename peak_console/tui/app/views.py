"""Views that the operator has named: a filter with an order, kept for each jobs file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.app.preferences import View

if TYPE_CHECKING:
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.preferences import Preferences


class Views:
    """Shows, names and forgets views."""

    def __init__(self, preferences: Preferences, layout: Layout, dialogs: Dialogs) -> None:
        self._preferences = preferences
        self._layout = layout
        self._dialogs = dialogs

    @property
    def names(self) -> list[str]:
        return [*self._preferences.views]

    def choose(self) -> None:
        """Ask for a view to show; or for a name for what is shown now."""
        from peak_console.tui.dialogs.views import FORGET, NAME, NameDialog, ViewsDialog

        jobs, views = self._layout.jobs, self._preferences.views
        present = View(jobs.filter_text, jobs.sort_column, jobs.sort_descending)
        present_name = next((name for name, view in views.items() if view == present), None)

        def named(name: str | None) -> None:
            if name:
                self._preferences.keep_view(name, present)

        def chosen(what: str | None) -> None:
            if what == NAME:
                self._dialogs.ask(NameDialog(present.text), named)
            elif what == FORGET and present_name is not None:
                self._preferences.keep_view(present_name, None)
            elif what is not None:
                self.show(what)

        self._dialogs.ask(ViewsDialog({name: view.text for name, view in views.items()}, present_name), chosen)

    def show(self, name: str) -> None:
        """Show a view."""
        view = self._preferences.views.get(name)
        if view is not None:
            jobs = self._layout.jobs
            jobs.sort(view.column, descending=view.descending)
            jobs.filter(view.text)
            self._layout.go_to("jobs")
