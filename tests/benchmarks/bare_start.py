"""A bare script that reads what a start with nothing due has to read: the jobs file and the last slots; a limit."""

from __future__ import annotations

import argparse
import sqlite3

from tomli import load


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs_file")
    parser.add_argument("registry")
    options = parser.parse_args()
    with open(options.jobs_file, "rb") as file:
        load(file)
    connection = sqlite3.connect(f"file:{options.registry}?mode=ro", uri=True)
    connection.execute("SELECT * FROM job_state").fetchall()
    connection.execute("SELECT * FROM runs WHERE outcome IS NULL").fetchall()
    connection.close()


main()
