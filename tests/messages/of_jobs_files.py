"""Files of jobs, and what jobs will miss."""

from __future__ import annotations

import errno
import os
from typing import Any

from tests.messages.scenarios import failing, scenario
from tests.messages.stage import GOOD, Stage


@scenario
def a_jobs_file_that_is_none(stage: Stage) -> None:
    stage.run("--headless --once --config nowhere.toml")
    stage.run("--headless --once --config .")
    stage.run("jobs --config /dev/null")
    stage.run("jobs --config 'a\0b'")
    stage.write("large.toml", b"#" * (16 * 1024 * 1024 + 1))
    stage.run("jobs --config large.toml")
    (stage.folder / "large.toml").unlink()
    with stage.patch.context() as patched:
        patched.setattr("builtins.open", failing(errno.EACCES))
        stage.ask("no leave to read", _load)


@scenario
def files_that_are_not_toml(stage: Stage) -> None:
    for text in (
        "[[job]\n", "enabled = True\n", "[job]\nname = 'a'\n[job]\n", "a = ", "a = [" * 5000,
        "a = " + "1" * 5000, b"\xff\xfea", b"name = '\xe9'\n",
    ):  # fmt: skip
        stage.write("jobs.toml", text)
        stage.run("jobs")


@scenario
def clusters(stage: Stage) -> None:
    """Executors that are none, and jobs that ask for what they cannot have."""
    cluster = '[executors.a]\ntype = "slurm"\nshared_dir = "/nfs"\n'
    job = '[[job]]\nname = "x"\ncommand = "true"\n'
    for text in (
        "executors = 3\n" + job, '[executors.local]\nshared_dir = "nfs"\n' + job,
        '[scheduler]\nexecutor = "b"\n' + cluster + job, cluster + job + 'executor = "aa"\n',
        job + "resources = { cpus = 2 }\nrerun_on_node_failure = true\n",
        cluster + job + 'executor = "a"\nresources = { cpu = 2, memory = "8GB" }\n',
    ):  # fmt: skip
        stage.jobs(text)
        stage.run("jobs")
    stage.jobs(cluster + job)
    stage.run("executors --prove aa")
    stage.jobs(job)
    stage.run("executors --prove")


@scenario
def arrays(stage: Stage) -> None:
    """Arrays that are none, and keys that do not go together."""
    job = '[[job]]\nname = "x"\ncommand = "true"\n'
    for text in (
        'array = "5-2"', 'array = "1,1"', 'array = "a"', 'array = "0-9%"', 'array = "0-9%0"', 'array = "0-9999"',
        'array = "0-2999,4000-6999"', 'array = "2000000"', 'array = "0-9"\nmatrix = { x = [1] }',
        'array = "0-9%2"\narray_at_once = 2', "array_at_once = 2", 'array = "0-9"\narray_succeeds = { at_least = 11 }',
        'array = "0-9"\narray_succeeds = "most"\n[[job]]\nname = "y"\narray = "0"\narray_succeeds = { at_least = 0 }',
        "matrix = {}", "matrix = 3", 'matrix = { "a b" = [1], x = 3, y = [1, 1], z = [[1]], w = ["\\u0000"] }',
        f"matrix = {{ x = [{2**64}] }}", f"matrix = {{ x = {list(range(80))}, y = {list(range(80))} }}",
        "matrix = { ab = [1], AB = [2] }", 'matrix = { x = [1] }\nenv = { PEAK_MATRIX_X = "2" }',
        'array = "0-9"\n[[job]]\nname = "x[4]"\ncommand = "true"',
    ):  # fmt: skip
        stage.jobs(f"{job}{text}\n")
        stage.run("jobs")
    stage.jobs(f'{job}argv = ["{{matrix.zzzzzz}}", "{{index}}"]\nmatrix = {{ window = [1, 2] }}\n')
    stage.run("validate")
    stage.run("run x --wait")
    stage.run("runs --array 3")
    stage.run("jobs")
    stage.run("runs")
    stage.run("runs --array 1")
    stage.run("logs x")
    stage.run("history array:x")
    stage.run("history array:1")
    stage.run("run x --failed")


