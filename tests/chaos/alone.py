"""Inspects bodies in a process of its own, one after the other, and tells what each cost."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = """
import json, resource, sys, time
from pathlib import Path
started = []
def watch(event, args):
    if event == "subprocess.Popen" or event.startswith(("os.system", "os.exec", "os.posix_spawn", "os.fork")):
        started.append(event)
sys.addaudithook(watch)
from gleanset.inspection.inspector import inspect
from gleanset.inspection.trial import stand_trial
from gleanset.terms.inspection import Treatment
def peak_bytes():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
stand_trial()
treatment = Treatment(**json.loads(sys.argv[1]))
for name in sys.stdin.read().splitlines():
    body = Path(name).read_bytes()
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")
    before, began_s = peak_bytes(), time.thread_time()
    seen, stored = inspect(body, treatment)
    cost = [round(time.thread_time() - began_s, 3), peak_bytes() - before]
    del stored
    print(json.dumps([name, seen.flaw and seen.flaw.word, seen.detail, *cost]))
from PIL import Image
plugins = sorted(module for module in sys.modules if "Plugin" in module)
print(json.dumps([started, sorted({*Image.ID, *Image.OPEN}), plugins]))
"""


@dataclass(frozen=True)
class Cost:
    """Of one body."""

    flaw: str | None
    detail: str
    cpu_s: float
    grown_bytes: int
    """By how much the process grew at the most."""


@dataclass(frozen=True)
class Alone:
    """What became of all of them."""

    costs: dict[str, Cost]
    started: list[str]
    """Programs, as Python's audit hooks tell of them."""
    formats: set[str]
    """All that Pillow would open or has on offer."""
    plugins: set[str]


def inspect_files(files: Mapping[str, Path], **treatment: Any) -> Alone:
    """By name. A process that dies fails the test."""
    command = [sys.executable, "-c", SCRIPT, json.dumps(treatment)]
    names = "\n".join(str(path) for path in files.values())
    done = subprocess.run(command, input=names, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    *lines, last = (json.loads(line) for line in done.stdout.splitlines())
    by_path = {path: Cost(*cost) for path, *cost in lines}
    started, formats, plugins = last
    costs = {name: by_path[str(path)] for name, path in files.items()}
    return Alone(costs, started, set(formats), {module.removeprefix("PIL.") for module in plugins})


def inspect_bodies(folder: Path, bodies: Mapping[str, bytes], **treatment: Any) -> Alone:
    """The same for bodies, written down in ``folder``."""
    files = {name: folder / f"{number}.jpg" for number, name in enumerate(bodies)}
    for name, path in files.items():
        path.write_bytes(bodies[name])
    return inspect_files(files, **treatment)
