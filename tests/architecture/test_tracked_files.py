"""What git tracks speaks of the project alone: no machine, no registry, no odd giants."""

import re
import subprocess
from pathlib import Path

import pytest

_PARTED = ("files.python hosted.org", "pypi.org /simple", "registry.npm js.org", "proxy.golang .org")
REGISTRIES = [host.replace(" ", "") for host in _PARTED]
HOMES = re.compile(rb"(?<![\w.~])/(?:home/[a-z_][\w.-]*|root|Users/[A-Za-z][\w.-]*)/[\w.-]")
LARGEST_BYTES = 4_000_000


@pytest.fixture(scope="module")
def tracked(project_root: Path) -> list[Path]:
    """Every file that git tracks and that is there."""
    if not (project_root / ".git").exists():
        pytest.skip("no git checkout: an unpacked source archive")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project_root, capture_output=True, check=True)
    paths = [project_root / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    """Pins without hosts install from whatever index a machine is set to."""
    found = [
        (path.name, host) for path in tracked for host in REGISTRIES if host.encode() in path.read_bytes()
    ]
    assert found == []


def test_no_file_names_a_home_folder(tracked: list[Path]) -> None:
    """A path of somebody's machine means nothing to anybody else."""
    found = [(path.name, match[0]) for path in tracked if (match := HOMES.search(path.read_bytes()))]
    assert found == []


def test_no_tracked_file_is_a_giant(tracked: list[Path]) -> None:
    """Lists and images are fetched, simulated or lie beside the project; a clone stays small."""
    assert [path.name for path in tracked if path.stat().st_size > LARGEST_BYTES] == []


def test_test_files_have_names_of_their_own(project_root: Path) -> None:
    """pytest imports them as top-level modules (importmode=importlib): two of one name would be confused."""
    names = [path.name for path in (project_root / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
