"""What a delivery brings, out of a build: groups by namespace for a ruler, files for a folder, silences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promgen.base.conventions import RULES_SUFFIX, SILENCES_FILE
from promgen.base.errors import OutsideError, UsageError
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.ir.rules import group_data
from promgen.compiler.lower.split import namespace_of, ruler_files
from promgen.compiler.output.disk import File, look
from promgen.compiler.pipeline import Output
from promgen.delivery.groups import Data, Namespaces, read_rule_file
from promgen.model.delivery import Delivery, Folder, Ruler


def ruler_namespaces(output: Output, delivery: Delivery, ruler: Ruler, root: Path) -> Namespaces:
    """The groups for a ruler, by namespace; plain files are read below `root`, the project's folder."""
    compiled = {
        namespace_of(file, ruler): tuple(map(group_data, file.groups))
        for file in ruler_files(output.rule_files, delivery)
    }
    named = {path: f"{ruler.namespace}/{Path(path).with_suffix('').as_posix()}" for path in delivery.files}
    _check_names(named, "namespace")
    return compiled | {name: _plain_groups(root, path) for path, name in named.items()}


def folder_files(output: Output, delivery: Delivery, folder: Folder, root: Path) -> dict[str, bytes]:
    """The files for a folder, all on one level, so that one pattern in a server's configuration finds them."""
    if folder.reader == "alertmanager":
        texts = output.compiled.routes.items()
        return {name: text.encode() for name, text in texts if name != SILENCES_FILE}
    compiled = {
        _flat(file.path) + RULES_SUFFIX: print_rule_file(file)
        for file in ruler_files(output.rule_files, delivery)
    }
    named = {path: _flat(path) for path in delivery.files}
    _check_names(named, "file")
    return compiled | {name: _read(root, path) for path, name in named.items()}


def silences_of(output: Output) -> list[dict[str, Any]]:
    """The silences of the specifications, as Alertmanager's API takes them."""
    silences: list[dict[str, Any]] = json.loads(output.compiled.routes.get(SILENCES_FILE, "[]"))
    return silences


def _check_names(named: Mapping[str, str], what: str) -> None:
    """Of two files with one name only one would be there, and what the other held would be deleted."""
    first: dict[str, str] = {}
    for path, name in named.items():
        if (other := first.setdefault(name, path)) != path:
            raise UsageError(f"{other} and {path} would both be the {what} `{name}`; rename one of them")


def _flat(path: str) -> str:
    return path.replace("/", ".")


def _plain_groups(root: Path, path: str) -> tuple[Data, ...]:
    groups = read_rule_file(_read(root, path).decode(errors="replace"), path)
    for group in groups:
        for rule in group.get("rules") or ():
            _check_texts(rule, path)
    return groups


def _check_texts(rule: Data, path: str) -> None:
    """A number such as 010 would reach the server as another text than it would by the file."""
    for part in ("labels", "annotations"):
        for name, value in (rule.get(part) or {}).items():
            if not isinstance(value, str):
                raise UsageError(f"{path}: the value of `{name}` in `{part}` is no text; put it in quotes")


def _read(root: Path, path: str) -> bytes:
    if not isinstance(look(root, path), File):
        raise OutsideError(f"there is no file {path} in the project, which a delivery names")
    return (root / path).read_bytes()
