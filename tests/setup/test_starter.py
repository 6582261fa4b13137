from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import tomli
from jsonschema import Draft7Validator

from peak_console.cli import main
from peak_console.jobs.file.loader import check, load
from peak_console.setup.schema import schema, schema_text
from peak_console.setup.starter import STARTER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEAK_CONSOLE_STATE_DIR", raising=False)
    monkeypatch.setenv("DESK_ALERTS_URL", "json://127.0.0.1:9/alerts")


def test_init_writes_a_file_without_a_fault_where_the_program_looks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    assert "peak-console run hello" in capsys.readouterr().out
    problems, jobset = check("config/scheduler/jobs.toml")
    assert problems == []
    assert jobset is not None
    assert list(jobset.jobs) == ["hello"]
    assert main(["run", "hello", "--wait"]) == 0
    assert "Hello from Peak Console" in capsys.readouterr().out


def test_the_first_line_leads_editors_to_the_schema_beside_the_file(tmp_path: Path) -> None:
    assert main(["init", "--config", "desk/mine.toml"]) == 0
    named = re.match(r"#:schema (\S+)\n", (tmp_path / "desk/mine.toml").read_text(encoding="utf-8"))
    assert named
    assert (tmp_path / "desk" / named[1]).read_text(encoding="utf-8") == schema_text(strict=True)


def test_what_is_commented_out_is_right_too(tmp_path: Path) -> None:
    text = re.sub(r"^# ?(?=\[\[|\w+ = )", "", STARTER, flags=re.MULTILINE)
    assert text.count("\n[[") == 4
    (tmp_path / "jobs.toml").write_text(text, encoding="utf-8")
    jobset = load("jobs.toml")
    assert list(jobset.warnings) == []
    assert list(jobset.jobs) == ["hello", "morning_report", "disk_space"]
    assert [channel.name for channel in jobset.channels] == ["desk"]
    Draft7Validator(schema(strict=True)).validate(tomli.loads(text))


@pytest.mark.parametrize("taken", ["jobs.toml", "jobs.schema.json"])
def test_nothing_that_exists_is_replaced_without_force(
    taken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / taken).write_text("mine", encoding="utf-8")
    assert main(["init", "--config", "jobs.toml"]) == 1
    assert f"{taken}: exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text(encoding="utf-8") == "mine"
    assert main(["init", "--config", "jobs.toml", "--force"]) == 0
    assert (tmp_path / "jobs.toml").read_text(encoding="utf-8") == STARTER


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["init", "--config", "file/jobs.toml"]) == 1
    assert "file/jobs.schema.json: cannot be written" in capsys.readouterr().err
    assert main(["init", "--config", str(tmp_path)]) == 1
    assert "is a directory" in capsys.readouterr().err
