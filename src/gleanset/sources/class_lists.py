"""Class lists that ship with us, each a set of wnids: what ``--class-table imagenet-1k`` names.

``scripts/build_class_lists.py`` derives them; the first line of every file says where it is from. Winter
2021's 19,167 classes are not among them: no copy of that list could be checked when these were made.
"""

import functools
import lzma
from importlib import resources

from ..errors import StorageError
from ..terms.class_row import ClassRow

CLASS_LISTS = {
    "imagenet-1k": 1_000,
    "imagenet-12k": 11_821,
    "imagenet-21k": 21_841,
    "imagenet-21k-p": 11_221,
    "imagenet-w21-p": 10_450,
    "imagenet-100": 100,
    "imagenet-a": 200,
    "imagenet-r": 200,
    "imagenette": 10,
    "mini-imagenet": 100,
    "tiny-imagenet": 200,
}
"""Name to its number of classes."""
_ALSO = {"ilsvrc2012": "imagenet-1k", "ilsvrc1k": "imagenet-1k", "imagenet22k": "imagenet-21k"}
_UNSAFE = "unsafe"


def class_list_name(words: str) -> str | None:
    """The list that a person means, however it is spelt (``ImageNet1K``); None: no list has this name."""
    wanted = "".join(filter(str.isalnum, words.casefold()))
    named = {name.replace("-", ""): name for name in CLASS_LISTS} | _ALSO
    return named.get(wanted)


def read_class_list(name: str) -> tuple[ClassRow, ...]:
    """The rows of one of ``CLASS_LISTS``, as a class table of one column."""
    return tuple(ClassRow(line, wnid, table=name) for line, wnid in enumerate(_wnids(name), start=1))


def unsafe_synsets() -> frozenset[str]:
    """The 1,593 synsets of people that ImageNet's makers marked as offensive or sensitive in 2019."""
    return frozenset(_wnids(_UNSAFE))


@functools.cache
def _wnids(name: str) -> tuple[str, ...]:
    folder = resources.files("gleanset").joinpath("data", "classes")
    plain = folder.joinpath(f"{name}.txt")
    try:
        if plain.is_file():
            text = plain.read_bytes()
        else:
            text = lzma.decompress(folder.joinpath(f"{name}.txt.xz").read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise StorageError(
            f"{name}: the class list inside the package is damaged ({error}). Install gleanset again."
        ) from error
    return tuple(line for line in text.decode("ascii").splitlines() if not line.startswith("#"))
