"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

USUAL = 50
"""How many the profile of the suite has."""


def examples(number: int) -> settings:
    """So many in the suite; with ``--hypothesis-profile=thorough`` as many times more as for any other property."""
    profile = settings.get_profile(settings.get_current_profile_name())
    return settings(max_examples=max(1, number * profile.max_examples // USUAL))
