"""kill -9 at any step of a pack: old, or new, and the next pack makes it new."""

import json
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gleanset.pack.packer import pack

DRIVER = Path(__file__).with_name("kill_driver.py")


@pytest.mark.timeout(400)  # some 120 small packs: 10 s of CPU
@pytest.mark.parametrize("form", ["imagefolder", "webdataset"])
def test_kill_9_at_every_step_of_a_pack(
    an_empty_collection: Any, job_for: Any, tmp_path: Path, form: str
) -> None:
    """Before each file that is opened to write, each link, rename, fsync and removal, until none is left."""
    for i in range(3):
        an_empty_collection.add(("n02084071", "n02121808")[i % 2])
    pack(job_for(an_empty_collection, out=tmp_path / "old", rows=an_empty_collection.rows[1:]))
    job = job_for(an_empty_collection)
    job = replace(job, rows=list(job.rows), outcomes=list(job.outcomes))
    (tmp_path / "job.pickle").write_bytes(pickle.dumps(job))
    done = subprocess.run(
        [sys.executable, DRIVER, tmp_path, form], stdout=subprocess.PIPE, text=True, check=True, timeout=380
    )
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(steps) > 25
    assert {ended for _, ended, *_ in steps[:-1]} == {-signal.SIGKILL}
    assert steps[-1][1:3] == [0, "new"]
    assert {tuple(rest) for *_, again, made, litter in steps for rest in [(again, made, litter)]} == {
        (0, "new", False)
    }
    states = [left for _, _, left, *_ in steps]
    assert states == sorted(states, key=["old", "between", "new"].index)
