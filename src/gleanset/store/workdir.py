"""The folder of one build: where each thing lies, and who may write there now."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import LockedError, WorkdirError, storage_error, storage_errors
from .durable import write_atomically
from .mounts import Mount, machine_mounts, network_type

__all__ = ["Workdir", "held", "write_atomically"]

STATE_NAME = ".gleanset"
_NOT_OURS_BUT_HARMLESS = {".DS_Store", "lost+found"}
_POINTER = "work"
_OWNER = "out"
_LOCK = "lock"
_PLAN = "plan.json"


class Workdir:
    """A build's folder, held exclusively from `open` to `close`.

    ``root`` is what the user named; ``state`` holds journal, pool, plan and blobs: ``root/.gleanset``, or the
    folder of ``--work``, which ``root`` remembers. The lock dies with its process, so that a kill leaves
    nothing to tidy up; what the lock file says is for people.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self.root = root
        self.state = state
        self.journal = state / "journal.sqlite"
        self.blobs = state / "blobs"
        self.plan = state / _PLAN
        self.pool = state / "pool.arrow"
        self.log = state / "gleanset.log"
        self.recipe = root / "recipe.toml"
        self.packing = root / STATE_NAME / "packing"
        """Where a pack is prepared: beside ``root/data``, so that it can be renamed into place."""
        self._locks: list[int] = []

    @classmethod
    def at(cls, out: Path) -> "Workdir":
        """The places of the build in ``out`` without holding it, for those who only read.

        Raises:
            WorkdirError: there is no build in ``out``.
        """
        root = out.resolve()
        if not (root / STATE_NAME).is_dir():
            raise WorkdirError(
                f"{root}: no build is here. Name the folder that `gleanset build -o` was given."
            )
        return cls(root, _remembered_state(root))

    @classmethod
    def open(
        cls, out: Path, work: Path | None = None, mounts: Callable[[], list[Mount]] = machine_mounts
    ) -> "Workdir":
        """Take hold of ``out``, which is made where it is absent.

        Raises:
            LockedError: another run holds it; the message names its process.
            WorkdirError: it holds files that are no build of ours, its state lies elsewhere than in ``work``
                or is gone, or would be on a network file system.
            StorageError: it cannot be made or written.
        """
        root = out.resolve()
        _refuse_foreign(root)
        state = work.resolve() if work else _remembered_state(root)
        _refuse_other_state(root, state)
        _refuse_network(state, mounts())
        with storage_errors("making the folder", state):
            (root / STATE_NAME).mkdir(parents=True, exist_ok=True)
            state.mkdir(parents=True, exist_ok=True)
        opened = cls(root, state)
        try:
            for folder in dict.fromkeys((root / STATE_NAME, state)):
                opened._locks.append(_lock(folder / _LOCK, root))
            opened._bind()
        except BaseException:
            opened.close()
            raise
        return opened

    def read_plan(self) -> dict[str, Any] | None:
        """What `write_plan` kept, or None before the first time."""
        with storage_errors("reading", self.plan):
            try:
                text = self.plan.read_text(encoding="utf-8")
            except FileNotFoundError:
                return None
        try:
            plan: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise WorkdirError(
                f"{self.plan} is damaged ({error}). Delete it: the same command plans anew."
            ) from error
        return plan

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Keep ``plan`` (anything that JSON can say), replacing the old one in one step."""
        write_atomically(self.plan, json.dumps(plan, ensure_ascii=False, indent=1) + "\n")

    def close(self) -> None:
        """Let go of the folder; calling it twice is harmless."""
        while self._locks:
            os.close(self._locks.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bind(self) -> None:
        """Let root and a state elsewhere know of each other, and refuse the state of another build."""
        beside = self.root / STATE_NAME
        if self.state == beside:
            return
        owner = self.state / _OWNER
        if not owner.exists():
            write_atomically(owner, f"{self.root}\n")
        elif (theirs := owner.read_text(encoding="utf-8").strip()) != str(self.root):
            raise WorkdirError(f"{self.state} holds the state of {theirs}. Choose another folder for --work.")
        write_atomically(beside / _POINTER, f"{self.state}\n")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder that is no build against another who writes there in this way.

    The lock is the folder's own and leaves no file behind. File systems without such locks let everyone in.

    Raises:
        LockedError: somebody holds it.
    """
    with storage_errors("opening the folder", folder):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LockedError(
                    f"{folder}: another process is at work here. Wait for it, or stop it, then run again."
                ) from error
        yield
    finally:
        os.close(fd)


def _remembered_state(root: Path) -> Path:
    beside = root / STATE_NAME
    try:
        return Path((beside / _POINTER).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return beside
    except OSError as error:
        raise storage_error(error, "reading", beside / _POINTER) from error


def _refuse_foreign(root: Path) -> None:
    with storage_errors("opening the folder", root):
        if not root.exists():
            return
        strangers = {entry.name for entry in root.iterdir()} - _NOT_OURS_BUT_HARMLESS
    if strangers and STATE_NAME not in strangers:
        raise WorkdirError(
            f"{root} is no build of ours and not empty (it holds {sorted(strangers)[0]!r}). "
            "Choose a new or an empty folder."
        )


def _refuse_other_state(root: Path, state: Path) -> None:
    """A build keeps its state in one place: a second one would begin it anew, and the first be lost to it.

    A state that was moved by hand is welcome where ``--work`` names it.
    """
    kept = _remembered_state(root)
    if state != kept and (kept / _PLAN).exists():
        raise WorkdirError(
            f"{root} has the state of its build in {kept}, not in {state}. Leave --work out to go on, or "
            "choose another folder for another build."
        )
    if kept != root / STATE_NAME and not kept.exists() and not (state / _PLAN).exists():
        raise WorkdirError(
            f"{root} had the state of its build in {kept}, which is gone. Bring it back (is a disk not "
            "mounted?), name with --work where it lies now, or build in another folder."
        )


def _refuse_network(state: Path, mounts: list[Mount]) -> None:
    kind = network_type(state.resolve(), mounts)
    if kind:
        raise WorkdirError(
            f"{state} lies on a network file system ({kind}), where locks and the journal are not safe. "
            "Name a folder on a local disk with --work."
        )


def _lock(path: Path, root: Path) -> int:
    """The descriptor that holds the lock. It is not inherited by the programs that we start (PEP 446)."""
    with storage_errors("locking", path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(fd, root)
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()} {_boot_id()}\n".encode(), 0)
        except BaseException:
            os.close(fd)
            raise
    return fd


def _take(fd: int, root: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 200, 0).decode(errors="replace").split()
        who = f"process {holder[0]}" if holder else "another process"
        raise LockedError(
            f"{root}: {who} is at work here. Wait for it, or stop it, then run again."
        ) from error


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"
