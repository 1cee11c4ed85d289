"""A whole build against the simulated rotten web: no network, no list, under a minute."""

import shutil
from pathlib import Path

from ..errors import WorkdirError
from ..recipe import Recipe
from ..rotten.server import RottenServer
from ..rotten.settings import WorldSettings
from ..rotten.world import World
from ..terms.plan import Quota
from .building import build_into
from .results import Progress, Report, StopSignal

CLASSES = 10
IMAGES = 60
URLS_A_CLASS = 220
TIME_SCALE = 0.12
"""The web of 2019, eight times faster."""
LIST = "rotten-web.txt"
_STATE = ".gleanset"


def build_demo(out: Path, progress: Progress, stop: StopSignal) -> Report:
    """Build 10 classes x 60 images in ``out``. An earlier demo there is begun anew.

    Raises:
        WorkdirError: ``out`` holds something else.
    """
    _clear(out)
    settings = WorldSettings(urls_per_class=URLS_A_CLASS, time_scale=TIME_SCALE, hosts=120)
    world = World(settings)
    state = out / _STATE
    state.mkdir(parents=True)
    rows = state / LIST
    with rows.open("w", encoding="utf-8") as lines:
        lines.writelines(world.lines())
    with RottenServer(settings) as server:
        recipe = Recipe.of(
            lists=(str(rows),),
            classes=CLASSES,
            images=Quota(IMAGES, IMAGES),
            seed=11,
            resolve=server.resolve_rules(),
            timeout=6.0,
            patience=3.0,
        )
        return build_into(recipe, out, progress, stop)


def _clear(out: Path) -> None:
    """Make way for the demo, but only in a folder that holds one or nothing."""
    if (out / _STATE / LIST).is_file():
        shutil.rmtree(out)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WorkdirError(
            f"{out} holds something that is no demo. Name another folder: `gleanset demo -o DIR`."
        )
