"""Lists that are no paths: names and addresses, fetched under the guard and kept under GLEANSET_HOME."""

import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path

from ..errors import ListError
from ..fetch.download import Downloader
from ..recipe import Recipe
from ..sources.base import Reading, Source
from ..sources.imagenet_api import SCHEME, ImageNetApi
from ..sources.named import NAMED, find_named, have
from ..sources.remote import have_remote, is_address
from ..sources.settings import parted
from .network import network_of

Check = Callable[[], None]
_WNID = re.compile(r"n\d{8}")


def is_api(word: str, recipe: Recipe) -> bool:
    """Whether a LIST is to be asked for class by class."""
    return word.startswith(SCHEME) or (recipe.source or "").partition(":")[0] == "imagenet-api"


def places_of(recipe: Recipe, home: Path, check: Check) -> Mapping[str, Path]:
    """Where the lists that are names or addresses lie on this disk; they are fetched if need be.

    Raises:
        ListError: one cannot be had, or a word is neither a path nor a name nor an address.
    """
    get, places = downloader(recipe, check), {}
    for word in recipe.lists:
        if word == "-" or is_api(word, recipe) or _is_there(word):
            continue
        named = find_named(word)
        if named is not None:
            places[word] = have(named, home, get, os.environ.get("GLEANSET_MIRROR"))
        elif is_address(word):
            places[word] = have_remote(word, home, get)
        else:
            _refuse_near_name(word)
    return places


def open_api(word: str, recipe: Recipe, home: Path, check: Check) -> Source:
    """The list behind ImageNet's API: of the classes that were chosen by wnid, else of all."""
    name, settings = parted(recipe.source or "")
    wanted = [one for one in recipe.class_ if _WNID.fullmatch(one)]
    chosen = wanted if len(wanted) == len(recipe.class_) and not recipe.class_table else []
    get = downloader(recipe, check)
    return ImageNetApi(word, home, get, Reading(settings=settings if name == "imagenet-api" else {}), chosen)


def downloader(recipe: Recipe, check: Check) -> Downloader:
    """What fetches lists, with the network options of the recipe."""
    return Downloader(network_of(recipe), check)


def _is_there(word: str) -> bool:
    try:
        return Path(word).exists()
    except OSError:
        return False


def _refuse_near_name(word: str) -> None:
    near = get_close_matches(word.lower(), [one.name for one in NAMED], n=1)
    if near:
        raise ListError(f"{word}: no such file, and no list of that name. Did you mean {near[0]}?")
