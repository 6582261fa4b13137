"""Runs in APScheduler's own environment: the jobs of a specification, their output captured in memory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime

FAR = 7_258_118_400  # 2200


def capture(argv: list[str]) -> int:
    """Run a command; how many bytes it has printed."""
    return len(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)


def main() -> None:
    from apscheduler.events import EVENT_JOB_EXECUTED  # type: ignore[import-not-found]
    from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-not-found]

    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    # A job that starts late is started all the same, as everywhere else: the default forgets it after a second.
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
    if specification["store"]:
        scheduler.add_jobstore("sqlalchemy", url=f"sqlite:///{specification['store']}")
    if len(specification["jobs"]) == 1:
        scheduler.add_listener(lambda event: print("ended", event.retval, flush=True), EVENT_JOB_EXECUTED)
    for argv, at in specification["jobs"]:
        due = datetime.fromtimestamp(at or FAR, UTC)
        scheduler.add_job(capture, "date", run_date=due, args=[argv])
    scheduler.start()
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
