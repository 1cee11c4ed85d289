"""Whether a decoder hangs, told by the processor time that it uses: a loaded machine is no reason."""

import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Final

LONGEST_DECODE_CPU_S: Final = 10.0
"""Of the decoding thread for one picture. What is admitted takes at most 5 s on a core of 2020."""
MOST_STILL_LOOKS: Final = 60
"""Looks at one picture during which next to nothing is computed: its decoder waits for what never comes."""
LEAST_CPU_S: Final = 0.05
"""Next to nothing, of a thread, in so many looks."""
LOOK_EVERY_S: Final = 0.5

ROOM_BYTES: Final = (512 + 192) * 2**20
"""What a worker may take beyond what it has at its start: 512 MB for the picture that is being decoded
(``inspection.picture``), and for the network bodies that wait (48 MB), those under way (72 MB), and air."""


class Watch:
    """Looks at a decoder from time to time. Who is stopped together with it, by a closed lid or ``SIGSTOP``,
    looks no more either, so that no pause of the machine is held against a picture.
    """

    def __init__(self, longest_cpu_s: float = LONGEST_DECODE_CPU_S, least_cpu_s: float = LEAST_CPU_S) -> None:
        self._longest_cpu_s = longest_cpu_s
        self._least_cpu_s = least_cpu_s
        self._picture: tuple[int, float] | None = None
        self._began_cpu_s = self._moved_cpu_s = 0.0
        self._n_still = 0

    def look(self, picture: tuple[int, float] | None, cpu_s: float) -> bool:
        """Whether it hangs. ``picture``: lease and since when, None: it is idle; ``cpu_s``: used so far."""
        if picture is None or picture != self._picture:
            self._picture, self._began_cpu_s, self._moved_cpu_s, self._n_still = picture, cpu_s, cpu_s, 0
        elif cpu_s - self._moved_cpu_s >= self._least_cpu_s:
            self._moved_cpu_s, self._n_still = cpu_s, 0
        else:
            self._n_still += 1
        if picture is None:
            return False
        return cpu_s - self._began_cpu_s > self._longest_cpu_s or self._n_still >= MOST_STILL_LOOKS


def cpu_s_of_thread(thread: threading.Thread) -> float:
    """Processor time that a thread of ours has used; where the system does not tell (macOS), that of all our
    threads together.
    """
    if sys.platform == "linux" and thread.ident is not None:
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return time.process_time()


def cpu_s_of_process(pid: int) -> float | None:
    """Processor time that another process has used, all threads together; None: the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lift_bound() -> None:
    """From now on this process gets as much memory as the system allows."""
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def bound_memory(room_bytes: int = ROOM_BYTES) -> None:
    """From now on this process gets at most so much more memory (Linux; elsewhere nothing happens).

    A decoder that asks for more is told that there is none, and its picture is a ``decoder-crash``. Should
    another thread come to feel it, the process ends, and the picture that was being decoded is named.
    """
    if sys.platform != "linux":
        return
    status = Path("/proc/self/status").read_text()
    held_bytes = int(status.partition("VmData:")[2].split()[0]) * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held_bytes + room_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
