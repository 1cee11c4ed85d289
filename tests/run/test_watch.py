"""When a decoder counts as hanging: by what it computes, never by how late it is."""

import resource
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from gleanset.run.watch import LEAST_CPU_S, LONGEST_DECODE_CPU_S, MOST_STILL_LOOKS, Watch

PICTURE = (7, 12.5)


def test_a_decoder_that_computes_for_ten_seconds_hangs():
    watch = Watch()
    looks = [watch.look(PICTURE, 100.0 + half / 2) for half in range(30)]
    assert looks.index(True) == 2 * LONGEST_DECODE_CPU_S + 1


def test_a_decoder_that_computes_next_to_nothing_for_sixty_looks_hangs():
    """A thread that waits in vain wakes up now and then."""
    watch = Watch()
    looks = [watch.look(PICTURE, 100.0 + 0.0005 * look) for look in range(80)]
    assert looks.index(True) == MOST_STILL_LOOKS


@given(st.lists(st.floats(LEAST_CPU_S, 1.0), min_size=1, max_size=100))
def test_a_decoder_on_a_loaded_machine_does_not_hang(portions):
    """It gets a two hundredth of a core, for however long; together it needs less than ten seconds."""
    watch, used_s = Watch(), 0.0
    for portion in portions:
        for _ in range(MOST_STILL_LOOKS - 1):
            assert not watch.look(PICTURE, used_s)
        if used_s + portion > LONGEST_DECODE_CPU_S:
            break
        used_s += portion + 1e-9


def test_every_picture_has_its_own_ten_seconds():
    """Also the same lease, should it come again; and idleness is no picture."""
    watch = Watch()
    for turn in range(20):
        for part in (0, 4, 8):
            assert not watch.look((7, float(turn)), 10.0 * turn + part)
    assert not any(watch.look(None, 500.0) for _ in range(10 * MOST_STILL_LOOKS))


GREEDY = """
import sys
import numpy as np
from gleanset.run.watch import bound_memory
bound_memory(100 * 2**20)
np.ones(60 * 2**20, np.uint8)
try:
    np.ones(200 * 2**20, np.uint8)
except MemoryError:
    print("no more")
np.ones(60 * 2**20, np.uint8)
"""


def test_a_process_is_told_that_there_is_no_more_memory():
    """Instead of being killed with all that it holds; what was asked too much is forgotten."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    done = subprocess.run([sys.executable, "-c", GREEDY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == (["no", "more"] if sys.platform == "linux" else [])
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
