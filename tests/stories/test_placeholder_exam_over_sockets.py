"""The exam of placeholders over sockets: the real program, and a table that knows half of the designs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gleanset.rotten.scoring import KNOWN_NAMES, OFTEN, UNKNOWN_NAMES, account, score
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import CLASSES, Look
from gleanset.rotten.signatures import signature_table
from gleanset.rotten.truths import url_truths
from gleanset.rotten.world import World
from gleanset.terms.verdict import Verdict

from .program import Left, before
from .test_placeholder_ground_truth import settings

pytestmark = pytest.mark.sockets
QUOTA = 58
SETTINGS = replace(settings(tuple(CLASSES)[:4], 110), hosts=14, time_scale=0.0, look=Look(96, 72, 4_000))


@pytest.fixture
def web() -> Iterator[RottenServer]:
    """440 URLs on fourteen sites, each with a design of its own."""
    with RottenServer(SETTINGS) as server:
        yield server


def test_placeholders_stay_out_of_a_real_build(web: RottenServer, tmp_path: Path) -> None:
    """Known ones by the user's table, unknown ones by what the build learns; quotas are exact."""
    program, world = before(web, tmp_path), World(SETTINGS)
    (tmp_path / "ours.csv").write_text(signature_table(world), encoding="utf-8")
    words = ("--images", str(QUOTA), "--placeholders", "ours.csv")
    said = program.build("fall11_urls.txt", "-o", "set", *words)
    left = Left(tmp_path / "set")
    left.check(said)
    assert [one["accepted"] for one in said["classes"]] == [QUOTA] * 4
    fates = {row["url"]: (Verdict(row["verdict"]), row["reason"]) for row in left.outcomes}
    result = score(url_truths(world), fates)
    print(account(result))
    often = {name for name, count in result.placeholders.items() if count.met >= OFTEN}
    assert len(often & KNOWN_NAMES) >= 2
    assert len(often & UNKNOWN_NAMES) >= 2
    assert result.recall(KNOWN_NAMES) >= 0.99
    assert result.recall(UNKNOWN_NAMES, OFTEN) >= 0.95
    assert result.false_alarms == ()
