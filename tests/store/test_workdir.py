"""One build, one folder, one writer at a time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gleanset.errors import LockedError, StorageError, WorkdirError
from gleanset.store.durable import open_atomically, write_atomically
from gleanset.store.mounts import network_type, parse_bsd_mount, parse_mountinfo
from gleanset.store.workdir import Workdir

HOLDER = """
import sys
from pathlib import Path
from gleanset.store.workdir import Workdir
held = Workdir.open(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_run_in(out: Path) -> Iterator[subprocess.Popen[str]]:
    """A real process that holds the folder."""
    command = [sys.executable, "-c", HOLDER, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield child
        finally:
            child.kill()


def test_a_second_run_is_refused_and_told_the_process(tmp_path: Path) -> None:
    """Two writers would tear one journal apart."""
    with (
        another_run_in(tmp_path / "out") as child,
        pytest.raises(LockedError, match=f"process {child.pid} is at work"),
    ):
        Workdir.open(tmp_path / "out")


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    """After kill -9 the same command goes on at once."""
    with another_run_in(tmp_path / "out") as child:
        child.send_signal(signal.SIGKILL)
        child.wait()
        Workdir.open(tmp_path / "out").close()


def test_the_same_process_cannot_hold_it_twice(tmp_path: Path) -> None:
    """A notebook that calls build twice is a second run as well."""
    with Workdir.open(tmp_path / "out"), pytest.raises(LockedError, match=f"process {os.getpid()}"):
        Workdir.open(tmp_path / "out")
    Workdir.open(tmp_path / "out").close()


def test_our_programs_do_not_inherit_the_lock(tmp_path: Path) -> None:
    """A worker that outlives the engine must not block the next run."""
    held = Workdir.open(tmp_path / "out")
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        close_fds=False,
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()  # its program runs: what exec closes is closed
        held.close()
        Workdir.open(tmp_path / "out").close()
        worker.kill()


def test_looking_needs_no_lock(tmp_path: Path) -> None:
    """`gleanset status` works beside a running build."""
    with Workdir.open(tmp_path / "out") as held:
        assert Workdir.at(tmp_path / "out").journal == held.journal


def test_a_folder_without_a_build_is_named(tmp_path: Path) -> None:
    """A wrong path to `status` or `pack` is the commonest mistake."""
    with pytest.raises(WorkdirError, match=str(tmp_path)):
        Workdir.at(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A typing error must not put a dataset among somebody's photos."""
    (tmp_path / "holiday.jpg").write_bytes(b"sun")
    with pytest.raises(WorkdirError, match=r"holiday\.jpg"):
        Workdir.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_in_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "out").write_text("")
    with pytest.raises(StorageError, match=str(tmp_path / "out")):
        Workdir.open(tmp_path / "out")


def test_an_empty_folder_and_our_own_are_taken(tmp_path: Path) -> None:
    """Also where a file manager left its mark."""
    (tmp_path / ".DS_Store").write_bytes(b"")
    Workdir.open(tmp_path).close()
    (tmp_path / "README.md").write_text("a dataset card")
    Workdir.open(tmp_path).close()


NFS_ON_DATA = [("/", "ext4"), ("/data", "nfs4"), ("/data/local", "xfs")]


def test_a_network_file_system_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """SQLite's WAL is not safe there (sqlite.org/wal.html, section 1)."""
    with pytest.raises(WorkdirError, match=r"\(nfs4\).*--work"):
        Workdir.open(tmp_path / "out", mounts=lambda: [("/", "ext4"), (str(tmp_path), "nfs4")])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/data/x", "nfs4"), ("/data", "nfs4"), ("/database", None), ("/data/local/x", None), ("/home", None)],
)
def test_the_nearest_mount_point_decides(folder: str, kind: str | None) -> None:
    """A local disk mounted below a network one is local."""
    assert network_type(Path(folder), NFS_ON_DATA) == kind


@pytest.mark.parametrize(
    "kind", ["nfs", "cifs", "smb3", "fuse.sshfs", "fuse.s3fs", "lustre", "ceph", "fuse.rclone", "afpfs"]
)
def test_network_types_are_known(kind: str) -> None:
    """A table of what people mount."""
    assert network_type(Path("/data"), [("/data", kind)]) == kind


@pytest.mark.parametrize(
    "kind",
    ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "apfs", "fuse.fuse-overlayfs", "9p", "virtiofs"],
)
def test_local_types_pass(kind: str) -> None:
    """Containers and virtual machines included."""
    assert network_type(Path("/data"), [("/data", kind)]) is None


