"""What a job finds when it starts, and what we know of its end."""

from __future__ import annotations

import os
import select
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.processes import Bench

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.parametrize("code", [0, 1, 7, 127, 255])
def test_return_code_is_the_jobs_own(bench: Bench, code: int) -> None:
    assert bench.ended(bench.shell(f"exit {code}")).return_code == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGUSR1])
def test_death_by_signal_is_128_and_its_number(bench: Bench, number: int) -> None:
    assert bench.ended(bench.shell(f"kill -{number} $$")).return_code == 128 + number


def test_end_is_stamped_when_it_happened_and_stays_the_same(bench: Bench) -> None:
    before = datetime.now(UTC) - timedelta(seconds=0.05)  # files are stamped by a coarser clock
    handle = bench.shell("exit 3")
    end = bench.ended(handle)
    assert end.at is not None
    assert before <= end.at <= datetime.now(UTC)
    handle.close()
    assert handle.poll() == end


def test_start_is_stamped(bench: Bench) -> None:
    before = datetime.now(UTC)
    handle = bench.shell("exit 0")
    assert handle.started_at is not None
    assert before - timedelta(milliseconds=1) <= handle.started_at <= datetime.now(UTC)


def test_arguments_arrive_verbatim(bench: Bench) -> None:
    words = [
        "", " ", "a b", "'", '"', "\\", "line\nbreak", "*", "?[a-z]", "$(touch x)", "`id`", "$HOME", "-n", "--", "&",
        ";", "ünï", "\udcff", "\x1b[31m", "=", "a=b",
    ]  # fmt: skip
    handle = bench.python("import os, sys; os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])))", *words)
    assert bench.output(handle).split(b"\0") == [os.fsencode(word) for word in words]


def test_environment_is_exactly_what_was_given(bench: Bench) -> None:
    env = {
        "A": "1",
        "EMPTY": "",
        "with.dot": "kept",
        "BASH_FUNC_f%%": "() { :; }",
        "IFS": "x",
        "N": "a\nb",
        "B": "\udcfe",
    }
    pairs = bench.output(bench.start("/usr/bin/env", "-0", env=env)).rstrip(b"\0").split(b"\0")
    assert dict(pair.split(b"=", 1) for pair in pairs) == {os.fsencode(k): os.fsencode(v) for k, v in env.items()}


def test_job_runs_in_its_working_directory(bench: Bench, tmp_path: Path) -> None:
    place = tmp_path / "a place"
    place.mkdir()
    assert bench.output(bench.start("/bin/pwd", "-P", cwd=str(place))).decode().strip() == str(place.resolve())


def test_without_a_working_directory_it_is_the_engines_even_after_another_run_had_one(bench: Bench) -> None:
    bench.ended(bench.start("/bin/pwd", cwd="/"))
    assert bench.output(bench.start("/bin/pwd", "-P")).decode().strip() == os.path.realpath(os.getcwd())


def test_stdin_is_empty(bench: Bench) -> None:
    assert bench.output(bench.shell("cat; echo end")) == b"end\n"


def test_output_is_kept_byte_for_byte(bench: Bench) -> None:
    handle = bench.python("import os; os.write(1, bytes(range(256)) * 3); os.write(2, b'\\xff\\xfe no utf-8 \\xc3(')")
    assert bench.output(handle) == bytes(range(256)) * 3
    assert bench.output(handle, "err") == b"\xff\xfe no utf-8 \xc3("


def test_writers_of_one_stream_append(bench: Bench) -> None:
    handle = bench.shell("echo one; (echo two); python3 -c 'print(\"three\")' 2>/dev/null || echo three; echo four")
    assert bench.output(handle) == b"one\ntwo\nthree\nfour\n"


def test_files_are_for_the_user_only(bench: Bench) -> None:
    handle = bench.shell("exit 0")
    bench.ended(handle)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(handle.directory)}
    assert modes == dict.fromkeys(["stdout.log", "stderr.log", "started", "exit_status"], 0o600)
    assert os.stat(handle.directory).st_mode & 0o777 == 0o700


@linux_only
def test_job_inherits_no_descriptor(bench: Bench) -> None:
    ours, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    try:
        code = "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:-1])"
        assert bench.output(bench.python(code)) == b"[0, 1, 2]\n"  # and the last one, of the listing itself
    finally:
        os.close(ours)
        os.close(theirs)


