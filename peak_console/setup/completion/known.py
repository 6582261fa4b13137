"""What can be completed from the outside: names and tags of the jobs file, runs and alerts of the registry.

Read at every Tab, so cheaply: the jobs file is not parsed, but looked through for the lines that matter, which also
works while it is being edited. What cannot be read is not there.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peak_console.store.store import Store

MOST_RUNS = 30
_MAX_BYTES = 16 * 1024 * 1024
# A header, or one of the three keys; strings of one line, and lists that may have several.
_LINE = (
    r"(?m)^[ \t]*(?:(\[\[[^\]\n]*\]\]|\[[^\[\]\n]*\])|([\w-]+|\"[\w-]+\")[ \t]*=[ \t]*"
    r"(\"(?:[^\"\\\n]|\\.)*\"(?!\")|'[^'\n]*'(?!')|\[(?:[^\]\"'#]|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*)*\]))"
)
_KEYS = {"[[job]]": ("name", "tags"), "[scheduler]": ("state_dir",)}


class Known:
    """Candidates, each with a word about it that may be empty; in the order that they are shown in."""

    def __init__(self, config: str, chosen_state: str | None) -> None:
        self._config = os.path.expanduser(config)
        self._chosen_state = chosen_state
        self._found: list[tuple[str, object]] | None = None

    def jobs(self) -> dict[str, str]:
        return {value: "" for key, value in self._values() if key == "name" and isinstance(value, str)}

    def tags(self) -> dict[str, str]:
        lists = [value for key, value in self._values() if key == "tags" and isinstance(value, list)]
        return {tag: "" for tags in lists for tag in tags if isinstance(tag, str) and "," not in tag}

    def runs(self) -> dict[str, str]:
        """The newest runs by number, as verbs take it."""
        with _Looking(self._directory()) as store:
            runs = store.runs(limit=MOST_RUNS) if store is not None else []
            return {f"#{run.id}": f"{run.job}, {run.outcome or run.state}" for run in runs}

    def under_way(self) -> dict[str, str]:
        """The jobs that can be stopped, and their runs by number."""
        with _Looking(self._directory()) as store:
            running = store.unfinished_of_jobs() if store is not None else {}
        found = {job: f"{len(runs)} under way" for job, runs in running.items()}
        return found | {f"#{run}": job for job, runs in running.items() for run in runs}

    def alerts(self) -> dict[str, str]:
        """The alerts that are not acknowledged."""
        with _Looking(self._directory()) as store:
            alerts = store.alerts(limit=MOST_RUNS, open_only=True) if store is not None else []
            return {str(alert.id): alert.message.partition("\n")[0] for alert in alerts}

    def _directory(self) -> str:
        from peak_console.jobs.state_place import state_directory

        configured = next((value for key, value in self._values() if key == "state_dir"), None)
        return state_directory(self._config, self._chosen_state, configured if isinstance(configured, str) else None)

    def _values(self) -> list[tuple[str, object]]:
        if self._found is None:
            try:
                with open(self._config, "rb") as file:
                    self._found = list(_scanned(file.read(_MAX_BYTES).decode(errors="replace")))
            except (OSError, ValueError):
                self._found = []
        return self._found


def _scanned(text: str) -> Iterator[tuple[str, object]]:
    """Key and value of each line that matters."""
    import re

    keys: tuple[str, ...] = ()
    for header, key, value in re.findall(_LINE, text):
        if header:
            keys = _KEYS.get(header.replace(" ", ""), ())
        elif (name := key.strip('"')) in keys:
            yield from _value(name, value)


def _value(key: str, literal: str) -> Iterator[tuple[str, object]]:
    if literal[0] in "\"'" and "\\" not in literal:
        yield key, literal[1:-1]
        return
    import tomli

    try:
        document: Mapping[str, object] = tomli.loads(f"value = {literal}")
    except ValueError:
        return
    yield key, document["value"]


class _Looking:
    """The registry, open for reading as long as it is looked at; ``None`` when there is none that could be read."""

    def __init__(self, directory: str) -> None:
        from peak_console.errors import StateError
        from peak_console.store.store import Store

        self._store: Store | None = None
        try:
            self._store = Store.look(directory)
        except StateError:
            pass

    def __enter__(self) -> Store | None:
        return self._store

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()
