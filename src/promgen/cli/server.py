"""What the commands share that look at a server: its URL, its credentials by reference, and inventories of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from promgen.base.errors import OutsideError, UsageError
from promgen.clients.exchange import basic, bearer
from promgen.clients.inventory import record_inventory
from promgen.model.inventory import Inventory
from promgen.model.inventory_codec import InventoryError, load_inventory

_LARGEST_TOKEN = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Where a command is told to find an inventory; with nothing given, in the file that promgen.yaml names."""

    prometheus: str | None
    inventory: Path | None
    authorization: str


def file_option(*names: str, help: str) -> Callable[..., Any]:
    """An option that names a file, from the folder of `--directory` on."""
    return click.option(
        *names, type=click.Path(path_type=Path), metavar="FILE", help=help, callback=_in_directory
    )


def credential_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say where a token stands, never the token itself; see `authorization_of`."""
    for option in (
        click.option("--user", help="Basic authentication: the token is this user's password."),
        click.option("--token-env", metavar="VARIABLE", help="Environment variable that holds the token."),
        file_option("--token-file", help="File that holds the token."),
    ):
        command = option(command)
    return command


def stock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose a server or a recorded inventory; see `find_inventory`."""
    for option in (
        credential_options,
        file_option("--inventory", help="A recorded inventory, other than the one in promgen.yaml."),
        click.option("--prometheus", metavar="URL", help="A running server, asked now."),
    ):
        command = option(command)
    return command


def authorization_of(*, token_file: Path | None, token_env: str | None, user: str | None) -> str:
    """The header for the credentials that were referred to; empty without any. Raise UsageError where it cannot be."""
    if token_file is not None and token_env is not None:
        raise UsageError("give one of `--token-file` and `--token-env`")
    if token_file is None and token_env is None:
        if user is not None:
            raise UsageError("`--user` needs a password, by `--token-file` or `--token-env`")
        return ""
    token = _from_file(token_file) if token_file is not None else _from_environment(token_env or "")
    if not token.isascii() or not token.isprintable() or not token:
        raise UsageError(f"what `{token_file or token_env}` holds is no token: one line of printable ASCII")
    return bearer(token) if user is None else basic(user, token)


def find_inventory(stock: Stock, root: Path, named: str | None) -> Inventory | None:
    """The inventory of a server that is asked, or of a file; None where neither is given and promgen.yaml names none.

    `named` is the setting `inventory`. Raise OutsideError where a server or file that is named gives none.
    """
    if stock.prometheus is not None:
        if stock.inventory is not None:
            raise UsageError("give one of `--prometheus` and `--inventory`")
        return record_inventory(stock.prometheus, authorization=stock.authorization)
    if stock.inventory is not None:
        return read_inventory(stock.inventory)
    return read_inventory(root / named) if named else None


def read_inventory(path: Path) -> Inventory:
    """The inventory in a file; raise OutsideError that says what to do where there is none."""
    try:
        return load_inventory(path.read_bytes())
    except InventoryError as error:
        raise InventoryError(f"{path}: {error}") from error
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}; record it with `promgen inventory record URL`"
        raise OutsideError(message) from error


def _in_directory(context: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    return None if path is None else Path(context.obj["directory"]) / path


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_TOKEN).decode(errors="replace").strip()
    except OSError as error:
        raise UsageError(f"cannot read the token in {path}: {error.strerror}") from error


def _from_environment(variable: str) -> str:
    if variable not in os.environ:
        raise UsageError(f"the environment variable `{variable}` is not set")
    return os.environ[variable].strip()
