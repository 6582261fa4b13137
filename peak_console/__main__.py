"""``python -m peak_console`` is ``peak-console``."""

from __future__ import annotations

import sys

from peak_console.cli import main

sys.exit(main())
