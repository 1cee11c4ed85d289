"""A row of a class table: which class of the list becomes which class of the dataset."""

from dataclasses import dataclass

from .plan import Quota


@dataclass(frozen=True, slots=True)
class ClassRow:
    """``from,class[,images][,split]``, as the table writes it; nothing is looked up yet."""

    line: int
    """In the table's file, from 1: for messages."""
    source: str
    """``from``: an id or a name of the list's classes, as ``--class`` takes it."""
    target: str | None = None
    """``class``: its name in the dataset. Rows with the same name are merged. None: it keeps its own."""
    quota: Quota | None = None
    """``images``: of the whole class. None: what ``--images`` says."""
    split: str | None = None
    """``split``: where the images of this row go. None: as ``--split`` says."""
    table: str = "class table"
    """The file's name, for messages."""
