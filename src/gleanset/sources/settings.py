"""What can be said behind a format: ``--source inaturalist:rank=genus,size=large``."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be said of how lists of a format are read."""

    default: str
    about: str
    words: tuple[str, ...] = ()
    """What it may be; empty: any text."""
    is_number: bool = False


SETTINGS: dict[str, dict[str, Setting]] = {
    "open-images": {
        "judged": Setting(
            "", "whose labels count; without it people's, where there are any", ("human", "machine")
        ),
        "confidence": Setting("0", "labels of a lower confidence do not count", is_number=True),
        "names": Setting("no", "classes are called by their names, not by their ids", ("yes", "no")),
        "images": Setting(
            "mirror",
            "the mirror's copy of boxed images (at most 1,024 px), all originals, or thumbnails",
            ("mirror", "original", "thumbnail"),
        ),
        "verify": Setting(
            "yes", "originals of another size or MD5 than the table says are refused", ("yes", "no")
        ),
    },
    "inaturalist": {
        "rank": Setting(
            "species",
            "the rank of the classes; taxon: as it was identified",
            ("species", "genus", "subfamily", "family", "order", "class", "phylum", "kingdom", "taxon"),
        ),
        "grade": Setting("research", "which observations count", ("research", "needs_id", "casual", "any")),
        "size": Setting(
            "medium",
            "longer side at most 2,048, 1,024, 500, 240 or 100 px; square: 75x75",
            ("original", "large", "medium", "small", "thumb", "square"),
        ),
    },
    "gbif": {
        "rank": Setting(
            "species",
            "the column of occurrence.txt that has the class",
            ("species", "genus", "family", "order", "class", "phylum", "kingdom", "scientificName"),
        ),
    },
    "tencent": {
        "dictionary": Setting(
            "", "dictionary_and_semantic_hierarchy.txt; without it, it is looked for beside the list"
        ),
    },
    "imagenet-api": {
        "wnids": Setting("", "a file with the wnids to ask for, one a line; without it all that it names"),
        "pause": Setting("1", "seconds between two requests", is_number=True),
    },
}
"""By format; a format that is not here has none."""


def parted(word: str) -> tuple[str, dict[str, str]]:
    """``"gbif:rank=genus"`` as the format and its settings. Raises UsageError for what has not this form."""
    name, colon, rest = word.partition(":")
    settings: dict[str, str] = {}
    for part in filter(None, rest.split(",")) if colon else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(
                f"--source {word}: {part!r} is no setting. Settings are like {name}:key=value,other=value."
            )
        settings[key.strip()] = value.strip()
    return name.strip(), settings


def check_settings(format_: str, said: Mapping[str, str]) -> None:
    """Refuse with UsageError what a format does not know."""
    known = SETTINGS.get(format_, {})
    for key, value in said.items():
        setting = known.get(key)
        if setting is None:
            near = get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            there = f"It has: {', '.join(known)}." if known else "It has none."
            raise UsageError(f"--source {format_}: there is no setting {key!r}. {there}{hint}")
        if setting.words and value not in setting.words:
            raise UsageError(f"--source {format_}: {key}={value}. It is one of {', '.join(setting.words)}.")
        if setting.is_number and not _is_number(value):
            raise UsageError(f"--source {format_}: {key}={value}. It is a number of at least 0.")


def read_settings(format_: str, said: Mapping[str, str]) -> dict[str, str]:
    """All settings of a format, with the defaults of those that were not said."""
    check_settings(format_, said)
    return {key: said.get(key, setting.default) for key, setting in SETTINGS.get(format_, {}).items()}


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < 1e9
    except ValueError:
        return False
