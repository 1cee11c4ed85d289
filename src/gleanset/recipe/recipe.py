"""The recipe: options as they were resolved, and what makes them repeatable."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from pydantic import ValidationError, model_validator

from .. import __version__
from . import mistakes, places, writing
from .list_tables import PER_LIST, ListTable
from .model import OPTIONS, Options
from .option import Option, option_name

DRAWING = tuple(name for name, option in OPTIONS.items() if option.group == "which classes")
ADDING = tuple(name for name, option in OPTIONS.items() if option.adds)


class Recipe(Options):
    """What to build: the options, the lists, and, when read from a build's recipe.toml, its draw.

    ``model_fields_set`` holds what somebody said; everything else is a default.
    """

    lists: tuple[str, ...] = ()
    """Paths, addresses or names, as they were given."""
    list_tables: tuple[ListTable, ...] = ()
    """What ``[[list]]`` says of some lists alone."""
    list_sha256: tuple[tuple[str, str], ...] = ()
    """(list, hex digest) of the build that wrote the recipe."""
    drawn: tuple[str, ...] = ()
    """Labels that the build had drawn, to be taken again instead of drawing."""
    reserves: tuple[str, ...] = ()
    """Labels that step in for drawn ones, in order."""

    @classmethod
    def of(cls, **options: Any) -> Self:
        """The recipe of a caller in Python: option names as keywords, values in any form that is read.

        Raises:
            UsageError: a keyword is no option, a value is refused, or two options contradict each other.
        """
        if strange := next((name for name in options if name not in cls.model_fields), None):
            raise mistakes.unknown(f"{strange}={options[strange]!r}", strange, OPTIONS)
        return cls.checked(options, {name: f"{name}={value!r}" for name, value in options.items()})

    @classmethod
    def checked(cls, raw: Mapping[str, Any], places: Mapping[str, str]) -> Self:
        """The recipe of raw values by field; ``places`` says for messages where each was set."""
        try:
            return cls.model_validate(dict(raw))
        except ValidationError as error:
            raise mistakes.explained(error, places) from error

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse what would be accepted and then ignored."""
        if self.size is None and self.resize != "shorter":
            raise ValueError(f"--resize {self.resize} needs --size. Say how large the pictures shall be.")
        return self

    def describes(self, word: str) -> bool:
        """Whether something is said of this list alone."""
        return any(places.same(path, word) for path, _ in self.list_tables)

    def for_list(self, word: str) -> Self:
        """The options as they hold for one of the lists."""
        settings = next((said for path, said in self.list_tables if places.same(path, word)), ())
        return self.model_copy(update={field: value for field, value in settings if field in PER_LIST})

    def split_of(self, word: str) -> str | None:
        """The split that all images of a list go to; None: nobody said one."""
        settings = next((said for path, said in self.list_tables if places.same(path, word)), ())
        return dict(settings).get("split")

    def said(self) -> dict[str, Any]:
        """What somebody said, as keywords for `of` or the Python API; ``lists`` left out."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set - {"lists"})}

    def over(self, stored: "Recipe") -> "Recipe":
        """What was said now, over the recipe of an earlier run. The draw stays unless the choice changed."""
        now = {name: getattr(self, name) for name in self.model_fields_set}
        if any(name in now and now[name] != getattr(stored, name) for name in DRAWING):
            now |= {"drawn": self.drawn, "reserves": self.reserves}
        now |= {name: places.added(getattr(stored, name), now[name]) for name in ADDING if name in now}
        return stored.model_copy(update=now)

    def collection_digest(self, list_digests: Sequence[str] = ()) -> str:
        """SHA-256 over all that decides what is collected; ``list_digests`` stand for the lists.

        Two recipes with one digest may go on with one another's work.
        """
        said = {name: writing.plain(getattr(self, name)) for name, opt in OPTIONS.items() if opt.collects}
        said["lists"] = list(list_digests or self.lists)
        said["drawn"] = list(self.drawn)
        if self.list_tables:
            said["list_tables"] = [settings for _, settings in self.list_tables]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def changes(self, stored: "Recipe") -> tuple[str, ...]:
        """Options of the collection that differ: ``"images was 800, is now 500"``."""
        others = [settings for _, settings in self.list_tables] != [said for _, said in stored.list_tables]
        return (*(("what [[list]] says is another",) if others else ()), *self._changed(stored))

    def _changed(self, stored: "Recipe") -> Iterator[str]:
        return (
            f"{option_name(name)} was {writing.shown(getattr(stored, name))}, "
            f"is now {writing.shown(getattr(self, name))}"
            for name, option in OPTIONS.items()
            if option.collects and _differ(option, getattr(self, name), getattr(stored, name))
        )

    def agent(self) -> str:
        """The User-Agent header: the tool or the user's own name, with the contact where there is one."""
        name = self.user_agent or f"gleanset/{__version__}"
        return f"{name} (+{self.contact})" if self.contact else name

    def to_toml(self, extra: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """The recipe as TOML that ``--config`` reads again.

        ``extra`` holds further tables: ``list-sha256`` (list: digest), ``drawn`` (``classes``, ``reserves``)
        and ``versions``; unless they are given, the first two are this recipe's own.
        """
        return writing.recipe_toml(self, extra or {})


def _differ(option: Option, now: object, before: object) -> bool:
    return not places.same(now, before) if option.is_path else now != before
