"""The directory that the engine and all nodes share: one folder for each run of a state directory, and the wrapper."""

from __future__ import annotations

import errno
import os
from hashlib import blake2b

from peak_console.runs.output.removal import remove
from peak_console.runs.slurm.files import NEWS, SPEC, encode_spec, make_folder, write
from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.beside import ExecutorDefinition

ID = "cluster_id"
MADE = "cluster_directories"
START = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from {module} import main
sys.exit(main())
"""
"""What Slurm copies to the node. The wrapper itself is a module beside it, so that nodes compile it once."""


class SharedDirectory:
    """The runs of one state directory in one shared directory."""

    def __init__(self, state_directory: str, definition: ExecutorDefinition) -> None:
        self._state_directory = state_directory
        self._definition = definition
        self._id: str | None = None
        self._wrapper: str | None = None

    def define(self, definition: ExecutorDefinition) -> None:
        """Put the runs that come from now on where another definition says."""
        self._definition, self._wrapper = definition, None

    @property
    def root(self) -> str:
        """Where the folders of this state directory's runs lie. Raises ``OSError``."""
        return os.path.join(self._definition.shared_dir, self.id)

    @property
    def id(self) -> str:
        """Tells this state directory from all others that share the directory or the cluster. Raises ``OSError``."""
        if self._id is None:
            path = os.path.join(self._state_directory, ID)
            try:
                with open(path, encoding="ascii") as file:
                    self._id = file.read().strip()
            except FileNotFoundError:
                write(path, os.urandom(6).hex().encode())
                return self.id
        return self._id

    def name(self, run_id: int) -> str:
        """What a run is called in Slurm. The ids of its jobs may be given again; this is not."""
        return f"peak-{self.id}-{run_id}"

    def folder(self, run_id: int) -> str:
        """The folder of a run: where its link leads, as the shared directory may have been another one then."""
        return linked_folder(run_directory(self._state_directory, run_id)) or os.path.join(self.root, str(run_id))

    def link(self, run_id: int) -> str:
        """Have a run's place in the state directory lead to its folder, so that readers find it. Raises ``OSError``."""
        link, folder = run_directory(self._state_directory, run_id), os.path.join(self.root, str(run_id))
        os.makedirs(os.path.dirname(link), 0o700, exist_ok=True)
        try:
            os.symlink(folder, link)
        except FileExistsError:
            if (there := linked_folder(link)) is not None:
                return there
            self._clear_spare(link)
            os.symlink(folder, link)
        return folder

    @staticmethod
    def _clear_spare(place: str) -> None:
        """Remove what was laid out ahead for a run of this machine. Raises ``OSError`` if it is more than that."""
        for name in ("spare", "stdout.log", "stderr.log"):
            path = os.path.join(place, name)
            if os.path.exists(path) and not os.path.getsize(path):
                os.unlink(path)
        os.rmdir(place)

    def prepare(self) -> str:
        """Make what all runs need; the path of the wrapper. Raises ``OSError``."""
        self._make_root()
        if self._wrapper is None:
            with open(os.path.join(os.path.dirname(__file__), "wrapper.py"), "rb") as file:
                source = file.read()
            module = f"job_{blake2b(source, digest_size=6).hexdigest()}"
            if not os.path.exists(os.path.join(self.root, f"{module}.py")):
                write(os.path.join(self.root, f"{module}.py"), source)
            script = START.format(python=self._definition.python, root=self.root, module=module).encode()
            path = os.path.join(self.root, f"wrapper-{blake2b(script, digest_size=6).hexdigest()}")
            if not os.path.exists(path):
                write(path, script)
                os.chmod(path, 0o700)
            self._wrapper = path
        return self._wrapper

    def _make_root(self) -> None:
        """Make the folder of all runs, once: where it has gone since, nothing is mounted. Raises ``OSError``."""
        news, made = os.path.join(self.root, NEWS), os.path.join(self._state_directory, MADE)
        if os.path.isdir(news):
            return
        try:
            with open(made, encoding="utf-8", errors="surrogateescape") as file:
                known = file.read().splitlines()
        except FileNotFoundError:
            known = []
        if self.root in known:
            raise OSError(errno.ENOENT, "it is not there any more: is it mounted?", self.root)
        os.makedirs(news, 0o700)
        write(made, "".join(f"{root}\n" for root in [*known, self.root]).encode("utf-8", "surrogateescape"))

    def put_spec(self, folder: str, spec: Mapping[str, Sequence[str]]) -> None:
        """Write down what the wrapper needs, for nobody else to read. Raises ``OSError``."""
        make_folder(folder)
        write(os.path.join(folder, SPEC), encode_spec(spec))

    def news(self) -> set[int]:
        """The runs that have told of something. Raises ``OSError`` where the file system does not answer."""
        try:
            names = os.listdir(os.path.join(self.root, NEWS))
        except FileNotFoundError:
            return set()
        return {int(name.partition(".")[0]) for name in names if name.partition(".")[0].isdigit()}

    def remove_root(self) -> None:
        """Remove the folder of all runs of this state directory."""
        try:
            remove(self.root)
        except OSError:  # it has never been made
            pass

    def forget_news(self, run_id: int) -> None:
        for what in ("started", "ended"):
            try:
                os.unlink(os.path.join(self.root, NEWS, f"{run_id}.{what}"))
            except OSError:
                pass


def linked_folder(link: str) -> str | None:
    """The shared folder of a run that its place in the state directory leads to; ``None`` where it is none of ours."""
    runs, run = os.path.split(link)
    try:
        folder = os.readlink(link)
        with open(os.path.join(os.path.dirname(runs), ID), encoding="ascii") as file:
            known = file.read().strip()
    except OSError:
        return None
    return folder if known and folder.split("/")[-2:] == [known, run] else None


def remove_linked(link: str) -> bool:
    """Delete a run's shared folder and the link to it; whether they are gone. No other link is followed."""
    folder = linked_folder(link)
    if folder is None or not remove(folder):
        return False
    try:
        os.unlink(link)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True
