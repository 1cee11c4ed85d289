"""The worlds that every wing's tests may stand on."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("gleanset", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gleanset")

ROOT = Path(__file__).resolve().parent.parent
NO_SKIP = os.environ.get("GLEANSET_NO_SKIP", "") not in {"", "0"}
ABSENT = "the material folder is absent"
CHROMIUM_NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout: where pyproject.toml lies."""
    return ROOT


@pytest.fixture(scope="session")
def material() -> Path:
    """The folder of real lists and pictures; the test skips where it is absent."""
    named = os.environ.get("GLEANSET_MATERIAL")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "INDEX.md").is_file():
        pytest.skip(f"{ABSENT}: {folder} (set GLEANSET_MATERIAL)")
    return folder


@pytest.fixture
def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program; the test skips where none is installed."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    return Path(found)


@pytest.fixture(scope="session", autouse=True)
def home_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or teaches the user's own cache: GLEANSET_HOME is a fresh folder."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("gleanset-home")
        patch.setenv("GLEANSET_HOME", str(home))
        yield home


def _fail_instead(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that says which skip it was."""
    report.outcome = "failed"
    report.longrepr = f"skipped, which GLEANSET_NO_SKIP forbids: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With GLEANSET_NO_SKIP set only ``material`` may be missing."""
    report: pytest.TestReport = yield
    forbidden = NO_SKIP and not hasattr(report, "wasxfail") and ABSENT not in str(report.longrepr)
    if report.skipped and forbidden:
        _fail_instead(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for whole files that would skip themselves."""
    report: pytest.CollectReport = yield
    if NO_SKIP and report.skipped:
        _fail_instead(report)
    return report
