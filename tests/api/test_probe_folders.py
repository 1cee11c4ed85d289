"""Where a probe works: a folder of its own, which nobody finds afterwards."""

import os
from pathlib import Path

import pytest

from gleanset.api import probing
from gleanset.store.workdir import held

HOURS_AGO_S = 1_500_000_000


@pytest.fixture
def probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of probes in a fresh GLEANSET_HOME."""
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "probes"


def left_by_a_kill(probes: Path, name: str) -> Path:
    """What a probe that was killed long ago left behind."""
    folder = probes / name
    (folder / "probe").mkdir(parents=True)
    os.utime(folder, (HOURS_AGO_S, HOURS_AGO_S))
    return folder


def test_the_folder_is_gone_however_a_probe_ends(probes: Path) -> None:
    """Also when it ends in an error."""
    with pytest.raises(ValueError, match="broken"), probing._work_folder() as folder:
        (folder / "body").write_bytes(b"x")
        raise ValueError("broken")
    assert list(probes.iterdir()) == []


def test_what_a_killed_probe_left_is_removed(probes: Path) -> None:
    """Gigabytes of bodies must not stay in a cache folder."""
    stale = left_by_a_kill(probes, "probe-stale")
    with probing._work_folder() as folder:
        assert not stale.exists()
        assert folder.is_dir()


def test_what_another_probe_works_in_is_left_alone(probes: Path) -> None:
    """However old its folder looks."""
    busy = left_by_a_kill(probes, "probe-busy")
    with held(busy), probing._work_folder():
        assert (busy / "probe").is_dir()


def test_a_home_on_a_network_file_system_is_not_worked_in(
    probes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Journals and locks are not safe there; a cluster's home folders are often such."""
    monkeypatch.setattr(probing, "machine_mounts", lambda: [("/", "ext4"), (str(tmp_path / "home"), "nfs4")])
    monkeypatch.setattr(probing.tempfile, "gettempdir", lambda: str(tmp_path / "local"))
    with probing._work_folder() as folder:
        assert folder.is_relative_to(tmp_path / "local")
