"""Values back into the words that people write, and a recipe into TOML."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ..terms.plan import Quota
from ..urls import Ceilings
from . import places
from .list_tables import list_tables_toml
from .model import OPTIONS
from .option import Option, option_name

if TYPE_CHECKING:
    from .recipe import Recipe

HEAD = "# What a build was asked for. This repeats it: gleanset build --config {name} -o DIR\n"
_TIMES = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (0.001, "ms"))
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def quota_text(quota: Quota) -> str:
    """``800``, ``300:800`` or ``500:``."""
    if quota.at_most is None:
        return f"{quota.at_least}:"
    return str(quota.at_most) if quota.at_least == quota.at_most else f"{quota.at_least}:{quota.at_most}"


def split_text(split: tuple[tuple[str, float], ...]) -> str:
    """``train=0.9,val=0.1``."""
    return ",".join(f"{name}={share!r}" for name, share in split)


def duration_text(seconds_s: float) -> str:
    """``5min`` for 300 seconds: in the largest unit that leaves a whole number."""
    for unit_s, name in _TIMES:
        if seconds_s and seconds_s / unit_s == seconds_s // unit_s:
            return f"{seconds_s / unit_s:.0f}{name}"
    return f"{seconds_s:g}s"


def size_text(n_bytes: int) -> str:
    """``256MB``: in the largest unit that leaves a whole number."""
    for unit, name in _SIZES:
        if n_bytes and n_bytes % unit == 0:
            return f"{n_bytes // unit}{name}"
    return str(n_bytes)


def plain(value: object) -> Any:
    """A value as JSON and TOML can say it, and as the option's reader reads it again."""
    if isinstance(value, Quota):
        return quota_text(value)
    if isinstance(value, Ceilings):
        rules = [f"{pattern}={most}" for pattern, most in value.rules]
        return [value.default, *rules] if rules else value.default
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return split_text(value)
    return list(value) if isinstance(value, tuple) else value


def shown(value: object) -> str:
    """A value for a sentence."""
    if value is None or value == ():
        return "left out"
    said = plain(value)
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)


def default_text(option: Option, default: object) -> str:
    """The default for the help: ``30s``, ``256MB``, or what happens when the option is left out."""
    if default is None or default == () or default is False:
        return option.otherwise
    match option.metavar:
        case "TIME" if isinstance(default, float):
            return duration_text(default)
        case "SIZE" if isinstance(default, int):
            return size_text(default)
        case "PX":
            return f"{default} px"
    return shown(default)


def recipe_toml(recipe: "Recipe", extra: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole file: the options at the top, then the tables. Files are named by their whole paths."""
    lists = [places.lasting(word) for word in recipe.lists]
    lines = [HEAD.format(name="recipe.toml"), f"lists = {_toml(lists)}"]
    for name, option in OPTIONS.items():
        value = getattr(recipe, name)
        if value is not None and value != ():
            lines.append(f"{option_name(name)} = {_toml(_written(name, option, value))}")
    tables: dict[str, Mapping[str, Any]] = {
        "list-sha256": dict(recipe.list_sha256),
        "drawn": {"classes": list(recipe.drawn), "reserves": list(recipe.reserves)} if recipe.drawn else {},
        **extra,
    }
    digests = tables["list-sha256"].items()
    tables["list-sha256"] = {places.lasting(word): digest for word, digest in digests}
    for name, table in tables.items():
        if table:
            lines += [f"\n[{_key(name)}]", *(f"{_key(key)} = {_toml(value)}" for key, value in table.items())]
    for table in list_tables_toml(recipe.list_tables):
        lines += ["\n[[list]]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _written(name: str, option: Option, value: Any) -> Any:
    if name == "proxy":
        return _without_password(value)
    if option.is_path:
        return [places.lasting(word) for word in value] if option.many else places.lasting(value)
    if option.metavar == "TIME":
        return duration_text(value)
    if isinstance(value, Quota) and value.at_least == value.at_most:
        return value.at_least
    return size_text(value) if option.metavar == "SIZE" else plain(value)


def _without_password(url: str) -> str:
    """A recipe is shared with the dataset: who may use the proxy is nobody's business."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _toml(name)


def _toml(value: Any) -> str:
    """A value in TOML. A basic string is a JSON string with DEL escaped as well."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int():
            return str(value)
        case float():
            return repr(value)
        case list() | tuple():
            items = [_toml(item) for item in value]
            wide = sum(map(len, items)) > 80
            return "[\n  " + ",\n  ".join(items) + ",\n]" if wide else "[" + ", ".join(items) + "]"
        case Mapping():
            return "{ " + ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
    raise TypeError(f"TOML has no form for {value!r}")
