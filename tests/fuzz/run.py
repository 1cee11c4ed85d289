"""Fuzz sniffing and decoding: `make fuzz`, for FUZZ_SECONDS (600 by default).

A child process runs atheris, so that a codec that crashes, hangs (20 s) or eats memory (1.5 GB) is caught as
well. It begins with a small sound picture of each form, spoils them, and goes where new lines of Python are
reached. What breaks a promise is left in ``fuzz-out`` and ends with exit code 1:

    python tests/fuzz/run.py fuzz-out/crash-0123abcd    tries one again
"""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "fuzz-out"
LONGEST_S, MOST_MB, MOST_BYTES = 20, 1500, 30_000


def main() -> int:
    match sys.argv[1:]:
        case ["--child", corpus, seconds]:
            return fuzz(Path(corpus), int(seconds))
        case [body]:
            return try_again(Path(body))
    from seeds import seeds

    seconds = int(os.environ.get("FUZZ_SECONDS", "600"))
    OUT.mkdir(exist_ok=True)
    known = set(OUT.iterdir())
    with tempfile.TemporaryDirectory() as corpus:
        for name, body in seeds():
            (Path(corpus) / name).write_bytes(body)
        child = [sys.executable, __file__, "--child", corpus, str(seconds)]
        code = subprocess.run(child, check=False, timeout=seconds + 600).returncode
    for left in sorted(set(OUT.iterdir()) - known):
        print(f"Breaks a promise: {left}\nTry again: {sys.executable} {__file__} {left}")
    return 1 if code else 0


def fuzz(corpus: Path, seconds: int) -> int:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["PIL", "gleanset"]):
        from target import check
    from mutations import spoilt

    bodies = [path.read_bytes() for path in sorted(corpus.iterdir())]

    def mutate(body: bytes, most_bytes: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if not body or chance.random() < 0.3:
            return bytes(atheris.Mutate(body, most_bytes))
        return spoilt(body, bodies, chance)[:most_bytes]

    flags = [
        str(corpus),
        f"-max_total_time={seconds}",
        f"-artifact_prefix={OUT}/",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-max_len={MOST_BYTES}",
        "-len_control=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *flags], check, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


def try_again(body: Path) -> int:
    from target import check

    flaw = check(body.read_bytes())
    print(f"{body}: {flaw.word if flaw else 'kept'}, no promise broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
