"""How a command ends when it does not end well: what is said, where the story is kept, which exit code."""

import os
import tempfile
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from ..errors import GleansetError
from .output import emit_json, say
from .stopping import INTERRUPTED

FAILED, USAGE = 1, 2
_VALUE = "A value has to follow it."
_FALSE = {"", "0", "false", "no", "off"}


class Wishes:
    """What the words on the command line wish for, read without parsing them: parsing may be what failed."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self.verbose = self._wished("verbose")
        self.out = self._out()
        self.promised_json = bool(words) and words[0] in {"build", "demo"} and self._wished("json")

    def _wished(self, name: str) -> bool:
        return f"--{name}" in self._words or os.environ.get(f"GLEANSET_{name.upper()}", "") not in _FALSE

    def _out(self) -> str | None:
        for i, word in enumerate(self._words):
            if word in {"-o", "--out"} and i + 1 < len(self._words):
                return self._words[i + 1]
            if word.startswith("--out="):
                return word.removeprefix("--out=")
        return None


def interrupted() -> int:
    """Ctrl-C where nothing had to be drained."""
    say("Interrupted. What was kept is kept; the same command goes on.")
    return INTERRUPTED


def refused(error: click.ClickException) -> int:
    """Wrong usage, in our words: what was found, and where the right words are."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    command = ctx.command_path if ctx else "gleanset"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
    else:
        say(f"{command}: {_in_our_words(error, ctx)}\n`{command} --help` lists what there is.")
    return USAGE


def _in_our_words(error: click.ClickException, ctx: click.Context | None) -> str:
    match error:
        case click.NoSuchOption():
            known = [name for param in ctx.command.params for name in param.opts] if ctx else []
            near = get_close_matches(error.option_name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            return f"{error.option_name}. There is no such option.{hint}"
        case click.BadOptionUsage():
            return f"{error.option_name}. {_VALUE if 'requires' in error.message else error.format_message()}"
        case click.MissingParameter():
            return f"no {error.param.metavar if error.param else 'argument'}. It has to be named."
    return error.format_message()


def stopped(error: GleansetError, wishes: Wishes) -> int:
    """An error of ours: its message is the whole story; programs get it as JSON too."""
    if wishes.verbose:
        say("".join(traceback.format_exception(error)).rstrip())
    say(f"gleanset: {error}")
    _tell_programs(str(error), wishes)
    return error.exit_code


def broken(error: Exception, wishes: Wishes) -> int:
    """A mistake in gleanset itself: one paragraph, and the traceback in a file."""
    trace = "".join(traceback.format_exception(error))
    if wishes.verbose:
        say(trace.rstrip())
    say(
        f"gleanset: {type(error).__name__}: {error}. This is a mistake of gleanset, not of yours. What was "
        f"collected is kept, and the same command goes on. The whole story is in {_kept(trace, wishes.out)}; "
        "please report it."
    )
    _tell_programs(f"{type(error).__name__}: {error}", wishes)
    return FAILED


def _kept(trace: str, out: str | None) -> str:
    """Where the traceback was written: the build's log, or a file of its own where there is no build."""
    state = Path(out or ".") / ".gleanset"
    try:
        if out and state.is_dir():
            with (state / "gleanset.log").open("a", encoding="utf-8") as log:
                log.write(trace)
            return log.name
        handle, name = tempfile.mkstemp(prefix="gleanset-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            log.write(trace)
    except OSError:
        return "the output of --verbose"
    return name


def _tell_programs(message: str, wishes: Wishes) -> None:
    """``build --json`` promises its line whatever happens."""
    if not wishes.promised_json:
        return
    totals: dict[str, Any] = {"tried": 0, "accepted": 0, "rejected": {}, "bytes": 0}
    failed = {"status": "failed", "out": wishes.out or "", "digest": "", "classes": [], "totals": totals}
    emit_json({**failed, "elapsed_s": 0.0, "images_per_s": 0.0, "error": message})
