"""``executors``: what it says of a cluster, and what it proves."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from peak_console.cli import main
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.runs.slurm.proof import load_of, prove
from peak_console.setup.doctor.judge import judge_clusters
from peak_console.setup.doctor.site import examine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.slurm import Cluster


def jobs_file(folder: Path) -> str:
    path = folder / "jobs.toml"
    path.write_text(
        f'[executors.research]\ntype = "slurm"\nshared_dir = "{folder}/shared"\n[[job]]\nname = "a"\ncommand = "true"\n'
    )
    return str(path)


def test_a_cluster_is_listed_with_its_load(slurm: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["executors", "--json", "--config", jobs_file(tmp_path)]) == 0
    here, there = json.loads(capsys.readouterr().out)
    assert (here["name"], here["nodes"], there["name"], there["reachable"]) == ("local", None, "research", True)
    assert (there["nodes"], there["limit"]) == (2, 500)
    assert main(["executors", "--config", jobs_file(tmp_path)]) == 0
    assert "2 of 2 free" in capsys.readouterr().out


def test_a_cluster_is_proved_by_a_run_that_leaves_nothing(slurm: Cluster, tmp_path: Path) -> None:
    found = {words: grade for grade, words in prove(ExecutorDefinition("research", f"{tmp_path}/shared"), 60)}
    assert "error" not in found.values(), found
    assert any("has written and read through" in words for words in found), found
    assert any("agrees with ours" in words for words in found), found
    assert any(words.startswith("proctrack/linuxproc: ") for words, grade in found.items() if grade == "warning")
    assert os.listdir(tmp_path / "shared") == []


def test_a_cluster_without_its_commands_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "sinfo cannot be started" in load_of(ExecutorDefinition("research", "/nfs")).fault
    assert main(["executors", "--prove", "--seconds", "0.1", "--config", jobs_file(tmp_path)]) == 1
    assert "Slurm does not answer: scontrol cannot be started" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["researhc", "x"])
def test_a_cluster_that_is_none_is_not_proved(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["executors", "--prove", name, "--config", jobs_file(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f'executor "{name}" is not defined in the jobs file' in said
    assert ('did you mean "research"?' in said) == (name == "researhc")


def test_the_doctor_says_whether_clusters_answer_and_looks_for_nothing_of_theirs_here(
    slurm: Cluster, tmp_path: Path
) -> None:
    path = jobs_file(tmp_path)
    with open(path, "a", encoding="utf-8") as file:
        file.write('executor = "research"\ncwd = "/only/there"\n')
    machine = examine(path, str(tmp_path / "state"), (), (), {**os.environ})
    assert machine.clusters == {"research": ""}
    assert [job.faults for job in machine.jobs_file.jobs] == [[]]
    (fine,) = judge_clusters(machine.clusters)
    assert fine.message == "research answers; a run proves that it works: peak-console executors --prove research"
    (broken,) = judge_clusters({"research": "sinfo cannot be started"})
    assert (broken.grade, broken.message) == ("problem", "research does not answer: sinfo cannot be started")
