"""Write the saved registry of the newest schema: ``python -m tests.store.registries``.

It is made of the saved registry of the version before. Run it after each change of the schema before a release, but
never for a version that has been released.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile

from peak_console.store.database import SCHEMA_VERSION
from peak_console.store.store import Store

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """Bring the registry of the version before up to date, and save it as one plain file."""
    with tempfile.TemporaryDirectory() as directory:
        registry = os.path.join(directory, "registry.db")
        shutil.copy(os.path.join(HERE, f"schema-{SCHEMA_VERSION - 1}.db"), registry)
        Store.open(directory).close()
        saved = os.path.join(HERE, f"schema-{SCHEMA_VERSION}.db")
        if os.path.exists(saved):
            os.remove(saved)
        with sqlite3.connect(registry) as client:
            client.execute("VACUUM INTO ?", (saved,))
        client.close()


if __name__ == "__main__":
    main()