@scenario
def types_and_values(stage: Stage) -> None:
    stage.jobs(
        '[[job]]\nname = 7\n[[job]]\nname = ""\n[[job]]\nname = "a\\u0007b"\n[[job]]\nname = "t"\nenabled = "yes"\n'
        'tags = "prod"\nretries = true\nretry_backoff = "2"\ntimeout_seconds = -1\ninterval_seconds = 0\n'
        'success_codes = [300]\noverlap = "quue"\ncatch_up = "never"\ncommand = "a\\u0000b"\nrun_at = "soon"\n'
        'args = 3\nenv = "A=1"\nmax_output_bytes = 9223372036854775808\n'
        '[[job]]\nname = "l"\ntags = ["a", 1]\nsuccess_codes = []\nargv = ["a", true]\n'
        '[[job]]\nname = "m"\nsuccess_codes = [1.5]\ntags = [["x"]]\nargv = ["a\\u0000"]\nrun_at = 3\n'
        '[[job]]\nname = "n"\nsuccess_codes = 1\nkill_grace_seconds = 200000000000\ncommand = ""\n'
        '[[job]]\nname = "o"\nargs = { "" = 1, script = 3, "n\\u0000" = "a", x = { y = 1 }, z = 99999999999999999999,'
        ' w = "a\\u0000b", v = [[1]] }\n'
        '[[job]]\nname = "p"\nenv = { "A=B" = "1", C = [1], D = "a\\u0000b" }\n'
    )
    stage.run("validate")


@scenario
def chains_that_can_never_work(stage: Stage) -> None:
    daily = 'schedule_type = "daily"\ndaily_time = "07:00"\n'
    after = 'schedule_type = "after"\n'
    stage.jobs(
        f'[[job]]\nname = "fetch"\n{daily}if_failed = "run"\n[[job]]\nname = "a"\n{after}'
        f'[[job]]\nname = "b"\n{after}after = ["fetsch", "b", "fetch:faild", "fetch", "fetch:failed"]\n'
        f'[[job]]\nname = "c"\n{daily}after = ["fetch"]\nround = "run"\nwait_at_most = "soon"\n'
        f'[[job]]\nname = "d"\n{daily}after = ["fetch"]\nround = "run"\n'
    )
    stage.run("validate")
    stage.jobs(f'[[job]]\nname = "a"\n{after}after = ["b"]\n[[job]]\nname = "b"\n{after}after = ["a:ended"]\n')
    stage.run("validate")
    stage.jobs(
        f'[[job]]\nname = "mon"\n{daily}days = ["mon"]\n[[job]]\nname = "tue"\n{daily}days = ["tue"]\n'
        f'after = ["mon"]\n[[job]]\nname = "both"\n{after}after = ["mon", "tue"]\n'
        '[[job]]\nname = "slow"\nschedule_type = "interval"\ninterval_seconds = 90000\n'
        f'[[job]]\nname = "then"\n{after}after = ["slow"]\n'
    )
    stage.run("validate")


@scenario
def deadlines_that_are_none(stage: Stage) -> None:
    daily = '[[job]]\nname = "a"\nschedule_type = "daily"\ndaily_time = "07:00"\n'
    stage.jobs(f'{daily}finish_by = "soon"\nstart_by = "x after slot"\nexpect_duration = ["5m", "10s"]\n')
    stage.run("validate")
    stage.jobs(f'{daily}expect_duration = ["5m"]\n[[deadline]]\nname = "x"\nat = "08:00"\njobs = ["b"]\ntags = ["c"]\n')
    stage.run("validate")
    stage.jobs(f'{daily}[[deadline]]\nat = "08:00"\n[[deadline]]\nname = "y"\n[[deadline]]\nname = "z"\nat = "1:00"\n')
    stage.run("validate")
    stage.jobs(f'{daily}finish_by = "open-5m"\n[[deadline]]\nname = "x"\nat = "close"\njobs = ["a"]\n')
    stage.run("validate")
    stage.jobs(f'{daily}[[job]]\nname = "b"\nschedule_type = "after"\nafter = ["a"]\nround = "session"\n')
    stage.run("validate")
    same = '[[deadline]]\nname = "x"\nat = "08:00"\njobs = ["a"]\n'
    stage.jobs(f"{daily}{same}{same}")
    stage.run("validate")
    stage.jobs("deadline = 1\n")
    stage.run("validate")
    stage.run("deadlines")
    stage.jobs(daily)
    stage.run("deadlines")
    stage.jobs(f"{daily}{same}")
    stage.run("deadlines")


@scenario
def groups_that_are_none(stage: Stage) -> None:
    stage.jobs('[groups]\napi = 0\n[[job]]\nname = "a"\ngroup = "apo"\n[[job]]\nname = "b"\ngroup = "venue"\n')
    stage.run("validate")
    stage.jobs("groups = 1\n")
    stage.run("validate")


