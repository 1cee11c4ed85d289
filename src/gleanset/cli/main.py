"""The door: words in, exit code out. 0 done, 1 error, 2 wrong usage, 3 short, 130 and 143 interrupted."""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

import click
from click.shell_completion import shell_complete

from .. import __version__
from ..errors import GleansetError
from .endings import Wishes, broken, interrupted, refused, stopped
from .first_tool import refuse_single_dashes
from .options import with_bare_values
from .output import silence
from .stopping import ready_for_sigterm
from .verbs import DONE, FAILED, verbs

COMPLETION = "_GLEANSET_COMPLETE"
"""The variable through which a shell asks: ``eval "$(_GLEANSET_COMPLETE=bash_source gleanset)"``."""

HELP = """Turn a rotten list of labelled image URLs into an exact, clean, balanced dataset.

\b
gleanset demo
gleanset survey fall11_urls.tgz
gleanset build fall11_urls.tgz --classes 200 --images 800 -o dataset
"""


class Doors(click.Group):
    """The group of all commands; a slip in a command's name is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or refuse with the nearest real one."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = get_close_matches(args[0].lower(), list(self.commands), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"{args[0]}. There is no such command.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """In the order in which one needs them."""
        return list(self.commands)


def doors() -> Doors:
    """The whole command line."""
    group = Doors(
        "gleanset",
        help=HELP,
        commands={command.name or "": command for command in verbs()},
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    return click.version_option(__version__, prog_name="gleanset", message="%(prog)s %(version)s")(group)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer with its exit code; nothing is raised.

    ``argv`` is without the program's name; None: the process's own.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    wishes = Wishes(words)
    group = doors()
    try:
        ready_for_sigterm()
        refuse_single_dashes(words, _long_options(group, words))
        return _run(group, with_bare_values(words))
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else FAILED
    except BrokenPipeError:
        silence(sys.stdout)
        return DONE
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    except click.ClickException as error:
        return refused(error)
    except GleansetError as error:
        return stopped(error, wishes)
    except Exception as error:  # noqa: BLE001 - the last door: whatever comes is explained, not thrown at the user
        return broken(error, wishes)


def _run(group: Doors, words: list[str]) -> int:
    """What ``group.main`` does, without its own ideas about exit codes; shells may ask for completions."""
    if shell := os.environ.get(COMPLETION):
        return shell_complete(group, {}, "gleanset", COMPLETION, shell)
    with group.make_context("gleanset", words) as ctx:
        code = group.invoke(ctx)
    return code if isinstance(code, int) else DONE


def _long_options(group: Doors, words: Sequence[str]) -> list[str]:
    """The long options of the command that ``words`` names."""
    command = next((group.commands[word] for word in words if word in group.commands), group)
    return [name for param in command.params for name in param.opts if name.startswith("--")]
