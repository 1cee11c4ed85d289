"""The arguments of the 2019 downloader, and what they are called here."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click

OURS: dict[str, str] = {
    "data_root": "-o DIR",
    "number_of_classes": "--classes N",
    "images_per_class": "--images M",
    "use_class_list": "--class ID_OR_NAME, once for each class",
    "class_list": "--class ID_OR_NAME, once for each class",
    "scrape_only_flickr": "--hosts flickr",
    "multiprocessing_workers": "--concurrency N (requests) and --workers N (processes)",
    "debug": "nothing: outcomes.parquet is always written",
}
"""Its argument without the dash: our words."""


def refuse_single_dashes(argv: Sequence[str], long_options: Iterable[str]) -> None:
    """Refuse ``-number_of_classes 10`` with the option that does it here.

    Raises:
        click.UsageError: a word begins with one dash and is longer than a letter.
    """
    for word in argv:
        if word == "--":
            return
        name = word.lstrip("-").partition("=")[0]
        if name in OURS and word.startswith("-"):
            raise click.UsageError(f"{word}. The 2019 downloader called it so. Here it is {OURS[name]}.")
        if word.startswith("-") and not word.startswith("--") and len(name) > 1 and not _is_number(word):
            raise click.UsageError(f"{word}. There is no such option.{_hint(name, long_options)}")


def _is_number(word: str) -> bool:
    return word[1:].replace(".", "", 1).isdigit()


def _hint(name: str, long_options: Iterable[str]) -> str:
    near = get_close_matches("--" + name.replace("_", "-"), list(long_options), n=1)
    return f" Did you mean {near[0]}?" if near else ""
