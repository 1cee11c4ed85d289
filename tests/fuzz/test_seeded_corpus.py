"""A small part of `make fuzz`, the same each time: some thousand spoilt pictures of all forms."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mutations import spoilt
from seeds import seeds
from target import check

N_SPOILT = 60
"""Of each seed."""


def test_every_seed_is_sound():
    """What does not decode to begin with would never get far."""
    assert {name: flaw for name, body in seeds() if (flaw := check(body)) is not None} == {}


SCRIPT = """
import random, sys
sys.path.insert(0, sys.argv[1])
from mutations import spoilt
from seeds import seeds
from target import check
bodies = dict(seeds())
chance = random.Random(int(sys.argv[2]))
flaws = {}
for name, body in bodies.items():
    for number in range(int(sys.argv[3])):
        flaw = check(spoilt(body, list(bodies.values()), chance))
        word = flaw.word if flaw else "kept"
        flaws[word] = flaws.get(word, 0) + 1
print(flaws)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_spoilt_pictures_break_no_promise(seed):
    """In a process of its own: a codec that crashes fails this test, not the run of all tests."""
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(seed), str(N_SPOILT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "kept" in done.stdout
    assert "undecodable" in done.stdout


def test_what_is_spoilt_repeats():
    """A seed that finds something finds it again."""
    bodies = [body for _, body in seeds()]
    once, again = ([spoilt(body, bodies, random.Random(5)) for body in bodies] for _ in range(2))
    assert once == again
    assert once != bodies
