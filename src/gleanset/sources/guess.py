"""Which column of a table means what: by the user's word, else by the usual names."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from ..errors import ListError
from .base import Columns

_USUAL_NAMES: Mapping[str, str] = {
    "url": "url imageurl imgurl originalurl downloadurl photourl pictureurl mediaurl fileurl imagelink "
    "imageuri contenturl link uri href src identifier",
    "label": "label class classname classid category categoryname labelname wnid synset synsetid synid "
    "classlabel labels species taxon target tag concept",
    "licence": "licence license licenceurl licenseurl licensename",
    "author": "author creator artist photographer rightsholder",
    "split": "split subset",
    "caption": "caption text title description alt alttext",
    "origin": "imageid photoid id key",
    "score": "confidencescores confidences scores confidence score",
}
USUAL_NAMES = {ours: tuple(names.split()) for ours, names in _USUAL_NAMES.items()}
"""What columns are commonly called, likeliest first; only letters and digits count, in any case.

``identifier`` is Darwin Core's word for a picture's address (GBIF's ``multimedia.txt``).
"""
KEPT = "keep:"
"""How our name of a column begins that is only kept."""
MANIFEST_COLUMNS = frozenset({"key", "label", "url", "sha256", "phash"})


def guess_columns(names: Sequence[str], columns: Columns, list_name: str) -> dict[str, str]:
    """Our name to the table's, for every column that we read.

    No ``label`` in a table of nothing but URLs, or of URLs and captions (what img2dataset takes): all of it
    is one class. Raises ListError where the URL cannot be told, or the label in a table that has other
    columns; it says what columns there are.
    """
    found = {ours: theirs for ours in USUAL_NAMES if (theirs := _by_usual_name(ours, names))}
    for option in fields(columns):
        wish = getattr(columns, option.name)
        if isinstance(wish, str):
            found[option.name] = _by_wish(wish, names, f"--{option.name}-col", list_name)
    found |= {KEPT + name: _by_wish(name, names, "--keep-cols", list_name) for name in columns.keep}
    if "url" not in found:
        raise ListError(_missing("URLs", "--url-col", names, list_name))
    if "label" not in found and len(names) > 1 and "caption" not in found:
        raise ListError(_missing("labels", "--label-col", names, list_name))
    if set(names) >= MANIFEST_COLUMNS:
        found |= {name: name for name in ("key", "sha256", "phash", "rotation") if name in names}
        found.pop("origin", None)
        if columns.url is None and {"revived", "final_url"} <= set(names):
            found |= {name: name for name in ("revived", "final_url")}
    return found


def has_url_column(names: Sequence[str], columns: Columns) -> bool:
    """Whether these are a table's column names."""
    if columns.url is not None:
        return columns.url in names
    return any(is_url_name(name) for name in names)


def is_url_name(name: str) -> bool:
    """Whether a column of this name usually holds URLs."""
    return _plain(name) in USUAL_NAMES["url"]


def _by_usual_name(ours: str, names: Sequence[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(names)}
    return next((plain[usual] for usual in USUAL_NAMES[ours] if usual in plain), None)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _by_wish(wish: str, names: Sequence[str], option: str, list_name: str) -> str:
    if wish in names:
        return wish
    raise ListError(
        f"{list_name}: {option} {wish!r} names no column. The list has: {_quoted(names)}. Name one of these."
    )


def _missing(what: str, option: str, names: Sequence[str], list_name: str) -> str:
    return (
        f"{list_name}: no column is plainly the one with the {what}. The list has: {_quoted(names)}. "
        f"Name it with {option}."
    )


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:30])
    return f"{shown} .." if len(names) > 30 else shown
