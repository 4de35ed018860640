"""Goes on after an error: the data without what was found wrong, so that the rest can still be judged in the same run."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from promgen.compiler.source.nodes import Path
from promgen.compiler.spec.wire import Wire

_WireType = TypeVar("_WireType", bound=Wire)
_MOST_ROUNDS = 8
"""A part that is missing takes what needs it with it, and so on outwards."""


def validate_rest(data: Any, wire: type[_WireType]) -> _WireType | None:
    """What is left of the data as a `wire` object; None when nothing useful is. Changes the data."""
    for _ in range(_MOST_ROUNDS):
        try:
            return wire.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            paths = {
                _blamed(data, detail["loc"], is_missing=detail["type"] == "missing") for detail in details
            }
        if () in paths:
            return None
        for path in sorted(paths, key=repr, reverse=True):  # of a list the last entry first
            _remove(data, path)
    return None


def _blamed(data: Any, location: Path, *, is_missing: bool) -> Path:
    """The path, in the data, of what has to go: steps that lead nowhere, such as the tags of a union, are left out."""
    path: list[str | int] = []
    for step in location[:-1] if is_missing else location:
        leads_on = (
            step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)
        )
        if leads_on:
            path.append(step)
            data = data[step]
    return tuple(path)


def _remove(data: Any, path: Path) -> None:
    for step in path[:-1]:
        data = data[step]
    del data[path[-1]]
