"""img2dataset as it comes from PyPI, in an environment of its own, and what it did.

Names are resolved for it as ``gleanset --resolve`` does, by a ``sitecustomize`` on its path: no file of the
system is touched, and it is spared the look-ups.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).resolve().parents[1] / "bench-out"
PINS = (
    "img2dataset==1.47.0",
    "opencv-python-headless==4.14.0.94",
    "albumentations==1.4.24",
    "webdataset==0.2.111",
    "pyarrow==26.0.1",
)
PROCESSES, THREADS, SHARD = 2, 64, 1000
NAMES = """
import os, socket
from fnmatch import fnmatch
_rules = [rule.split("=") for rule in os.environ.get("BENCH_RESOLVE", "").split()]
_connect = socket.create_connection
def create_connection(address, *args, **kwargs):
    for pattern, place in _rules:
        if fnmatch(address[0], pattern):
            host, _, port = place.rpartition(":")
            return _connect((host, int(port)), *args, **kwargs)
    return _connect(address, *args, **kwargs)
socket.create_connection = create_connection
"""


def install() -> Path:
    """The program's path; installed when it is not there yet (a minute)."""
    home = OUT / "peer"
    program = home / "bin" / "img2dataset"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", *PINS], check=True)
    names = home / "names"
    names.mkdir(exist_ok=True)
    (names / "sitecustomize.py").write_text(NAMES)
    return program


def command(
    program: Path, table: Path, out: Path, extra: Sequence[str], shard: int = SHARD
) -> list[str | Path]:
    """Read ``table`` (CSV with url and label), write WebDataset shards to ``out``.

    ``shard``: URLs in one, which one process works through.
    """
    return [
        program,
        f"--url_list={table}",
        "--input_format=csv",
        "--url_col=url",
        "--save_additional_columns=['label']",
        f"--output_folder={out}",
        "--output_format=webdataset",
        f"--processes_count={PROCESSES}",
        f"--thread_count={THREADS}",
        f"--number_sample_per_shard={shard}",
        *extra,
    ]


def environment(rules: Sequence[str], bundle: Path | None = None) -> dict[str, str]:
    """``rules`` as for ``--resolve``; ``bundle``: certificates to trust."""
    env = {"BENCH_RESOLVE": " ".join(rules), "PYTHONPATH": str(OUT / "peer" / "names")}
    env |= {"NO_ALBUMENTATIONS_UPDATE": "1"}
    return env | {"SSL_CERT_FILE": str(bundle)} if bundle else env


def succeeded(out: Path) -> list[str]:
    """The URLs that it took."""
    tables = [pq.read_table(path, columns=["url", "status"]) for path in sorted(out.glob("*.parquet"))]
    if not tables:
        return []
    rows = pa.concat_tables(tables).to_pylist()
    return [row["url"] for row in rows if row["status"] == "success"]
