"""What is wrong in the tables of a jobs file besides its schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.messages.scenarios import scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage


@scenario
def modes_that_this_machine_does_not_allow(stage: Stage) -> None:
    stage.jobs(
        '[scheduler]\nallow_modes = ["paper"]\n'
        '[[job]]\nname = "a"\nargs = { script = "a.py" }\nmode = "live"\n[[job]]\nname = "b"\nmode = "papr"\n'
    )
    stage.run("validate")


@scenario
def gates_that_are_wrong(stage: Stage) -> None:
    job = '[[job]]\nname = "a"\ncommand = "true"\ntags = ["live"]\n'
    stage.jobs(job + '[gate]\nname = "g"\n')
    stage.run("validate")
    stage.jobs(
        job + '[[gate]]\ntags = ["live"]\n[[gate]]\nname = "g"\nfile = "a"\nenv = "B"\nevery = "soon"\ntimeout = 0\n'
        '[[gate]]\nname = "g"\nevery = true\n'
    )
    stage.run("validate")
    stage.jobs(job + '[[gate]]\nname = "g"\ntags = ["lve"]\njobs = ["b"]\n')
    stage.run("validate")


@scenario
def blackouts_that_are_wrong(stage: Stage) -> None:
    job = '[[job]]\nname = "a"\ncommand = "true"\ntags = ["live"]\n'
    stage.jobs(job + '[blackout]\nname = "g"\n')
    stage.run("validate")
    span = 'from = "22:00"\nuntil = "02:00"\n'
    wrong = (
        span, f'name = "a"\n{span}', f'name = "a"\n{span}', 'name = "b"', 'name = "c"\nfrom = "22:00"',
        f'name = "d"\n{span}from_ics = "x.ics"', 'name = "e"\nfrom = "22:00"\nuntil = "22:00"',
        'name = "f"\nfrom = "later"\nuntil = "22:00"', 'name = "g"\nfrom = 7\nuntil = " "',
        'name = "h"\nfrom = "22:00"\nuntil = 2026-12-24', 'name = "i"\nfrom = 2026-12-24\nuntil = 2026-12-23',
        'name = "j"\ncron = "* * *"\nduration = "1h"', 'name = "k"\ncron = "* * * * *"\nduration = "1h"',
        f'name = "l"\n{span}timezone = "Mars"', 'name = "m"\nfrom_ics = "gone.ics"', 'name = "n"\nfrom_ics = "x.csv"',
        'name = "o"\nfrom = "bank clse"\nuntil = "22:00"', 'name = "p"\nfrom = "bank close"\nuntil = "22:00"',
        'name = "q"\nfrom = "2026-99-99"\nuntil = "22:00"', 'name = "r"\nfrom = "9999-12-31T23:59"\nuntil = "22:00"',
        'name = "s"\nfrom = "days open"\nuntil = "22:00"', 'name = "t"\nfrom = "22:60"\nuntil = "22:00"',
        'name = "u"\nfrom = "fro 22:00"\nuntil = "22:00"',
    )  # fmt: skip
    days = '[calendars.days]\nweekdays = ["mon"]\n'
    stage.jobs(
        f'[scheduler]\ntimezone = "America/New_York"\n{job}'
        + "".join(f"[[blackout]]\n{each}\n" for each in wrong)
        + days
    )
    stage.run("validate")
    stage.jobs(job + f'[[blackout]]\nname = "g"\n{span}tags = ["lve"]\njobs = ["b"]\n')
    stage.run("validate")
    stage.write("empty.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    stage.jobs(job + '[[blackout]]\nname = "g"\nfrom_ics = "empty.ics"\n')
    stage.run("validate")


@scenario
def placeholders_that_are_none(stage: Stage) -> None:
    stage.jobs('[[job]]\nname = "a"\ncommand = "echo"\nargv = ["{slto:%Y}", "{run_id:04d}", "{anything}"]\n')
    stage.run("validate")


@scenario
def expectations_that_compare_with_nothing(stage: Stage) -> None:
    stage.jobs(
        '[[job]]\nname = "a"\ncommand = "true"\nexpect = { rows = ">", x = "<y", z = [1] }\n'
        '[[job]]\nname = "b"\ncommand = "true"\nexpect = 3\nresult = " "\n'
    )
    stage.run("validate")


@scenario
def requirements_that_are_wrong(stage: Stage) -> None:
    stage.jobs(
        '[[job]]\nname = "a"\ncommand = "true"\nif_stale = "wat"\nrequires = [1, { newer_than = "soon" },'
        ' { file = "" }, { file = "a", newer = 1 }]\n[[job]]\nname = "b"\nrequires = { file = "a" }\n'
    )
    stage.run("validate")
    head = '[calendars.days]\nweekdays = ["mon"]\ntimezone = "UTC"\n[[job]]\nname = "a"\ncommand = "true"\n'
    for bound in ("last close", "last close of XNYZ", "last close of days", "last lunch of days"):
        stage.jobs(f'{head}requires = [{{ file = "a", newer_than = "{bound}" }}]\n')
        stage.run("validate")