@scenario
def keys_and_tables(stage: Stage) -> None:
    stage.jobs(
        "retries = 3\nkeep_runs = 1\nfrobnicate = 1\n[jobs]\n[[shedule]]\na = 1\n"
        '[scheduler]\nkep_runs = 1\nname = "x"\n'
        '[[job]]\nnmae = "a"\n[[job]]\nname = "a"\nintervall_seconds = 1\ncolour = 1\nurl_env = "x"\n'
        '[[job]]\nname = "a"\nargv = ["x"]\nargs = { a = 1 }\n'
    )
    stage.run("validate")
    for text in (
        'job = "a"\n',
        "scheduler = 1\n",
        "alerts = 1\n",
        "alerts = { channel = 1 }\n",
        "",
        "[job]\nname = 'a'\n",
    ):
        stage.jobs(text)
        stage.run("validate")
    stage.jobs("".join(f'[[job]]\nname = "j{n}"\ncommand = "true"\nteam = 1\n' for n in range(8)))
    stage.run("validate")
    stage.patch.setattr("peak_console.jobs.file.source.MAX_LINES", 3)
    stage.jobs("".join(f'[[job]]\nname = "j{n}"\nretries = -1\n' for n in range(5)))
    stage.run("jobs")


@scenario
def keys_of_your_own(stage: Stage) -> None:
    stage.jobs(
        '[[job]]\nname = "a"\ncommand = "true"\nmeta = { a-b = 1, A_B = 2, "" = 3, n = 99999999999999999999 }\n'
        '[[job]]\nname = "b"\ncommand = "true"\nmeta = { deep = [{ x = "a\\u0000b" }] }\n'
        '[[job]]\nname = "c"\nmeta = 1\n'
    )
    stage.run("validate")
    keys = "".join(f"own_{n} = {n}\n" for n in range(7))
    stage.jobs("".join(f'[[job]]\nname = "j{n}"\ncommand = "true"\nenabled = false\n{keys}' for n in range(7)))
    stage.run("--once")


@scenario
def selections(stage: Stage) -> None:
    stage.jobs(GOOD + '[[job]]\nname = "tagged"\ncommand = "true"\nenabled = false\ntags = ["forward"]\n')
    for words in ("--include-tags forwrad", "--include-tags forward,x --dry-run", "--exclude-tags zzz --dry-run"):
        stage.run(f"--once {words}")
    stage.run("--once --include-tags forward --exclude-tags forward")
    stage.run("install systemd --user --include-tags forwrad")
    stage.patch.setenv("PATH", "/usr/bin:/bin")
    stage.run("install cron --user --exclude-tags zzz")
    stage.run("jobs --include-tags ,")
    stage.jobs(GOOD)
    stage.run("--once --include-tags x")
    for words in ("--alert-log x", "--onec", "--no-alarm x"):
        stage.run(words)


@scenario
def a_dotenv_of_no_use(stage: Stage) -> None:
    for text in (b"#" * (1024 * 1024 + 1), b"A=\xff", b"nonsense line\n"):
        stage.write(".env", text)
        stage.jobs(GOOD + '[[alerts.channel]]\nname = "x"\nurl_env = "NOT_SET"\n')
        stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\nenv_file = "large.env"\n')
    stage.write("large.env", b"#" * (1024 * 1024 + 1))
    stage.run("validate")
    with stage.patch.context() as patched:
        patched.setattr("builtins.open", failing(errno.EACCES))
        stage.ask("no leave to read .env", _dotenv_fault)
    (stage.folder / ".env").chmod(0o666)
    stage.ask("others may write to .env", _dotenv_fault)
    with stage.patch.context() as patched:
        patched.setattr("os.stat", lambda _path: os.stat_result((0o100644, 1, 1, 1, 4_711, 0, 1, 0, 0, 0)))
        stage.ask(".env of another user", _dotenv_fault)
    for name in (".env", "large.env"):
        (stage.folder / name).unlink()


