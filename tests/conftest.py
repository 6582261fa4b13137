"""What must hold before any test imports Textual: the screen looks the same whoever runs the tests, and where."""

from __future__ import annotations

import os

for ambient in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS", "TEXTUAL_DEBUG", "COLORFGBG"):
    os.environ.pop(ambient, None)
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["COLORTERM"] = "truecolor"