@linux_only
def test_job_inherits_no_signal_settings(bench: Bench) -> None:
    ignored = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        status = bench.output(bench.start("/bin/cat", "/proc/self/status")).decode()
    finally:
        signal.signal(signal.SIGUSR1, ignored)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
    ours = sum(1 << number - 1 for number in signal.valid_signals())  # the C library keeps two for itself
    assert [int(masks[kind], 16) & ours for kind in ("SigBlk", "SigIgn", "SigCgt")] == [0, 0, 0]


def test_a_closed_pipe_ends_its_writer(bench: Bench) -> None:
    handle = bench.shell("(yes; echo $? >&2) | head -n 1")
    assert bench.output(handle) == b"y\n"
    wait_until(lambda: bench.written(handle, "err") == b"141\n")


def test_run_leads_a_session_and_a_group_of_its_own(bench: Bench) -> None:
    handle = bench.shell("sleep 60")
    assert (os.getsid(handle.pid), os.getpgid(handle.pid)) == (handle.pid, handle.pid)


def test_job_that_closes_its_streams_runs_on(bench: Bench) -> None:
    assert bench.ended(bench.shell("exec >&- 2>&-; sleep 0.05; exit 4")).return_code == 4


def test_run_ends_with_the_job_and_not_with_the_daemon_it_leaves(bench: Bench) -> None:
    handle = bench.shell("sleep 60 & echo $!; exit 5")
    assert bench.ended(handle).return_code == 5
    daemon = int(bench.written(handle))
    assert is_alive(daemon)
    assert bench.executor.lingering([handle]) == [handle]
    handle.kill()
    wait_until(lambda: not is_alive(daemon))
    assert bench.executor.lingering([handle]) == []


def test_fileno_becomes_readable_at_the_end_where_there_is_one(bench: Bench) -> None:
    handle = bench.shell("sleep 60")
    fd = handle.fileno()
    if fd is None:
        pytest.skip("nothing to wait on: the portable way asks again")
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    long = bench.shell("sleep 60")
    handle.kill()
    assert poll.poll(10_000)
    assert bench.ended(handle).return_code is not None
    assert long.poll() is None


def test_many_starts_give_their_results_in_order(bench: Bench) -> None:
    specs = [bench.spec("/bin/sh", "-c", f"exit {number}") for number in range(5)]
    specs.insert(2, bench.spec("/no/such/program"))
    results = bench.executor.submit(iter(specs))
    assert isinstance(results[2], StartError)
    handles = [result for result in results if not isinstance(result, StartError)]
    assert [bench.ended(handle).return_code for handle in handles] == [0, 1, 2, 3, 4]
    for handle in handles:
        handle.close()


def test_more_starts_than_a_keeper_notes_at_once(bench: Bench) -> None:
    env = {"FILLER": "x" * 20_000}  # more than a socket holds, too
    results = bench.executor.submit(bench.spec("/bin/sh", "-c", "exit 9", env=env) for _ in range(300))
    for result in results:
        assert not isinstance(result, StartError)
        assert bench.ended(result).return_code == 9
        result.close()


def test_keeper_leaves_when_the_engine_and_the_last_run_have_gone(bench: Bench) -> None:
    handle = bench.start("/bin/sleep", "60")
    with open(os.path.join(handle.directory, "started"), encoding="ascii") as file:
        keeper = int(file.read().split()[3])
    bench.executor.close()
    assert is_alive(keeper)
    assert handle.poll() is None
    handle.kill()
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL
    wait_until(lambda: not is_alive(keeper), "the keeper's leave")


def test_rest_leaves_what_runs_alone_and_its_keeper_leaves_no_trace(bench: Bench) -> None:
    long = bench.start("/bin/sleep", "60")
    with open(os.path.join(long.directory, "started"), encoding="ascii") as file:
        keeper = int(file.read().split()[3])
    bench.executor.rest()
    assert bench.ended(bench.shell("exit 3")).return_code == 3, "another keeper starts what comes after"
    long.kill()
    assert bench.ended(long).return_code == 128 + signal.SIGKILL

    def is_reaped() -> bool:
        bench.executor.rest()
        return not _exists(keeper)

    wait_until(is_reaped, "the first keeper's leave")


def _exists(pid: int) -> bool:
    """Whether there is such a process, dead ones that nobody has reaped included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
