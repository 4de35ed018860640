"""`promgen completion`: the script by which a shell completes commands, options and names."""

from __future__ import annotations

import json
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from promgen.base.conventions import CATALOG_FILE
from promgen.base.errors import PromgenError
from promgen.cli import cli
from promgen.compiler.output.lock import read_lock
from promgen.compiler.source.project_root import find_root

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the shell completion script.")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes promgen's commands, options and names in a shell.

    \b
    bash: echo 'eval "$(promgen completion bash)"' >> ~/.bashrc
    zsh:  echo 'eval "$(promgen completion zsh)"' >> ~/.zshrc
    fish: promgen completion fish > ~/.config/fish/completions/promgen.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "promgen", "_PROMGEN_COMPLETE").source())


def complete_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The SLOs and alerts of the last build whose name or key begins like this; none where there is no build."""
    directory = (context.parent or context).params.get("directory") or "."
    try:
        names = _built_names(find_root(Path(directory).resolve()))
    except (PromgenError, OSError, ValueError, KeyError):
        return []
    return sorted(name for name in names if name.startswith(incomplete))


def _built_names(root: Path) -> set[str]:
    """Keys, such as `checkout/availability`, and the names that stand for one of them alone."""
    lock = read_lock(root)
    paths = [path for path in lock.files if path.endswith(f"/{CATALOG_FILE}")] if lock else []
    keys: set[str] = set()
    for path in paths:
        catalog = json.loads((root / path).read_bytes())
        keys |= {f"{found['service']}/{found['name']}" for found in (*catalog["slos"], *catalog["alerts"])}
    ends = [key.rpartition("/")[2] for key in keys]
    return keys | {end for end in ends if ends.count(end) == 1}
