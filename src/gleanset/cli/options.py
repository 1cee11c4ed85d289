"""Command-line options made from the recipe's own table, so that the two cannot drift."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from ..recipe import OPTIONS, TALK, Option, Options, Talk, default_text, option_name

CONFIG_HELP = "read options from this TOML file; a build's recipe.toml is one"
EPILOG = (
    "Every option is also a key of --config FILE.toml (per-host = 8) and a variable (GLEANSET_PER_HOST=8). "
    "A flag goes before a variable, a variable before the file, the file before the default."
)
_LIKE_A_RANGE = re.compile(r"all|\d[\da-fA-F:.]*(/\d*)?|[\da-fA-F]*:[\da-fA-F:.]*(/\d*)?")


class Verb(click.Command):
    """A command whose help shows its options in groups, with defaults and units."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups in the order of the recipe; the command's own options come first."""
        rows: dict[str, list[tuple[str, str]]] = {"options": []}
        for parameter in self.get_params(ctx):
            if (row := parameter.get_help_record(ctx)) is not None:
                rows.setdefault(getattr(parameter, "group", "options"), []).append(row)
        for group, records in rows.items():
            if records:
                with formatter.section(group[:1].upper() + group[1:]):
                    formatter.write_dl(records)


class RecipeOption(click.Option):
    """One option of the recipe as a flag; its text goes to the recipe as it stands."""

    def __init__(self, field: str, option: Option, default: object) -> None:
        shown = default_text(option, default)
        super().__init__(
            [f"--{option_name(field)}", field],
            help=option.help + (" (repeatable)" if option.many else "") + (f" [{shown}]" if shown else ""),
            metavar=option.metavar or None,
            is_flag=option.is_switch,
            multiple=not option.is_switch,
            default=None,
        )
        self.group = option.group


def recipe_options(fields: Iterable[str] = tuple(OPTIONS)) -> list[click.Parameter]:
    """The flags of these fields and ``--config``, then those of how a command talks."""
    said: list[click.Parameter] = [click.Option(["--config"], metavar="FILE.toml", help=CONFIG_HELP)]
    said += [RecipeOption(field, OPTIONS[field], Options.model_fields[field].default) for field in fields]
    return said + talk_options()


def talk_options() -> list[click.Parameter]:
    """``--json``, ``--quiet``, ``--verbose``."""
    return [RecipeOption(field, option, Talk.model_fields[field].default) for field, option in TALK.items()]


def given(values: Mapping[str, Any]) -> dict[str, object]:
    """The recipe's flags that stood on the command line, by field. Raises where a single one stands twice."""
    flags: dict[str, object] = {}
    for field, value in values.items():
        option = OPTIONS.get(field) or TALK.get(field)
        if option is None or value in (None, (), False):
            continue
        flags[field] = value if option.many or option.is_switch else _only(field, value)
    return flags


def _only(field: str, values: Sequence[str]) -> str:
    if len(set(values)) > 1:
        both = " ".join(f"--{option_name(field)} {value}" for value in values)
        raise click.UsageError(f"{both}. This option is given once. Leave out all but one.")
    return values[0]


def with_bare_values(argv: Sequence[str]) -> list[str]:
    """``--allow-private LIST`` as ``--allow-private=all LIST``: a list is no range of addresses."""
    bare = {f"--{option_name(field)}": option.bare for field, option in OPTIONS.items() if option.bare}
    said = list(argv)
    for i, word in enumerate(argv):
        if word == "--":
            break
        follower = argv[i + 1] if i + 1 < len(argv) else ""
        if word in bare and not _is_range(follower):
            said[i] = f"{word}={bare[word]}"
    return said


def _is_range(word: str) -> bool:
    """Whether a word is meant as addresses, sound or not; ``fall11.txt`` is not."""
    return all(_LIKE_A_RANGE.fullmatch(part) for part in word.split(","))