@scenario
def schedules(stage: Stage) -> None:
    rules = (
        'schedule_type = "intervall"', 'schedule_type = "interval"', 'schedule_type = "daily"',
        'schedule_type = "cron"', 'schedule_type = "daily"\ndaily_time = "25:00"',
        'schedule_type = "daily"\ndaily_time = "07:30"\ndays = ["mo"]', 'schedule_type = "cron"\ncron = "* * *"',
        'schedule_type = "cron"\ncron = "@every 5m"', 'schedule_type = "cron"\ncron = "@every_minute"',
        'schedule_type = "cron"\ncron = "@reboot"', 'schedule_type = "cron"\ncron = "@dayly"',
        'schedule_type = "cron"\ncron = "@never"',
        'schedule_type = "cron"\ncron = "61 * * * *"', 'schedule_type = "cron"\ncron = "0 0 30 2 *"',
        'schedule_type = "cron"\ncron = "0 0 1-x * *"', 'schedule_type = "cron"\ncron = "0 0 32 * *"',
        'schedule_type = "cron"\ncron = "5-3 * * * *"',
        'schedule_type = "interval"\ninterval_seconds = 0.0000001', "interval_seconds = 3", 'daily_time = "07:30"',
        'schedule_type = "once"\ncron = "* * * * *"', 'timezone = "Europe/Berlni"', 'timezone = "nowhere"',
        'run_at = 0001-01-01T00:00:00\ntimezone = "Asia/Tokyo"',
        'schedule_type = "cron"\ncron = "0 0 * * */99"',
    )  # fmt: skip
    stage.jobs("".join(f'[[job]]\nname = "j{n}"\ncommand = "true"\n{rule}\n' for n, rule in enumerate(rules)))
    stage.run("validate")
    stage.jobs('[scheduler]\ntimezone = "Mars"\n')
    stage.run("validate")
    from peak_console import JobDefinition
    from peak_console.jobs.file.loader import validate_job_config
    from peak_console.schedule.model import JobSchedule

    made: list[dict[str, Any]] = [
        {"type": "x"}, {"run_at": "x"}, {"type": "interval", "interval_seconds": "x"}, {"timezone": 3},
        {"type": "daily", "daily_time": 7}, {"type": "daily", "daily_time": "07:00", "days": ["x"]},
    ]  # fmt: skip
    for values in made:
        stage.ask(f"by hand: {values}", lambda values=values: validate_job_config(  # type: ignore[misc]
            JobDefinition("a", argv=("x",), schedule=JobSchedule(**values))))  # fmt: skip
    stage.ask("by hand", lambda: validate_job_config(JobDefinition("", retries=-1)))
    stage.ask("by hand", lambda: validate_job_config(JobDefinition("a", args={"x": 1}, argv=("b",))))


@scenario
def values_of_the_wrong_type(stage: Stage) -> None:
    from peak_console import JobDefinition
    from peak_console.jobs.file.loader import validate_job_config

    stage.ask("no schedule", lambda: validate_job_config(JobDefinition("a", schedule=None)))  # type: ignore[arg-type]
    stage.run("--once --quiet --verbose")
    stage.jobs('[scheduler]\ntimezone = "EST"\n[[job]]\nname = "a"\ncommand = "true"\ntimezone = "Etc/GMT+5"\n')
    stage.run("validate")
    for name in ("EDT", "UTC+2", "XYZ", "Tokyo", "Europe/Berln", "nowhere at all"):
        stage.jobs(f'[scheduler]\ntimezone = "{name}"\n')
        stage.run("validate")


@scenario
def what_jobs_will_miss(stage: Stage) -> None:
    stage.write("plain.txt", "text")
    stage.write("bad.env", "A=1\nnonsense line\n")
    stage.write("latin.env", b"A=\xff\n")
    stage.jobs(
        '[scheduler]\npython = "/opt/nothing"\n'
        '[[job]]\nname = "a"\ncommand = "nosuch"\n[[job]]\nname = "b"\ncommand = "ls -l"\n'
        '[[job]]\nname = "c"\ncommand = "plain.txt"\n[[job]]\nname = "d"\ncommand = "./plain.txt"\n'
        '[[job]]\nname = "e"\ncommand = "/tmp"\n[[job]]\nname = "f"\ncommand = "./nothing"\n'
        '[[job]]\nname = "g"\ncommand = "true"\ncwd = "nowhere"\n'
        '[[job]]\nname = "h"\ncommand = "true"\nenv_file = "nowhere.env"\n'
        '[[job]]\nname = "i"\ncommand = "true"\nenv_file = "bad.env"\n'
        '[[job]]\nname = "j"\ncommand = "true"\nenv_file = "latin.env"\n'
        '[[job]]\nname = "k"\ncommand = "true"\nenv_file = "."\n'
        '[[job]]\nname = "l"\nargs = { script = "nowhere.py" }\n[[job]]\nname = "m"\n'
        '[[job]]\nname = "n"\ncommand = "tool"\n[[job]]\nname = "o"\ncommand = "./tool -x"\n'
        '[[job]]\nname = "p"\ncommand = "./bare"\n[[job]]\nname = "q"\ncommand = "./gone"\n'
        '[[job]]\nname = "r"\ncommand = "./dos"\n[[job]]\nname = "s"\ncommand = "./empty"\n'
        f'[[job]]\nname = "t"\ncommand = "./tool"\nargv = ["{"a" * 131072}"]\n'
        '[[job]]\nname = "u"\nargv = ["nowhere.py"]\n[[job]]\nname = "v"\nargs = { top_n = 3 }\n'
        '[[job]]\nname = "w"\ncommand = "./lost"\n[[job]]\nname = "x"\ncommand = "./two"\n'
        '[[job]]\nname = "y"\ncommand = "./envdos"\n'
    )
    for name, text in (
        ("bare", "echo\n"),
        ("gone", "#!/opt/sh\n"),
        ("lost", "#!/usr/bin/env nosuchsh\n"),
        ("two", "#!/usr/bin/env sh -e\n"),
        ("envdos", "#!/usr/bin/env sh\r\n"),
        ("dos", "#!/bin/sh\r\n"),
        ("empty", "#!\n"),
    ):
        stage.write(name, text, 0o755)
    stage.write("tool", "#!/bin/sh\n", 0o755)
    stage.run("validate")
    stage.patch.setattr("peak_console.jobs.startable.is_noexec", lambda _path: True)
    with stage.patch.context() as patched:
        patched.setattr("os.access", lambda path, _mode, **_more: not str(path).endswith("closed"))
        (stage.folder / "closed").mkdir()
        stage.jobs('[[job]]\nname = "a"\ncommand = "true"\ncwd = "closed"\n')
        stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\ncommand = "./plain.txt"\n')
    stage.run("validate")


