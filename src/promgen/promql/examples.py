"""Labels that a selector chooses, made up from its matchers; and whether a selector chooses given labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product

from promgen.promql.labels import LabelMatcher
from promgen.promql.regexes import compiled, matching_texts

_TRIED = 4096
"""Combinations of values looked at before the best one so far is taken."""
PLAIN = ("other", "another", "1", "x-1")
"""Values for a label whose matchers only say what it must not be."""

Matchers = Sequence[LabelMatcher]


def matches(matchers: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether series with these labels are chosen; a missing label is the empty text, and regexes match as a whole.

    Raise ValueError for a regular expression that Python does not read.
    """
    return all(holds(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def example_labels(
    selector_matchers: Matchers, avoid: Sequence[Matchers] = (), labels: Mapping[str, str] | None = None
) -> dict[str, str] | None:
    """Labels that the matchers choose, with at least `labels`, chosen by as few of the selectors in `avoid` as can be.

    None when no values were found that satisfy all matchers. A label that must be empty is left out.

    >>> example_labels([LabelMatcher("job", "=", "api"), LabelMatcher("code", "=~", "5..")])
    {'job': 'api', 'code': '5xx'}
    """
    given = dict(labels or {})
    try:
        return _best(_values(selector_matchers, avoid, given), avoid, given)
    except ValueError:
        return None


def _values(wanted: Matchers, avoid: Sequence[Matchers], given: dict[str, str]) -> dict[str, list[str]]:
    """By label, the values that all wanted matchers allow; none at all where a label cannot be satisfied."""
    others = [matcher for selector in avoid for matcher in selector]
    names = dict.fromkeys(matcher.name for matcher in (*wanted, *others))
    allowed: dict[str, list[str]] = {}
    for name in names:
        own = [matcher for matcher in wanted if matcher.name == name]
        foreign = [matcher for matcher in others if matcher.name == name]
        tried = [given[name]] if name in given else _candidates(own, foreign)
        allowed[name] = [value for value in tried if all(holds(matcher, value) for matcher in own)]
    return allowed


def _candidates(own: Matchers, foreign: Matchers) -> list[str]:
    """Values worth trying for one label: what the own matchers name, anything plain, and what others name."""
    named = [text for matcher in own if matcher.op in {"=", "=~"} for text in _named(matcher)]
    theirs = [text for matcher in foreign for text in _named(matcher)]
    free = PLAIN if own else ("",)
    return list(dict.fromkeys((*named, *free, "", *PLAIN, *theirs)))


def _best(
    allowed: dict[str, list[str]], avoid: Sequence[Matchers], given: dict[str, str]
) -> dict[str, str] | None:
    """The first combination that nothing to avoid chooses, or else the one that the fewest choose."""
    best: dict[str, str] | None = None
    fewest = len(avoid) + 1
    for labels in islice(_combinations(allowed, given), _TRIED):
        unwanted = sum(matches(selector, labels) for selector in avoid)
        if unwanted < fewest:
            best, fewest = labels, unwanted
        if not unwanted:
            break
    return best


def _combinations(allowed: dict[str, list[str]], given: dict[str, str]) -> Iterator[dict[str, str]]:
    for values in product(*allowed.values()):
        chosen = {**given, **dict(zip(allowed, values, strict=True))}
        yield {name: value for name, value in chosen.items() if value}


def _named(matcher: LabelMatcher) -> Sequence[str]:
    return (matcher.value,) if matcher.op in {"=", "!="} else matching_texts(matcher.value)


def holds(matcher: LabelMatcher, value: str, read: Callable[[str], re.Pattern[str]] = compiled) -> bool:
    """Whether a value is what a matcher wants; `read` makes the pattern of a regular expression."""
    match matcher.op:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case "=~":
            return read(matcher.value).fullmatch(value) is not None
        case "!~":
            return read(matcher.value).fullmatch(value) is None
