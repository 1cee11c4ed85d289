"""What every figure has to say beside itself: when, where, with what."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def machine() -> str:
    """Date, processor, cores, Python: one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    day = datetime.now(UTC).date()
    return (
        f"{day} | {model}, {os.cpu_count()} cores | Python {platform.python_version()} | {platform.system()}"
    )
