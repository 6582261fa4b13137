"""``doctor``: whether this machine gives the program and its jobs what they need."""

from __future__ import annotations

import os

from peak_console.decisions.selection import tags_of
from peak_console.setup.doctor.findings import Finding, Grade
from peak_console.text import counted, safe
from peak_console.verbs.shared.output import write, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

_EXIT_UNUSABLE = 1
_INDENT = " " * 11


def doctor(options: Namespace) -> int:
    """``doctor``: 1 when there are problems, of which all are shown; warnings and notes hinder nothing."""
    from peak_console.setup.doctor.judge import judge
    from peak_console.setup.doctor.site import examine

    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    findings = judge(examine(options.config, options.state_dir, include, exclude, os.environ))
    if options.json:
        write_json([_object(finding) for finding in findings])
    else:
        write(_text(findings))
    return _EXIT_UNUSABLE if any(finding.grade == Grade.PROBLEM for finding in findings) else 0


def _object(finding: Finding) -> dict[str, Any]:
    return {
        "area": finding.area,
        "grade": str(finding.grade),
        "message": finding.message,
        "remedy": finding.remedy or None,
    }


def _text(findings: Sequence[Finding]) -> str:
    lines, area = [], ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            lines.append(area)
        lines.append(f"  {finding.grade:<9}{safe(finding.message)}")
        if finding.remedy:
            lines.append(f"{_INDENT}→ {safe(finding.remedy)}")
    return "\n".join([*lines, "", _verdict(findings)]) + "\n"


def _verdict(findings: Sequence[Finding]) -> str:
    told = [
        counted(number, grade)
        for grade in (Grade.PROBLEM, Grade.WARNING, Grade.NOTE)
        if (number := sum(finding.grade == grade for finding in findings))
    ]
    return ", ".join(told) if told else "all is well"
