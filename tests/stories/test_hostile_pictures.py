"""A whole build among pictures that kill the decoder: the codec has faults, all else is as users have it."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

FAULTY_CODEC = Path(__file__).parents[1] / "chaos" / "faulty_codec"
FAULTS = ("segfault", "abort", "kill", "hunger", "segfault")


def deadly(number: int, fault: str) -> bytes:
    """A sound picture that asks the faulty codec for a fault."""
    out = BytesIO()
    with Image.open(BytesIO(picture(number))) as image:
        image.save(out, "JPEG", comment=f"fault:{fault}.".encode())
    return out.getvalue()


def test_pictures_that_kill_decoders_cost_themselves_alone(tmp_path: Path) -> None:
    """Each is asked for once and never again, not even by the next run; the others are all there. One at a
    time, since what else a dying worker had under way is asked for anew.
    """
    site = Site()
    bad = [f"http://bad{number}.example/{fault}.jpg" for number, fault in enumerate(FAULTS)]
    good = [f"http://good{number}.example/x.jpg" for number in range(8)]
    for number, (url, fault) in enumerate(zip(bad, FAULTS, strict=True)):
        site.answers[url] = Answer(deadly(100 + number, fault))
    for number, url in enumerate(good):
        site.answers[url] = Answer(picture(number))
    program = Program(tmp_path, site.resolve_rules, CONCURRENCY="1")
    program.environ["PYTHONPATH"] += os.pathsep + str(FAULTY_CODEC)
    name = program.write_list([("thing", url) for url in (*bad, *good)])
    said = program.build(name, "-o", "out")
    left = Left(tmp_path / "out")
    left.check(said)
    assert said["totals"]["rejected"] == {"decoder-crash": len(bad)}
    assert {row["url"] for row in left.manifest} == set(good)
    assert [site.hits[url] for url in bad] == [1] * len(bad)
    before = len(site.visits)
    program.build("-o", "out")
    site.close()
    assert len(site.visits) == before
