"""The user's own check: a function of theirs that is asked about every picture that would be kept.

``FUNCTION(picture, row)``: ``picture`` is a ``PIL.Image`` in RGB, upright, pixel for pixel what the dataset
would get; ``row`` a dict with what is known of it. ``None``, ``False`` or an empty text keeps the picture, a
word rejects it as ``check:WORD``.
"""

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib.machinery import ModuleSpec, PathFinder
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from ..terms.inspection import Inspection
from ..urls import host_of
from .check_words import ERROR
from .wire import WORD

Check = Callable[[Image.Image, dict[str, Any]], object]
MOST_IN_A_ROW: Final = 5
"""Pictures on which a check that had worked fails without a break, before the build stops."""
_STORED: Final = ("JPEG", "PNG", "WEBP")


class CheckTroubleError(Exception):
    """A check that cannot be used, or no longer: a sentence without the option's name."""


class _Here:
    """Finds one module, and its siblings after everything that is installed, in the caller's folder.

    Workers do not look there for anything else: no file that happens to lie in it is taken for a library.
    """

    def __init__(self, top: str, folder: str) -> None:
        self._top = top
        self._folder = folder

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return _in_folder(name, self._folder) if name == self._top else None


def _in_folder(top: str, folder: str) -> ModuleSpec | None:
    """A file or package of that name in the folder; a mere folder may be anything."""
    spec = PathFinder.find_spec(top, [folder])
    return spec if spec is not None and spec.origin else None


def load_check(name: str, folder: str) -> Check:
    """Import ``MODULE:FUNCTION``, looking into ``folder`` before the installed packages.

    Raises:
        CheckTroubleError: there is no such module or function, or it cannot be called with two arguments.
    """
    module_name, _, function = name.partition(":")
    found: Any = _imported(module_name, folder)
    for part in function.split("."):
        if not hasattr(found, part):
            near = get_close_matches(part, dir(found), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise CheckTroubleError(f"{module_name} has no {part}.{hint}")
        found = getattr(found, part)
    if not callable(found):
        raise CheckTroubleError(f"{function} is no function but {type(found).__name__}.")
    try:
        inspect.signature(found).bind(object(), {})
    except TypeError:
        raise CheckTroubleError(
            f"{function}{inspect.signature(found)} does not take two arguments. "
            "A check is called with the picture and its row: def check(picture, row)."
        ) from None
    except ValueError:
        pass  # built-in functions may not tell what they take
    check: Check = found
    return check


def _imported(module: str, folder: str) -> Any:
    top = module.partition(".")[0]
    here = _in_folder(top, folder)
    if here is not None and _is_taken(top, here.origin or ""):
        raise CheckTroubleError(f"{here.origin} has the name of a library. Give the file another name.")
    sys.meta_path.insert(0, _Here(top, folder))
    sys.path.append(folder)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise CheckTroubleError(
                f"there is no module {error.name}, neither in {folder} nor among the installed packages. "
                "Go to the folder in which it lies, or put that on PYTHONPATH."
            ) from error
        raise CheckTroubleError(f"importing {module} failed: {told(error)}") from error
    except BaseException as error:
        raise CheckTroubleError(f"importing {module} failed: {told(error)}") from error


def _is_taken(top: str, origin: str) -> bool:
    """Whether a library that is in use, or may come to be, has that name."""
    named = getattr(sys.modules.get(top), "__file__", None)
    other = named is not None and os.path.realpath(named) != os.path.realpath(origin)
    return other or top in sys.stdlib_module_names


def told(error: BaseException) -> str:
    """The last line of a traceback and where it was raised."""
    line = traceback.format_exception_only(error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError):
        return f"{line} ({error.filename}, line {error.lineno})"
    return f"{line} ({frames[-1].filename}, line {frames[-1].lineno})" if frames else line


class Checker:
    """Asks a check about pictures, one after the other, and bears with it where it fails now and then."""

    def __init__(self, check: Check, *, proven: bool) -> None:
        """``proven``: it has worked in an earlier life of this worker, so that a failure is the picture's."""
        self._check = check
        self._proven = proven
        self._failed_in_a_row = 0
        self.is_new = True
        """Whether it was never called in this process."""

    def look(self, seen: Inspection, body: bytes, about: Mapping[str, str], final_url: str) -> Inspection:
        """What was seen, with the check's word where it has one.

        Raises:
            CheckTroubleError: the check fails on the first picture that it sees, or on picture after picture.
        """
        self.is_new = False
        try:
            word = _word(self._check(_picture(body), row_of(seen, about, final_url)))
        except Exception as error:  # noqa: BLE001 - the user's function may raise anything
            return self._failed(seen, error, about.get("url", final_url))
        self._proven = True
        self._failed_in_a_row = 0
        return replace(seen, refused=word, stored=None) if word else seen

    def _failed(self, seen: Inspection, error: Exception, url: str) -> Inspection:
        self._failed_in_a_row += 1
        sys.stderr.write(f"The check failed for {url}\n{''.join(traceback.format_exception(error))}")
        sys.stderr.flush()
        if not self._proven or self._failed_in_a_row >= MOST_IN_A_ROW:
            raise CheckTroubleError(told(error)) from error
        detail = traceback.format_exception_only(error)[-1].strip()[:200]
        return replace(seen, refused=ERROR, stored=None, detail=ascii(detail)[1:-1])


def row_of(seen: Inspection, about: Mapping[str, str], final_url: str) -> dict[str, Any]:
    """What a check is told of a picture: a dict of its own, to do with what it likes."""
    return {
        **about,
        "final_url": final_url,
        "host": host_of(about.get("url", final_url)),
        "width": seen.width_px,
        "height": seen.height_px,
        "format": seen.format,
        "sha256": seen.sha256.hex(),
    }


def _picture(body: bytes) -> Image.Image:
    with Image.open(BytesIO(body), formats=_STORED) as image:
        return image.convert("RGB")


def _word(answer: object) -> str:
    """The word of an answer, empty where the picture is kept. Raises ``ValueError``."""
    if answer is None or answer == "" or (isinstance(answer, bool | np.bool_) and not answer):
        return ""
    if isinstance(answer, str) and WORD.fullmatch(answer):
        return answer
    raise ValueError(
        f"the check answered {answer!r:.80}. It answers None to keep a picture, or a word of at most 40 "
        "small letters, digits and dashes to reject it, such as 'blurry'"
    )
