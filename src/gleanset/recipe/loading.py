"""Where options come from. A flag goes before a variable, that before the file, that before the default."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from . import mistakes, places
from .list_tables import WORD, read_list_tables
from .model import OPTIONS, TALK, Talk
from .option import Option, option_name, variable_name
from .recipe import DRAWING, Recipe

PREFIX = "GLEANSET_"
NOT_OPTIONS = ("GLEANSET_HOME", "GLEANSET_CONFIG", "GLEANSET_MIRROR", "GLEANSET_MATERIAL", "GLEANSET_NO_SKIP")
"""Variables of the cache folder, of ``--config``, of a mirror of lists, and two of the test suite."""
TABLES = ("list-sha256", "exclude-sha256", "drawn", "versions")
"""What a written recipe holds beside options."""

_KNOWN: dict[str, Option] = {**OPTIONS, **TALK}
_BY_NAME = {option_name(field): field for field in _KNOWN}
_BY_VARIABLE = {variable_name(field): field for field in _KNOWN}


class Said:
    """Raw values by field, with the place where each was set."""

    def __init__(self) -> None:
        self.raw: dict[str, Any] = {}
        self.places: dict[str, str] = {}

    def say(self, field: str, raw: object, place: str) -> None:
        """Set a field, over whatever a weaker layer said."""
        self.raw[field] = raw
        self.places[field] = place

    def part(self, fields: Iterable[str]) -> dict[str, Any]:
        """The raw values of these fields alone."""
        return {field: self.raw[field] for field in fields if field in self.raw}


def load(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    config: str | None = None,
    lists: Iterable[str] = (),
) -> tuple[Recipe, Talk]:
    """Resolve all layers. ``flags`` holds, by field name, only what stood on the command line.

    Raises:
        UsageError: an unknown key or variable, a value out of bounds, or an unreadable file; says where.
    """
    said, config = Said(), config or environ.get("GLEANSET_CONFIG") or None
    if config:
        _say_file(said, config)
    filed = dict(said.raw)
    _say_variables(said, environ)
    for field, raw in flags.items():
        said.say(field, raw, _flag_text(field, raw))
    if named := tuple(lists):
        said.say("lists", named, "LIST")
    recipe = Recipe.checked(said.part(Recipe.model_fields), said.places)
    if recipe.drawn and _choice_changed(said.raw, filed, recipe):
        recipe = recipe.model_copy(update={"drawn": (), "reserves": ()})
    return recipe, _talk(said)


def read_recipe(path: Path) -> Recipe:
    """A recipe.toml alone, as a build wrote it: no flags, no variables."""
    return load({}, {}, str(path))[0]


def _talk(said: Said) -> Talk:
    talk = Talk.model_validate(said.part(Talk.model_fields))
    if talk.quiet and talk.verbose:
        raise UsageError("--quiet and --verbose contradict each other. Leave one of them out.")
    return talk


def _choice_changed(raw: Mapping[str, Any], filed: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether a flag or variable chose other classes than the file whose draw stands there."""
    written = Recipe.checked({name: filed[name] for name in DRAWING if name in filed}, {})
    return any(name in raw and getattr(recipe, name) != getattr(written, name) for name in DRAWING)


def _flag_text(field: str, raw: object) -> str:
    if raw is True:
        return f"--{option_name(field)}"
    values = raw if isinstance(raw, tuple | list) else (raw,)
    return " ".join(f"--{option_name(field)} {value}" for value in values)


def _say_variables(said: Said, environ: Mapping[str, str]) -> None:
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in NOT_OPTIONS:
            continue
        if (field := _BY_VARIABLE.get(name)) is None:
            raise mistakes.unknown(f"{name}={text}", name, (*_BY_VARIABLE, *NOT_OPTIONS[:3]), "variable")
        if text.strip():
            said.say(field, _parted(field, text), f"{name}={text}")


def _parted(field: str, text: str) -> object:
    """A variable for an option that may be given several times parts its values by commas."""
    return [part.strip() for part in text.split(",") if part.strip()] if _KNOWN[field].many else text


def _say_file(said: Said, config: str) -> None:
    name, folder = Path(config).name, Path(config).absolute().parent
    for key, value in _toml(config).items():
        word = key.replace("_", "-")
        if word in TABLES:
            _say_table(said, name, word, value)
        elif word == WORD:
            said.say("list_tables", read_list_tables(name, folder, value), f"{name}: [[list]]")
        elif word == "lists":
            lists = tuple(str(places.found(one, folder)) for one in _list_names(name, value))
            said.say("lists", lists, f"{name}: lists")
        elif (field := _BY_NAME.get(word)) is not None:
            raw = places.found(value, folder) if _KNOWN[field].is_path else value
            said.say(field, raw, f"{name}: {key} = {_as_written(value)}")
        else:
            known = (*_BY_NAME, "lists", WORD, *TABLES)
            raise mistakes.unknown(f"{name}: {key} = {_as_written(value)}", word, known, "option")
    tables = said.raw.get("list_tables", ())
    if tables and "lists" not in said.raw:
        said.say("lists", tuple(path for path, _ in tables), f"{name}: [[list]]")


def _toml(config: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(config).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--config {config}: there is no such file.") from None
    except OSError as error:
        raise UsageError(f"--config {config}: it cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--config {config}: it is not UTF-8 text, which TOML has to be.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--config {config}: it is not TOML. {error}.") from error


def _say_table(said: Said, name: str, word: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}: {word} = {_as_written(value)}. It is a table, [{word}].")
    if word == "list-sha256":
        said.say("list_sha256", tuple((str(k), str(v)) for k, v in value.items()), f"{name}: [{word}]")
    elif word == "drawn":
        for key, labels in value.items():
            if key not in {"classes", "reserves"}:
                raise mistakes.unknown(f"{name}: drawn.{key}", key, ("classes", "reserves"), "key")
            field = "drawn" if key == "classes" else "reserves"
            said.say(field, _list_names(name, labels), f"{name}: drawn.{key}")


def _list_names(name: str, value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UsageError(f"{name}: {_as_written(value)}. It is a list of texts.")
    return tuple(items)


def _as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
