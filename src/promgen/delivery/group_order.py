"""Groups in an order in which what is read is there before its readers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from promgen.delivery.groups import Data
from promgen.promql import ExpressionError, Selector, matches, parse, selectors

Place = tuple[str, str]
"""Namespace and name of a group."""
_Key = tuple[str, ...]
"""A metric, alone or with one label and its value."""


class _Recorder(NamedTuple):
    """A rule that records, and where it stands."""

    place: Place
    labels: Mapping[str, str]


def in_order(groups: Mapping[Place, Data]) -> list[Place]:
    """Groups after those that record what they read; as given where that says nothing, or where they read each other."""
    index = _index(groups)
    ordered: dict[Place, None] = {}
    visited: set[Place] = set()
    waiting = [(place, False) for place in reversed([*groups])]
    while waiting:
        place, is_ready = waiting.pop()
        if is_ready:
            ordered[place] = None
        elif place not in visited:
            visited.add(place)
            waiting.append((place, True))
            read = [*dict.fromkeys(_read(groups[place], index))]
            waiting += [(other, False) for other in reversed(read)]
    return [*ordered]


def _index(groups: Mapping[Place, Data]) -> dict[_Key, list[_Recorder]]:
    """Recording rules by their metric, and by it with each of their labels: all SLOs record the same metrics."""
    found: dict[_Key, list[_Recorder]] = {}
    for place, group in groups.items():
        for rule in _rules(group):
            if name := str(rule.get("record") or ""):
                recorder = _Recorder(
                    place, {key: str(value) for key, value in (rule.get("labels") or {}).items()}
                )
                for key in ((name,), *((name, *item) for item in recorder.labels.items())):
                    found.setdefault(key, []).append(recorder)
    return found


def _read(group: Data, index: Mapping[_Key, list[_Recorder]]) -> Iterator[Place]:
    """Where the rules stand that a group reads, as far as labels say."""
    for rule in _rules(group):
        for selector in _selectors(str(rule.get("expr", ""))):
            for recorder in _candidates(selector, index):
                known = [one for one in selector.matchers if one.name in recorder.labels]
                if matches(known, recorder.labels):
                    yield recorder.place


def _candidates(selector: Selector, index: Mapping[_Key, list[_Recorder]]) -> list[_Recorder]:
    """Few rules that may record what is selected: those with one of its labels, where there are any."""
    if selector.metric is None:
        return []
    keys = ((selector.metric, one.name, one.value) for one in selector.matchers if one.op == "=")
    found = [index[key] for key in keys if key in index]
    return min(found, key=len) if found else index.get((selector.metric,), [])


def _selectors(expr: str) -> Iterable[Selector]:
    try:
        return selectors(parse(expr))
    except ExpressionError:
        return ()  # another language, whose recorded series promgen does not know


def _rules(group: Data) -> Iterable[Mapping[str, Any]]:
    return group.get("rules") or ()
