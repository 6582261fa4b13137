"""The longer fuzzing: ``python -m tests.fuzzing COUNT [FIRST_SEED]``. Names each seed that fails."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.fuzzing.engines import trial


def main(count: int, first: int) -> int:
    failed = []
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                trial(seed, Path(folder).resolve())
            except AssertionError as error:
                failed.append(seed)
                sys.stdout.write(f"seed {seed}: {error}\n")
    sys.stdout.write(f"{count} seeds, failed: {failed or 'none'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 20, numbers[1] if len(numbers) > 1 else 0))
