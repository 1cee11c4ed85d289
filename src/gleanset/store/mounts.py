"""Which kind of file system a folder lies on. SQLite's WAL and our locks need one that is local."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

_NETWORK = re.compile(
    r"nfs\d*|cifs|smb\d*|smbfs|afpfs|afs|ncpfs?|ceph|lustre|beegfs|gpfs|gfs2?|ocfs2|pvfs2|orangefs|coda"
    r"|webdav|davfs|fuse\.(sshfs|s3fs|s3ql|rclone|glusterfs|ceph(-fuse)?|gcsfuse|blobfuse2?|mount-s3)"
    r"|fuse\.(juicefs|davfs2?|curlftpfs|.*nfs.*)"
    r"|macfuse|osxfuse"
)
Mount = tuple[str, str]
"""(mount point, type), in the order in which they were mounted."""


def network_type(folder: Path, mounts: Iterable[Mount]) -> str | None:
    """The type of the network file system that ``folder`` lies on; None: it is local or not known."""
    kind = ""
    best = -1
    for point, its_kind in mounts:
        depth = len(PurePosixPath(point).parts)
        if depth >= best and folder.is_relative_to(point):
            best, kind = depth, its_kind
    return kind if _NETWORK.fullmatch(kind) else None


def machine_mounts() -> list[Mount]:
    """What is mounted on this machine; empty where that cannot be learned."""
    if sys.platform == "linux":
        try:
            return parse_mountinfo(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"))
        except OSError:
            return []
    if sys.platform == "darwin":
        listing = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False)
        return parse_bsd_mount(listing.stdout)
    return []


def parse_mountinfo(text: str) -> list[Mount]:
    """Linux's ``/proc/self/mountinfo`` (proc(5)): field 5 is the point, the type follows the lone dash."""
    mounts = []
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        if dash and len(before.split()) > 4:
            mounts.append((_unescape(before.split()[4]), after.split()[0]))
    return mounts


def parse_bsd_mount(text: str) -> list[Mount]:
    """macOS's ``mount``: lines like ``//me@nas/home on /Volumes/home (smbfs, nodev, nosuid)``."""
    found = (re.fullmatch(r".+? on (/.*) \((\w+)[,)].*", line) for line in text.splitlines())
    return [(match[1], match[2]) for match in found if match]


def _unescape(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
