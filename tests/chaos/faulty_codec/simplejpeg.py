"""A JPEG codec with faults: the real one, but for pictures whose comment asks for a fault.

A worker that finds this folder on its path before the real library loads it in its place.
"""

import ctypes
import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

_HERE = Path(__file__).parent


def _real():
    """The library that this file hides."""
    path = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("simplejpeg", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simplejpeg"] = module
    spec.loader.exec_module(module)
    return module


def _allocate():
    held = []
    while True:
        held.append(np.ones(32 * 2**20, np.uint8))


def _compute():
    while True:
        pass


def _wait():
    time.sleep(3600)


def _wait_with_the_interpreter():
    """As C code does that forgets to release it."""
    ctypes.PyDLL(None).pause()


FAULTS = {
    b"segfault": lambda: ctypes.string_at(0),
    b"abort": os.abort,
    b"kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"exit": lambda: os._exit(0),
    b"hunger": _allocate,
    b"loop": _compute,
    b"wait": _wait,
    b"freeze": _wait_with_the_interpreter,
}

sys.modules.pop(__name__, None)
_codec = _real()
_decode = _codec.decode_jpeg


def decode_jpeg(data, *args, **kwargs):
    """The real one's, after the fault that the picture asks for."""
    _, mark, rest = bytes(data[:200]).partition(b"fault:")
    if mark:
        FAULTS[rest.partition(b".")[0]]()
    return _decode(data, *args, **kwargs)


_codec.decode_jpeg = decode_jpeg
