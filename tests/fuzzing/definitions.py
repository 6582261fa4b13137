"""Job definitions that nobody would write, drawn from what has hurt schedulers: each must be its own job's affair."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WORDS = [
    "", " ", "a", "-", "--", "-rf", "a b", "a\tb", "\u00e9", "\u20ac", "\U0001f600",
    "\u202e", "\x7f", "a'b\"c", "$(id)",
    "~", "~nobody",
    "%s", "{x}", "../..", "/", "x" * 300, "x" * 5000, "y" * 200_000, "\\", "a\nb", "\u2028", "NaN", "0", "-1", "1e999",
]  # fmt: skip
PATHS = [
    "/", "/nowhere", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/fd", "/proc/1/root", "{folder}",
    "{folder}/pipe", "{folder}/loop", "{folder}/gone", "{folder}/locked", "{folder}/latin-\u00e9",
    "relative", ".", "", "~", "~nobody/x",
    "x" * 5000,
    "{folder}/big", "{folder}/nul", "{folder}/empty",
]  # fmt: skip
NUMBERS: list[float] = [0, 1, -1, 2, 0.5, 1e-9, 1e-3, 1e9, 1e11, 9e10, 2**31, 2**53, 2**63, 1e18, 1e300]
PROGRAMS = [
    "/bin/true", "/bin/false", "true", "python", "python3", "/bin", "/nowhere/x", "{folder}/empty", "{folder}/script",
    "{folder}/pipe", "{folder}/loop", "./script", "no such program",
]  # fmt: skip
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "EST", "Nowhere/None", "", "../etc"]
CRONS = ["* * * * *", "0 0 29 2 *", "*/90 * * * *", "0 0 31 2 *", "@daily", "", "x", "59 23 31 12 7", "0 9 1-7 * MON"]


def _number(lot: random.Random) -> object:
    return lot.choice(NUMBERS)


def _word(lot: random.Random) -> object:
    return lot.choice(WORDS)


def _value(lot: random.Random) -> object:
    return lot.choice([lot.choice(WORDS), lot.choice(NUMBERS), True, False, [1, "a", True], [lot.choice(WORDS)]])


FIELDS: dict[str, Callable[[random.Random], object]] = {
    "command": lambda lot: lot.choice(PROGRAMS),
    "argv": lambda lot: [lot.choice(WORDS) for _ in range(lot.randrange(4))],
    "args": lambda lot: {lot.choice(["script", "api_key", "top_n", "-x", "a b", ""]): _value(lot)},
    "env": lambda lot: {lot.choice(["PATH", "A", "TOKEN", "LD_PRELOAD", "A B", "A=B", "", "PEAK_RUN_ID"]): _word(lot)},
    "env_file": lambda lot: lot.choice(PATHS),
    "cwd": lambda lot: lot.choice(PATHS),
    "timeout_seconds": _number,
    "kill_grace_seconds": _number,
    "misfire_grace_seconds": _number,
    "max_output_bytes": _number,
    "retries": lambda lot: lot.choice([0, 1, 2**31, -1]),
    "retry_delay_seconds": _number,
    "retry_backoff": _number,
    "overlap": lambda lot: lot.choice(["skip", "queue", "allow", "kill_previous", "x"]),
    "catch_up": lambda lot: lot.choice(["skip", "latest", "all", "x"]),
    "tags": lambda lot: [lot.choice(WORDS)],
    "success_codes": lambda lot: lot.choice([[0], [], [256], [-1], [2**40], [0, 1]]),
    "alert_on_success": lambda lot: lot.choice([True, False]),
    "timezone": lambda lot: lot.choice(ZONES),
}
SCHEDULES: list[Callable[[random.Random], dict[str, object]]] = [
    lambda _: {"schedule_type": "once"},
    lambda lot: {"schedule_type": "interval", "interval_seconds": lot.choice([0.2, 0.5, 1, *NUMBERS])},
    lambda lot: {"schedule_type": "daily", "daily_time": lot.choice(["00:00", "02:30", "23:59:59", "24:00", "x"])},
    lambda lot: {"schedule_type": "cron", "cron": lot.choice(CRONS)},
    lambda lot: {"schedule_type": "once", "run_at": lot.choice(["2020-01-01T00:00:00Z", "9999-12-31T23:59:59", "x"])},
]


def job(lot: random.Random, name: str, folder: str) -> str:
    """A job as text of a jobs file, which may well refuse it."""
    fields: dict[str, object] = {"name": name, "command": "/bin/true", **lot.choice(SCHEDULES)(lot)}
    for key in lot.sample(list(FIELDS), lot.randrange(1, 6)):
        fields[key] = FIELDS[key](lot)
    if "argv" in fields:
        fields.pop("args", None)
    return "[[job]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in fields.items()).replace(
        "{folder}", folder
    )


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    return json.dumps(value)
