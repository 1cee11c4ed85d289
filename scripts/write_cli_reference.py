"""Write docs/reference/cli.md from the commands and options themselves: `make docs`."""

from pathlib import Path

import click

from gleanset.cli.main import doors
from gleanset.recipe import OPTIONS, TALK, Option, Options, Talk, default_text, option_name
from gleanset.recipe.writing import duration_text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"

HEAD = """# The command line

<!-- Written by `make docs` from the commands and options themselves. Change those, not this page. -->

Progress goes to stderr, results to stdout. With `--json` the result is one line, the last on stdout.

Every option is also a key of a TOML file (`--config FILE.toml`) and a variable: `--per-host 8` is
`per-host = 8` in the file and `GLEANSET_PER_HOST=8` in the environment. A flag goes before a variable, a
variable before the file, the file before the default. A misspelt command, option, key, variable or value is
refused with the nearest real one.

A time is written `30s`, `5min`, `2h` (a bare number is seconds); a size `256MB`, `1GiB` (a bare number is
bytes). Options that may be given several times are repeated (`--class cat --class dog`); in a variable commas
part them.
"""

TAIL = """## Exit codes

| code | meaning |
| --- | --- |
| 0 | done: every class has its quota |
| 1 | stopped by an error that the message explains; state is kept, the same command goes on |
| 2 | wrong usage or an unreadable list; nothing was written |
| 3 | done, but some class is short: the dataset is packed all the same, the shortfall is listed |
| 130, 143 | interrupted by Ctrl-C or SIGTERM; state is kept, and what a `probe` has learned so far |

The first Ctrl-C drains and commits, the second quits. `pack`, `report`, `status` and `review --list` end with
0 when they did what they were asked, however the build stands; `review` ends like the build that it leaves.
After 1 and 2 the message is on stderr.

## JSON

`build --json`, `demo --json`, `pack --json`, `status --json` and `review --json`:

```json
{"status": "complete", "out": "dataset", "digest": "9f2c..", "classes": [{"id": "n02084071", "name": "dog",
 "quota": 800, "accepted": 800, "tried": 1204, "candidates": 1603}], "totals": {"tried": 1204,
 "accepted": 800, "rejected": {"not-found": 301, "placeholder": 103}, "bytes": 96400000},
 "elapsed_s": 61.2, "images_per_s": 13.1}
```

| key | meaning |
| --- | --- |
| `status` | `complete`, `short`, `interrupted`, `failed`, or from `status` alone `running`: not ended yet |
| `digest` | of the dataset as it was packed last; empty before |
| `classes` | those of the dataset: without replaced ones, with the reserves that stepped in |
| `quota` | the most that is wanted; null where all are |
| `tried` | of a class: URLs settled; in `totals`: rows of `outcomes.parquet` |
| `rejected` | every other fate by its reason, spares and deferred ones too: `tried` less `accepted` |
| `bytes` | of the images in the dataset |
| `elapsed_s`, `images_per_s` | time spent collecting, all runs together; accepted images over it |
| `error` | the message; only with `failed` |

| command | what its line holds |
| --- | --- |
| `survey` | `classes`, `urls`, `flickr_urls`, `odd_lines`, `hosts`, `at_least` (a list of `images`, \
`classes`, `classes_flickr`), `top_hosts`, `licences`, `odd_examples` |
| `classes` | `classes`: a list of `id`, `name`, `urls`, `flickr_urls`, `forecast`; with `--tree` \
`tree`: the same as nested `children`, with `total_urls` and the like |
| `probe` | `status` (`complete`, `interrupted`), `lists`, `urls`, `classes`, `sampled`, `tried`, \
`successes`, `groups` (`flickr`, `cdn`, `other` as far as there are any, then `all`) and `hosts` (lists of \
`name`, `urls`, `tried`, `successes`, `seconds_s`, `success`, `success_95`, `per_success_s`, \
`per_success_s_95`; intervals are `[low, high]`; what is not known is null), `n_hosts`, `rejected`, `seed`, \
`elapsed_s`, `notes` |
| `plan` | `classes` and `reserves` (lists of `id`, `name`, `quota`, `quota_at_most`, `candidates`, \
`forecast`, `shortfall_chance`), `seed`, `total`, `rates_from`, `notes`, `expected_requests`, `expected_s`, \
`expected_bytes`, `rehearsals` (empty without `--rehearse`; else a list of `seed`, `elapsed_s`, \
`requests`, `accepted`, `throttled`, `most_at_once`, `busiest`, `most_at_busiest`, `short`, `replaced`) |
| `report` | `report`: the page's path |
| `review --list` | `placeholders`: a list of `id`, `proof` (`probe`, `same-body`, `same-picture`), `met`, \
`revoked`, `sites` (a list of `site`, `urls`), `labels` (a list of `label`, `urls`), `width_px`, \
`height_px`, `url`, `pardoned` |
| `sources` | `lists` (`name`, `format`, `about`, `files`, `by_hand`, `folder`), `formats` (`name`, \
`about`, `settings`, `added_by`) |

## Variables that are no options

| variable | meaning |
| --- | --- |
| `GLEANSET_HOME` | where fetched lists, their counts and what was learned of hosts are kept; \
default: the user's cache folder |
| `GLEANSET_MIRROR` | an address under which the files of named lists lie as `NAME/FILE`; it is tried first |
| `GLEANSET_CONFIG` | the file of `--config` |
"""


