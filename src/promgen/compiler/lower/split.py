"""Which rules belong to a delivery, in groups that its ruler takes.

A ruler with a limit gets larger groups in parts. Rules that read each other stay together while they fit; where they do
not, they are cut so that readers come after what they read. Groups are evaluated independently of each other, so a rule
that was cut off reads a value that is up to one interval old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote

from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.model.delivery import Delivery, Ruler
from promgen.promql import LabelMatcher, Selector, matches, parse, selectors

Places = Sequence[int]
"""Positions of rules in their group, in order."""

_ALERT_SERIES = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_LONGEST_NAMESPACE = 200
"""In bytes once it is quoted; Mimir keeps the rules of a namespace in a file of that name."""


def ruler_files(files: Iterable[RuleFile], delivery: Delivery) -> tuple[RuleFile, ...]:
    """What a delivery brings of the compiled rules: its environments, in groups within its limit.

    Nothing where plain files are delivered instead.
    """
    if delivery.files:
        return ()
    limit = delivery.to.rules_per_group if isinstance(delivery.to, Ruler) else 0
    return tuple(
        file._replace(groups=tuple(part for group in file.groups for part in split_group(group, limit)))
        for file in files
        if not delivery.environments or file.environment in delivery.environments
    )


def namespace_of(file: RuleFile, ruler: Ruler) -> str:
    """The ruler's namespace for a rule file: that of the project, a slash and the file's path, shortened by a hash.

    >>> from promgen.model.delivery import Access
    >>> ruler = Ruler(kind="mimir", access=Access(url="http://mimir"))
    >>> namespace_of(RuleFile("production/shop/cart", "cart.yaml", ()), ruler)
    'promgen/production/shop/cart'
    """
    namespace = f"{ruler.namespace}/{file.path}"
    if len(quote(namespace, safe="")) <= _LONGEST_NAMESPACE:
        return namespace
    return f"{ruler.namespace}/{sha256(file.path.encode()).hexdigest()[:16]}"


def split_group(group: Group, limit: int) -> tuple[Group, ...]:
    """A group in parts of at most `limit` rules, 0 for no limit; the first part keeps the group's name."""
    if not limit or len(group.rules) <= limit:
        return (group,)
    read = [frozenset(_read_places(rule, group.rules)) for rule in group.rules]
    return tuple(
        group._replace(
            name=group.name if number == 1 else f"{group.name}/{number}",
            rules=tuple(group.rules[place] for place in sorted(part)),
        )
        for number, part in enumerate(_packed(_pieces(read, limit), limit), start=1)
    )


def _pieces(read: Sequence[frozenset[int]], limit: int) -> Iterator[Places]:
    """What must not be cut any further: whole components, or parts of those that are larger than the limit."""
    for component in _components(read):
        if len(component) <= limit:
            yield component
        else:
            yield from _packed(_cut(component, read, limit), limit)


def _packed(pieces: Iterable[Places], limit: int) -> Iterator[Places]:
    """Pieces side by side in their order, as many as fit."""
    part: list[int] = []
    for piece in pieces:
        if part and len(part) + len(piece) > limit:
            yield part
            part = []
        part = [*part, *piece]
    if part:
        yield part


def _cut(component: Places, read: Sequence[frozenset[int]], limit: int) -> Iterator[Places]:
    """A component in circles of rules that read each other, which are cut only where one is larger than the limit."""
    reached = {place: _reached(place, read) for place in component}
    done: set[int] = set()
    for place in component:
        if place not in done:
            circle = [
                one for one in component if one == place or (one in reached[place] and place in reached[one])
            ]
            done.update(circle)
            yield from (circle[start : start + limit] for start in range(0, len(circle), limit))


def _components(read: Sequence[frozenset[int]]) -> list[Places]:
    """Rules that have anything to do with each other, in the order of the first of each."""
    linked: list[set[int]] = [set(places) for places in read]
    for reader, places in enumerate(read):
        for place in places:
            linked[place].add(reader)
    found: list[Places] = []
    done: set[int] = set()
    for place in range(len(read)):
        if place not in done:
            component = sorted({place, *_reached(place, linked)})
            done.update(component)
            found.append(component)
    return found


def _reached(start: int, edges: Sequence[frozenset[int]] | Sequence[set[int]]) -> set[int]:
    """Every place that can be reached from one; that one itself only in a circle."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        further = edges[waiting.pop()] - found
        found |= further
        waiting += further
    return found


def _read_places(rule: Rule, rules: Sequence[Rule]) -> Iterator[int]:
    """Where in the group the rules stand that this one reads."""
    for selector in selectors(parse(rule.expr)):
        for place, other in enumerate(rules):
            if other is not rule and _reads(selector, other):
                yield place


def _reads(selector: Selector, rule: Rule) -> bool:
    """Whether a selector may choose what a rule gives; labels that the expression brings are not known here."""
    if rule.is_alert:
        known: Mapping[str, str] = {"alertname": rule.name}
        return selector.metric in _ALERT_SERIES and _may_match(selector, known)
    if selector.metric is not None:
        return selector.metric == rule.name
    return _may_match(selector, {"__name__": rule.name})


def _may_match(selector: Selector, known: Mapping[str, str]) -> bool:
    branches: Iterable[Sequence[LabelMatcher]] = selector.alternatives or (selector.matchers,)
    return any(matches([one for one in branch if one.name in known], known) for branch in branches)
