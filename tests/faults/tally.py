"""What scenarios came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What a scenario, or many, came to."""

    kills: int = 0
    points: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Deaths at a point, by point and pass."""
    sums: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.kills += other.kills
        self.points += other.points
        self.sums += other.sums
        self.problems += other.problems

    @property
    def at_points(self) -> int:
        return sum(self.points.values())

    def __str__(self) -> str:
        counts = []
        if self.kills:
            counts.append(f"{self.kills:,} kills")
        if self.points:
            steps = len({label for label, _ in self.points})
            counts.append(f"{self.at_points:,} of them at points ({len(self.points):,} different, {steps:,} steps)")
        return ", ".join([*counts, *(f"{count:,} {name}" for name, count in sorted(self.sums.items()))])