def page() -> str:
    """The whole reference page."""
    group = doors()
    parts = [HEAD, "## Commands\n", _commands(group)]
    parts += [_own_options(group), "## Options of build and plan\n", _options()]
    parts += [_elsewhere(group), TAIL]
    return "\n".join(parts)


def _commands(group: click.Group) -> str:
    rows = ["| command | what it does |", "| --- | --- |"]
    for name, command in group.commands.items():
        names = [p.metavar for p in command.params if isinstance(p, click.Argument)]
        places = "".join(f" {name}" for name in names)
        rows.append(f"| `gleanset {name}{places}` | {command.help} |")
    return "\n".join(rows) + "\n"


def _own_options(group: click.Group) -> str:
    """Options that are the command's own and no part of a recipe."""
    ours = {f"--{option_name(field)}" for field in (*OPTIONS, *TALK)}
    where: dict[tuple[str, str], list[str]] = {}
    for name, command in group.commands.items():
        for param in command.params:
            if isinstance(param, click.Option) and not ours & set(param.opts):
                value = f" {param.metavar}" if param.metavar else ""
                flags = ", ".join(f"`{flag}{value}`" for flag in param.opts)
                where.setdefault((flags, param.help or ""), []).append(f"`{name}`")
    rows = ["| option | of | meaning |", "| --- | --- | --- |"]
    rows += [f"| {flags} | {', '.join(names)} | {text} |" for (flags, text), names in where.items()]
    return "\n".join(rows) + "\n"


def _options() -> str:
    """The recipe's options, a table for each group."""
    groups: dict[str, list[str]] = {}
    for options, model in ((OPTIONS, Options), (TALK, Talk)):
        for field, option in options.items():
            default = default_text(option, model.model_fields[field].default)
            groups.setdefault(option.group, []).append(_row(field, option, default))
    head = "| option | default | bounds | meaning |\n| --- | --- | --- | --- |\n"
    return "\n".join(
        f"### {group[:1].upper() + group[1:]}\n\n{head}" + "".join(r) for group, r in groups.items()
    )


def _row(field: str, option: Option, default: str) -> str:
    value = f" {option.metavar}" if option.metavar else ""
    flag = f"`--{option_name(field)}{value}`".replace("|", "\\|")
    more = " (repeatable)" if option.many else ""
    return f"| {flag} | {default} | {_bounds(option)} | {option.help}{more} |\n"


def _bounds(option: Option) -> str:
    say = duration_text if option.metavar == "TIME" else "{:,.10g}".format
    least = "" if option.at_least is None else say(option.at_least)
    most = "" if option.at_most is None else say(option.at_most)
    if not least and not most:
        return ""
    return f"{least} to {most}" if most else f"{least} or more"


def _elsewhere(group: click.Group) -> str:
    """Which of these options other commands take."""
    rows = ["### Which other commands take which of these\n", "| command | options |", "| --- | --- |"]
    for name, command in group.commands.items():
        if name not in {"build", "plan"}:
            said = {param.name for param in command.params}
            flags = [f"`--{option_name(field)}`" for field in (*OPTIONS, *TALK) if field in said]
            rows.append(f"| `{name}` | {', '.join(flags)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
