"""What has ever been counted in a state directory: starts, ends, deliveries. Retention removes rows, never counts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.store.store import Store

TOTALS_SINCE = 5
"""The version of the registry that has brought them."""


def totals(store: Store) -> dict[str, dict[str, float]]:
    """By what is counted (see ``model.terms.Counted``) and by its kind, how often it was."""
    found: dict[str, dict[str, float]] = {}
    if store.version_read < TOTALS_SINCE:  # who only looks may find an older registry
        return found
    for name, label, value in store._rows("SELECT name, label, value FROM totals"):  # noqa: SLF001
        if isinstance(value, int | float) and isinstance(label, str):
            found.setdefault(str(name), {})[label] = float(value)
    return found
