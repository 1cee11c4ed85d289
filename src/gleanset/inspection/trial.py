"""Whether the codecs work at all on this machine, before they meet pictures of strangers."""

from dataclasses import replace
from typing import Final

import numpy as np
from PIL import AvifImagePlugin

from gleanset.terms.inspection import StoredFormat, Treatment

from .encode import encode
from .inspector import inspect

_FORMS: Final[tuple[StoredFormat, ...]] = ("jpeg", "png", "webp")


def stand_trial() -> None:
    """Make, read and resize a picture of each form. Called once by a program that does nothing but inspect.

    A codec that fails here, or takes the process with it, would do so with every picture. From then on the
    codecs use the calling thread alone: what a picture costs is then seen at that thread.

    Raises:
        RuntimeError: a picture of our own was not understood.
    """
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    column, row = np.mgrid[0:96, 0:128]
    pixels = np.stack([column * 2, row * 2, column + row], axis=-1).astype(np.uint8)
    for form in _FORMS:
        for treatment in (Treatment(), replace(Treatment(), size_px=64)):
            seen, _ = inspect(encode(pixels, form, 90), treatment)
            if seen.flaw is not None:
                raise RuntimeError(f"a sound {form} is {seen.flaw.word} here: {seen.detail}")
