"""What a command costs: seconds, CPU seconds and memory of all its processes together. Linux only.

CPU seconds are user and system time of the command and of every process that it starts. Memory is PSS (what
processes share is counted once), sampled a few times a second; the peak of the sum is told.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

SAMPLE_EVERY_S = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """What one command used."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    exit_code: int
    stdout: str

    def minus(self, start: "Used") -> "Used":
        """Without what starting up takes; memory stays."""
        return Used(
            self.wall_s - start.wall_s, self.cpu_s - start.cpu_s, self.peak_mb, self.exit_code, self.stdout
        )


@dataclass
class Sampler:
    """Watches a process and its descendants from a thread."""

    root: int
    peak_bytes: int = 0
    cpu_s: dict[int, float] = field(default_factory=dict)
    """Of every process seen: what it had used when last seen."""
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(SAMPLE_EVERY_S):
            pids = family(self.root)
            self.peak_bytes = max(self.peak_bytes, sum(map(pss_bytes, pids)))
            self.cpu_s |= {pid: used for pid in pids if (used := own_cpu_s(pid)) is not None}


def measure(command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> Used:
    """Run ``command`` to its end. What it says on standard error goes to ``log``."""
    began_s = monotonic()
    with log.open("wb") as errors, log.with_suffix(".stdout").open("w+") as words:
        process = subprocess.Popen(
            [str(word) for word in command], env={**os.environ, **(env or {})}, stdout=words, stderr=errors
        )
        sampler = Sampler(process.pid)
        thread = threading.Thread(target=sampler.watch)
        thread.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = monotonic() - began_s
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.over.set()
        thread.join()
        words.seek(0)
        stdout = words.read()
    waited_for_s = usage.ru_utime + usage.ru_stime
    cpu_s = max(
        waited_for_s, sum(sampler.cpu_s.values())
    )  # a process that nobody waited for is in the second
    return Used(wall_s, cpu_s, sampler.peak_bytes / 2**20, process.returncode, stdout)


def family(root: int) -> list[int]:
    """A process and all its descendants that are alive."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def pss_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def own_cpu_s(pid: int) -> float | None:
    """Without its children; None: it is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else None


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s stat from the third on, the state; empty: it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def load() -> str:
    """How busy the machine is: averages over 1, 5 and 15 minutes."""
    return "load " + " ".join(f"{average:.1f}" for average in os.getloadavg())
