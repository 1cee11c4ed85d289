"""What can be read, in a table: formats, ours and those of others, and lists that have a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from .named import NAMED, place_of, state_of
from .registry import FORMATS, PLUGINS
from .settings import SETTINGS

_ABOUT = {
    "imagenet": "ImageNet 2011: an image id, a tab or a blank, a URL",
    "csv": "a table with a column of URLs and one of labels",
    "tsv": "the same, parted by tabs, without quotes",
    "jsonl": "one JSON object a line",
    "parquet": "a Parquet file",
    "urls": "bare URLs, one a line: one class, named after the file",
    "manifest": "the manifest of a dataset that gleanset built",
    "open-images": "Open Images V7: image tables and label tables in one folder",
    "inaturalist": "iNaturalist open data: photos, observations, taxa, observers in one folder",
    "gbif": "GBIF: multimedia.txt and occurrence.txt in one folder",
    "tencent": "Tencent ML-Images: a URL and class:score as often as it has classes",
    "conceptual-captions": "Conceptual Captions with labels, five columns parted by tabs",
    "yfcc": "YFCC100M by tag: 23 or 25 columns, or a CSV with a header",
    "imagenet-api": "imagenet-api:ADDRESS, asked class by class",
}


@dataclass(frozen=True, slots=True)
class FormatLine:
    """A word for ``--source``."""

    name: str
    about: str
    settings: tuple[str, ...]
    """Like ``rank=species|genus``."""
    added_by: str = ""
    """The object that a package of others adds; empty: it is ours."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a named list."""

    name: str
    addresses: tuple[str, ...]
    n_bytes: int | None
    """In the cache; None: it is not there."""
    is_right: bool
    """Whether it was found to be what it should be; until then a name's file is checked when it is used."""


@dataclass(frozen=True, slots=True)
class ListLine:
    """A name for ``LIST``."""

    name: str
    format: str
    about: str
    files: tuple[FileLine, ...]
    by_hand: str
    """Where a person finds what no address has; empty: it needs no person."""
    folder: str
    """Where the files are kept, and may be put by hand."""


def formats() -> tuple[FormatLine, ...]:
    """All formats; packages of others are named without being loaded."""
    ours = [FormatLine(name, _ABOUT[name], tuple(_settings(name))) for name in FORMATS]
    added = sorted(entry_points(group=PLUGINS), key=lambda one: one.name)
    return (*ours, *(FormatLine(one.name, "added by a package", (), one.value) for one in added))


def named_lists(home: Path) -> tuple[ListLine, ...]:
    """All named lists and what the cache has of them."""
    lines = []
    for one in NAMED:
        there = {name: (n_bytes, is_right) for name, n_bytes, is_right in state_of(one, home)}
        files = tuple(
            FileLine(file.name, file.addresses, *there.get(file.name, (None, False)))
            for file in (*one.any_of, *one.files)
        )
        lines.append(ListLine(one.name, one.format, one.about, files, one.by_hand, str(place_of(one, home))))
    return tuple(lines)


def _settings(format_: str) -> Sequence[str]:
    known = SETTINGS.get(format_, {})
    return [f"{key}={'|'.join(setting.words) or setting.default or '..'}" for key, setting in known.items()]