def test_the_last_mount_at_a_point_covers_the_others() -> None:
    """As `mount` itself says of stacked mounts."""
    assert network_type(Path("/data"), [("/data", "nfs"), ("/data", "ext4")]) is None


def test_mountinfo_is_read_with_its_escapes() -> None:
    """proc(5): blanks are octal, the optional fields end at a lone dash."""
    text = (
        "36 35 98:0 /mnt1 / rw,noatime master:1 shared:2 - ext3 /dev/root rw\n"
        "37 36 0:50 / /my\\040data rw - nfs4 nas:/export rw,vers=4.2\n\ngarbage\n"
    )
    assert parse_mountinfo(text) == [("/", "ext3"), ("/my data", "nfs4")]


def test_the_mount_listing_of_macos_is_read() -> None:
    """Types stand first in the parentheses."""
    text = "/dev/disk3s1s1 on / (apfs, sealed, local)\n//me@nas/home on /Volumes/my home (smbfs, nodev)\n"
    assert parse_bsd_mount(text) == [("/", "apfs"), ("/Volumes/my home", "smbfs")]


def test_state_may_live_elsewhere_and_is_found_again(tmp_path: Path) -> None:
    """`--work` is said once; `build -o DIR` alone and `status` find it."""
    with Workdir.open(tmp_path / "out", tmp_path / "fast") as opened:
        assert opened.journal.parent == tmp_path / "fast"
        assert opened.packing.is_relative_to(tmp_path / "out")
    with Workdir.open(tmp_path / "out") as again:
        assert again.state == tmp_path / "fast"
    assert Workdir.at(tmp_path / "out").state == tmp_path / "fast"


def test_state_belongs_to_one_build(tmp_path: Path) -> None:
    """Two builds in one state folder would mix their candidates."""
    Workdir.open(tmp_path / "one", tmp_path / "fast").close()
    with pytest.raises(WorkdirError, match=str(tmp_path / "one")):
        Workdir.open(tmp_path / "two", tmp_path / "fast")
    Workdir.open(tmp_path / "one", tmp_path / "fast").close()


def test_a_plan_comes_back(tmp_path: Path) -> None:
    """Nothing before the first, and a damaged one is named."""
    with Workdir.open(tmp_path) as workdir:
        assert workdir.read_plan() is None
        workdir.write_plan({"classes": ["ä"], "seed": 1})
        assert workdir.read_plan() == {"classes": ["ä"], "seed": 1}
        workdir.plan.write_text("{")
        with pytest.raises(WorkdirError, match=r"plan\.json.*plans anew"):
            workdir.read_plan()


def test_a_file_written_atomically_is_old_or_new(tmp_path: Path) -> None:
    """An error half-way leaves the old file, and no trace of the new one."""
    path = tmp_path / "f"
    write_atomically(path, "old")
    with pytest.raises(ZeroDivisionError), open_atomically(path) as file:
        file.write(b"new")
        1 / 0  # noqa: B018
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("f", "old")]
    write_atomically(path, b"new")
    assert path.read_text() == "new"


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from gleanset.store.durable import write_atomically
left = int(sys.argv[2])
def step(event, args):
    global left
    if event in {"open", "os.rename", "os.remove"} or event == "fsync":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
fsync = os.fsync
def counted(fd):
    step("fsync", ())
    fsync(fd)
os.fsync = counted
sys.addaudithook(step)
write_atomically(Path(sys.argv[1]), b"new" * 10000)
"""


def test_kill_9_at_every_step_leaves_old_or_new(tmp_path: Path) -> None:
    """Before each open, fsync and rename in turn, until nothing is killed any more."""
    path = tmp_path / "f"
    seen = set()
    for step in range(1, 30):
        path.write_bytes(b"old")
        done = subprocess.run([sys.executable, "-c", KILLED_AT, str(path), str(step)], check=False).returncode
        seen.add(path.read_bytes())
        assert seen <= {b"old", b"new" * 10000}
        if done == 0:
            break
        assert done == -signal.SIGKILL
    assert done == 0
    assert len(seen) == 2
    assert step > 4
