"""The command line: one command per file, each imported only when it runs, so that `promgen --version` stays quick."""

from __future__ import annotations

import importlib
import sys
from itertools import chain
from typing import Any

import click
from click.shell_completion import CompletionItem

from promgen import __version__
from promgen.base.errors import OutsideError, PromgenError, UsageError

EXIT_PROBLEMS, EXIT_USAGE, EXIT_DRIFT, EXIT_OUTSIDE, EXIT_INTERNAL = 1, 2, 3, 4, 70

COMMANDS = {
    "init": "Start a repository that builds, with one service.",
    "build": "Compile the specifications into rules.",
    "check": "Say whether the specifications are valid and the committed outputs up to date.",
    "lint": "Find mistakes in specifications and in plain rule files.",
    "test": "Execute the proof tests with the real promtool.",
    "diff": "Show what changed since a revision of git, and what it means.",
    "explain": "Show where an SLO or alert comes from and what it compiles to.",
    "list": "List services, SLOs and alerts.",
    "route": "Show who is told of an alert, and prove the routes.",
    "cost": "Show what the rules cost: samples per second, series and rules.",
    "push": "Bring the outputs to rulers and folders, or list those.",
    "inventory": "Record what a Prometheus has, and show it.",
    "schema": "Print the JSON Schema of specifications.",
    "completion": "Print the shell completion script.",
}
"""Every command and its one line of help; `cli/NAME.py` holds its function `command`."""

FORMATS = ("text", "json")
"""What every command prints."""

MORE_FORMATS = {"lint": ("sarif", "junit", "github", "gitlab"), "diff": ("markdown",)}
"""What a command prints besides."""


class LazyGroup(click.Group):
    """Knows its commands by name and imports one when it is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is the command's module here, once that was imported

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"promgen.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by their names alone, so that completing one imports none."""
        if incomplete.startswith("-"):
            return super().shell_complete(context, incomplete)
        found = (item for item in COMMANDS.items() if item[0].startswith(incomplete))
        return [CompletionItem(name, help=text) for name, text in found]

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """`--format` may stand anywhere: after the command is where hands put it."""
        return super().parse_args(context, _format_first(args))

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "one of " + ", ".join(COMMANDS)
            raise click.UsageError(f"there is no command `{args[0]}`; {hint}", context)
        return super().resolve_command(context, args)


def _format_first(args: list[str]) -> list[str]:
    for place, argument in enumerate(args):
        if argument == "--":
            break
        if argument == "--format" and place + 1 < len(args):
            return [argument, args[place + 1], *args[:place], *args[place + 2 :]]
        if argument.startswith("--format="):
            return [argument, *args[:place], *args[place + 1 :]]
    return args


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 problems found, 2 usage, 3 drift, 4 the outside failed, 70 a bug in promgen.",
)
@click.version_option(__version__, message="promgen %(version)s")
@click.option(
    "--format",
    "output_format",
    type=click.Choice([*FORMATS, *chain(*MORE_FORMATS.values())]),
    metavar="FORMAT",
    default="text",
    help="How results are printed: text or json; by lint also sarif, junit, github or gitlab, by diff markdown.",
)
@click.option(
    "-C",
    "--directory",
    type=click.Path(file_okay=False, exists=True),
    default=".",
    help="Work in this folder.",
)
@click.pass_context
def cli(context: click.Context, output_format: str, directory: str) -> None:
    """Compile SLOs and alerts, kept in git, into Prometheus rules.

    \b
    promgen init shop && cd shop    a repository that builds
    promgen build                   compile it
    promgen explain availability    what an SLO became, and why
    """
    _check_format(context, output_format)
    context.obj = {"format": output_format, "directory": directory}


def _check_format(context: click.Context, output_format: str) -> None:
    command = context.invoked_subcommand or ""
    known = (*FORMATS, *MORE_FORMATS.get(command, ()))
    if output_format not in known:
        raise click.UsageError(f"{command} prints {' or '.join(known)}, not {output_format}", context)


def main() -> None:
    """The entry point; turns what went wrong into an exit code and one message."""
    try:
        sys.exit(cli(prog_name="promgen", standalone_mode=False))  # click returns the code of an Exit
    except click.Abort:
        _fail("interrupted; the outputs are as they were", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except UsageError as error:
        _fail(str(error), EXIT_USAGE)
    except (OutsideError, PromgenError) as error:
        _fail(str(error), EXIT_OUTSIDE)
    except BrokenPipeError:
        sys.exit(EXIT_OUTSIDE)
    except Exception as error:
        _fail(
            f"internal error: {_trace(error)}\nThis is a bug in promgen; please report it with the text above.",
            EXIT_INTERNAL,
        )


def _fail(message: str, code: int) -> Any:
    click.echo(f"promgen: {message}", err=True)
    sys.exit(code)


def _trace(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error)).strip()
