"""Jobs that are found by some letters of their names: by the palette, and by the key that goes to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content

    from peak_console.tui.app.actions.jobs import JobActions
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.snapshot import JobRow

LEAST_LETTERS = 2
MOST_JOBS = 6
MOST_LISTED = 12


def rank(letters: str, name: str) -> int | None:
    """How well letters find a name: at its start, at the start of a word of it, inside, scattered; ``None``: not."""
    folded, wanted = name.casefold(), letters.casefold()
    if folded.startswith(wanted):
        return 0
    if f"_{wanted}" in folded.replace("-", "_").replace(" ", "_").replace(".", "_"):
        return 1
    if wanted in folded:
        return 2
    rest = iter(folded)
    return 3 if all(letter in rest for letter in wanted) else None


class FoundJobs:
    """Searches the jobs of the jobs file, filtered or not, and acts on one of them, whatever is marked."""

    def __init__(self, feed: SnapshotFeed, layout: Layout, selection: Selection, actions: JobActions) -> None:
        self._feed = feed
        self._layout = layout
        self._selection = selection
        self._actions = actions

    def _rows(self, letters: str, most: int) -> list[JobRow]:
        """The rows that letters find, the best first; in the order of the file where they are equally good."""
        snapshot = self._feed.snapshot
        rows = snapshot.rows if snapshot is not None else ()
        wanted = letters.replace(" ", "")
        ranked = [(rank(wanted, row.name), place) for place, row in enumerate(rows)]
        found = sorted((how_well, place) for how_well, place in ranked if how_well is not None)
        return [rows[place] for _, place in found[:most]]

    def search(self, query: str) -> Sequence[tuple[str, str, str]]:
        """What the palette offers for some letters: label, job and method; nothing for a letter or less."""
        if len(query.strip()) < LEAST_LETTERS:
            return ()
        return [
            (label, row.name, method)
            for row in self._rows(query.strip(), MOST_JOBS)
            for label, method in (
                ("Run", "run"), ("Output of", "output"),
                ("Disable" if row.view.enabled else "Enable", "disable"),
            )
        ]  # fmt: skip

    def listed(self, letters: str) -> Sequence[tuple[str, Content]]:
        """The jobs to go to, each with how it stands; without letters those on top of the table."""
        from textual.content import Content

        from peak_console.tui.drawing.glyphs import standing

        rows = self._rows(letters, MOST_LISTED)
        if not letters.strip():
            named = [self._selection.row(name) for name in self._layout.jobs.shown_names[:MOST_LISTED]]
            rows = [row for row in named if row is not None]
        looks = [standing(row.view.standing) for row in rows]
        return [
            (row.name, Content.styled(f"{look.glyph} {look.word}", look.colour))
            for row, look in zip(rows, looks, strict=True)
        ]

    def ask(self, dialogs: Dialogs, go_to: Callable[[str], None]) -> None:
        """Ask for a job, and go there."""
        from peak_console.tui.dialogs.go_to import GoToDialog

        def chosen(name: str | None) -> None:
            if name is not None:
                go_to(name)

        dialogs.ask(GoToDialog(self.listed), chosen)

    def act(self, name: str, method: str) -> None:
        """Run a job, disable or enable it, or show its output."""
        if not self._selection.move_to(name):
            return
        if method == "output":
            self._layout.go_to("output")
            return
        with self._selection.only(name):
            getattr(self._actions, method)()
