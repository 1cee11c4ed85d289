"""The door of sockets: a rotten web on loopback, in a process of its own so that no client pays for it.

``python -P -m gleanset.rotten.server`` is that process; ``RottenServer`` starts and ends it.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from gleanset.errors import GleansetError

from .ledger import Counters, LogLine
from .ports import LOOPBACK
from .settings import WorldSettings

PATIENCE_S = 60.0
STOP_S = 2.0
NOT_UP = "rotten web: the server is not up. Call start() first."
CACHE_BYTES = 256 << 20


class RottenServer:
    """A rotten web that listens on loopback from ``start`` to ``stop``, or inside ``with``.

    It also ends when this process does, however that happens. Names reach it through ``resolve_rules`` alone.
    """

    def __init__(
        self,
        settings: WorldSettings,
        *,
        cache_bytes: int = CACHE_BYTES,
        certificate: Path | None = None,
        photographs: Sequence[tuple[str, Path]] = (),
    ) -> None:
        """``cache_bytes``: for pictures that were drawn; the rest of the server stays under 100 MB.
        ``certificate``: with it every host that talks does so by https too (see ``make_certificate``).
        ``photographs``: labels and files, as ``World`` wants labels and bytes; on top of the 100 MB.
        """
        self.settings = settings
        self._certificate = certificate
        self._photographs = [(label, str(path)) for label, path in photographs]
        self._cache_bytes = cache_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: dict[str, int] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Of all hosts that can be talked to."""
        return self._ports["main"]

    @property
    def pid(self) -> int:
        """Of the server's process."""
        if self._process is None:
            raise GleansetError(NOT_UP)
        return self._process.pid

    @property
    def refused_port(self) -> int:
        return self._ports["refused"]

    @property
    def blackhole_port(self) -> int | None:
        """None: no host of this world is a black hole."""
        return self._ports.get("blackhole")

    def start(self) -> None:
        """Raises ``GleansetError`` when the process does not come up."""
        if self._process is not None:
            return
        package = str(Path(__file__).resolve().parents[2])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gleanset.rotten.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        try:
            self._ports = self._ask(
                {
                    "settings": self.settings.to_json(),
                    "cache_bytes": self._cache_bytes,
                    "certificate": str(self._certificate) if self._certificate else None,
                    "photographs": self._photographs,
                }
            )
        except GleansetError:
            self.stop()
            raise

    def stop(self) -> None:
        """Take the web down. Whoever is still connected is cut off. Harmless when it is not up."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
            process.wait(STOP_S)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.wait()
        finally:
            process.stdout.close()

    def resolve_rules(self) -> tuple[str, ...]:
        """What ``--resolve`` needs, in order: the first rule that matches counts. ``.invalid`` has none."""
        places = [("refused*.example", self.refused_port)]
        if self.blackhole_port is not None:
            places.append(("blackhole*.example", self.blackhole_port))
        places += [(names, self.port) for names in ("*.example", "flickr", "*.yimg.com", "*.archive.org")]
        return tuple(f"{names}={LOOPBACK}:{port}" for names, port in places)

    def counters(self) -> Counters:
        """What the server has seen until now. Refused and swallowed connections leave no trace."""
        return Counters.from_json(self._ask({"do": "counters"}))

    def log(self) -> tuple[LogLine, ...]:
        """The latest half million requests, in order of their beginning."""
        return tuple(LogLine(*fields) for fields in self._ask({"do": "log"}))

    def prepare(self, rows: list[tuple[int, int]]) -> int:
        """Draw the pictures of these rows (class index, serial) ahead; how many had room in the cache.

        A benchmark of a client otherwise measures how fast the server draws.
        """
        drawn: int = self._ask({"do": "prepare", "rows": rows}, patience_s=600.0)
        return drawn

    def _ask(self, question: dict[str, Any], patience_s: float = PATIENCE_S) -> Any:
        process = self._process
        if process is None:
            raise GleansetError(NOT_UP)
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                line = b""
            else:
                ready, _, _ = select.select([process.stdout], [], [], patience_s)
                line = process.stdout.readline() if ready else b""
        if not line:
            raise GleansetError(
                "rotten web: the server's process does not answer. Its last words are on stderr."
            )
        return json.loads(line)


if __name__ == "__main__":
    from gleanset.rotten.serving import main

    main()
