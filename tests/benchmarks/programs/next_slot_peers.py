"""Prints the microseconds that a library takes for the next slot of each schedule: ``LIBRARY ZONE FILE [EVERY]``."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

NOW = datetime(2026, 7, 1, 12, 3, 4, tzinfo=UTC)


def asker(library: str, text: str, now: datetime) -> Any:
    """What gives the next slot of an expression that has been read."""
    if library == "peak-console":
        schedule = import_module("peak_console.schedule.model").JobSchedule("cron", cron=text, timezone=str(now.tzinfo))
        table = import_module("peak_console.schedule.slots").kind_of(schedule).timetable()
        table.after(NOW - timedelta(400))  # reads the zone; what is found by that is no help later
        return lambda: table.after(NOW)
    if library == "cronstable":
        tab = import_module("cronstable.cronexpr").CronTab(text)
        return lambda: tab.next(now=now)
    if library == "cronsim":
        return import_module("cronsim").CronSim(text, now).__next__
    if library == "croniter":
        return import_module("croniter").croniter(text, now, ret_type=datetime).get_next
    trigger = import_module("apscheduler.triggers.cron").CronTrigger.from_crontab(text, timezone=now.tzinfo)
    return lambda: trigger.get_next_fire_time(None, now)


def main(library: str, zone: str, file: str, every: int = 1) -> None:
    now = NOW if zone == "UTC" else NOW.astimezone(ZoneInfo(zone))
    texts = ["0 0 * * *"] if file == "-" else json.loads(Path(file).read_text(encoding="utf-8"))[::every]
    # Shapes come in tens: a step that shares a factor with ten would take some of them only.
    asked = [asker(library, text, now) for text in texts]
    for ask in asked[:100]:
        ask()
    began = time.perf_counter()
    for ask in asked[100:] or asked:
        ask()
    print(1e6 * (time.perf_counter() - began) / len(asked[100:] or asked))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