@scenario
def what_may_not_be_meant(stage: Stage) -> None:
    crons = ("0 9 1-7 * MON", "*/90 * * * *", "*/7 * * * *")
    names = ("#7", "-x", "a ", "a\u200bb")
    stage.jobs(
        "".join(f'[[job]]\nname = "{n}"\ncommand = "true"\nschedule_type = "cron"\ncron = "{cron}"\n'
                for n, cron in enumerate(crons))
        + "".join(f'[[job]]\nname = "{name}"\ncommand = "true"\n' for name in names)
        + '[[job]]\nname = "past"\ncommand = "true"\nrun_at = 2020-01-01T00:00:00\n'
    )  # fmt: skip
    stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\nschedule_type = "cron"\ncron = "0 9 * * fri-mon"\n')
    stage.run("validate")


@scenario
def an_interpreter_that_may_not_be_meant(stage: Stage) -> None:
    stage.patch.setenv("VIRTUAL_ENV", str(stage.folder / "other"))
    for name in ("other", "desk/.venv"):
        stage.write(f"{name}/bin/python", "#!/bin/sh\n", 0o755)
    stage.write("desk/a.py", "")
    stage.jobs("".join(f'[[job]]\nname = "{name}"\nargs = {{ script = "desk/a.py" }}\n' for name in "ab"))
    stage.run("validate")


@scenario
def what_a_dry_run_foretells(stage: Stage) -> None:
    stage.jobs(
        '[scheduler]\nmax_concurrent_runs = 1\n[[job]]\nname = "a"\ncommand = "/bin/true"\n'
        '[[job]]\nname = "b"\ncommand = "/bin/true"\n[[job]]\nname = "c"\ncommand = "/bin/true"\ncwd = "nowhere"\n'
    )
    stage.run("--once --dry-run")
    stage.write("plain", "")
    stage.run("--once --dry-run --state-dir plain/state")
    with stage.patch.context() as patched:
        patched.setattr("os.access", lambda *_, **_more: False)
        stage.run("--once --dry-run --state-dir new/state")
        stage.run("--once --dry-run --state-dir .")


@scenario
def channels(stage: Stage) -> None:
    stage.patch.setenv("HOLDS_NO_URL", "nonsense")
    stage.jobs(
        GOOD + '[alerts]\nurls = ["nonsense"]\nmin_level = "loud"\n[[alerts.channel]]\nname = "x"\n'
        '[[alerts.channel]]\nurl_env = "NOT_SET"\n[[alerts.channel]]\nurl_env = "HOLDS_NO_URL"\n'
        '[[alerts.channel]]\nname = "y"\nurl = "json://a"\n[[alerts.channel]]\nname = "y"\nurl = "json://b"\n'
        '[[alerts.channel]]\nname = "z"\nurl = "json://a"\nurl_env = "X"\n'
    )
    stage.run("validate")
    stage.jobs(GOOD + '[[alerts.channel]]\nname = "x"\nurl = "nosuch://sesame"\n')
    stage.run("validate")
    stage.patch.setenv("PEAK_CONSOLE_ALERT_LEVEL", "loud")
    stage.jobs(GOOD)
    stage.run("--headless --once")


def _dotenv_fault() -> object:
    from peak_console.jobs.environment import dotenv_fault

    return dotenv_fault(".")


def _load() -> object:
    from peak_console.jobs.file.loader import load

    return load("jobs.toml")
