"""Whether a server runs what lies in its folder: its groups of rules, or the shape of an Alertmanager's configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promgen.base.conventions import ALERTMANAGER_FILE
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.base.errors import OutsideError
from promgen.clients.reload import ReloadApi
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.delivery.groups import Data, canonical, read_rule_file
from promgen.model.delivery import FolderReader

_ATTEMPTS = 6
"""vmalert reads its files some time after it was asked to."""

_LISTS = ("group_by", "active_time_intervals", "mute_time_intervals")
_TIMES = ("group_wait", "group_interval", "repeat_interval")

Files = Mapping[str, bytes]
"""By their paths in the folder."""
Signature = tuple[object, ...]
"""What a group is recognised by: its name, and what its rules are called and ask."""


def await_loaded(server: ReloadApi, reader: FolderReader, files: Files, gone: Files | None = None) -> None:
    """Return once the server runs `files` and nothing that only `gone` has; raise OutsideError when it does not."""
    found: list[str] = []
    for attempt in range(_ATTEMPTS):
        if attempt:
            server.patience.sleep(server.patience.first * 2 ** (attempt - 1))
        found = loaded_deviations(server, reader, files, gone or {})
        if not found:
            return
    raise OutsideError(
        f"{server.endpoint.url} has read its files again, but {', '.join(found)}; does its configuration name this folder?"
    )


def loaded_deviations(server: ReloadApi, reader: FolderReader, files: Files, gone: Files) -> list[str]:
    """What the server does not run of `files`, and what it runs although only `gone` has it; in words."""
    if reader == "alertmanager":
        wanted = shape_of(files[ALERTMANAGER_FILE].decode()) if ALERTMANAGER_FILE in files else ()
        is_loaded = not wanted or shape_of(server.loaded_alertmanager()) == wanted
        return [] if is_loaded else [f"does not run {ALERTMANAGER_FILE}"]
    loaded = set(map(_signature_of_loaded, server.loaded_groups()))
    wanted_groups, others = _signatures(files), _signatures(gone)
    return [
        *(f"does not run group {one[0]}" for one in wanted_groups if one not in loaded),
        *(f"still runs group {one[0]}" for one in others if one in loaded and one not in wanted_groups),
    ]


def _signatures(files: Files) -> dict[Signature, None]:
    groups = (group for path, text in files.items() for group in read_rule_file(text.decode(), path))
    return dict.fromkeys(_signature(group) for group in groups)


def _signature(group: Data) -> Signature:
    rules = group.get("rules") or ()
    return (
        group["name"],
        *(
            (
                str(rule.get("alert") or rule.get("record")),
                canonical(str(rule.get("expr"))),
                _seconds(rule.get("for")),
            )
            for rule in rules
        ),
    )


def _signature_of_loaded(group: Any) -> Signature:
    """The same of a group as the API of Prometheus lists it."""
    rules = group.get("rules") or ()
    return (
        group.get("name"),
        *(
            (
                str(rule.get("name")),
                canonical(str(rule.get("query"))),
                float(rule.get("duration") or 0),
            )
            for rule in rules
        ),
    )


def _seconds(text: Any) -> float:
    try:
        return Duration.parse(str(text)).ms / 1000 if text else 0.0
    except ValueError:
        return -1.0


def shape_of(configuration: str) -> Signature:
    """What an Alertmanager's configuration is recognised by: the routes with their receivers, and every name."""
    documents = parse_documents(configuration, ALERTMANAGER_FILE, Diagnostics())
    root = plain(documents[0].root) if documents and documents[0].root is not None else None
    if not isinstance(root, dict):
        raise OutsideError("the configuration of the Alertmanager is no YAML")
    return (
        tuple(_routes(root.get("route") or {})),
        *(tuple(_names(root, key)) for key in ("receivers", "time_intervals")),
        len(root.get("inhibit_rules") or ()),
    )


def _routes(route: Data) -> Iterator[Signature]:
    """Each route, parents first. Matchers are only counted: Alertmanager prints them in a way of its own."""
    routes = route.get("routes") or ()
    yield (
        str(route.get("receiver") or ""),
        len(route.get("matchers") or ()),
        bool(route.get("continue")),
        *(tuple(route.get(key) or ()) for key in _LISTS),
        *(_seconds(route.get(key)) for key in _TIMES),
        len(routes),
    )
    for child in routes:
        yield from _routes(child)


def _names(root: Data, key: str) -> Iterator[str]:
    return (str(one.get("name")) for one in root.get(key) or ())
