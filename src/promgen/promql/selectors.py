"""The selectors of an expression: what it reads, and the same expression reading only what further matchers allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import cast

import promql_parser

from promgen.promql.labels import LabelMatcher, MatchOperator
from promgen.promql.layout import SelectorPlace, read_layout
from promgen.promql.library import WINDOW_MS
from promgen.promql.parse import Expression, parse
from promgen.promql.strings import unquote
from promgen.promql.tokens import Token, is_significant, tokenize

_OPERATORS: dict[str, MatchOperator] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector of series, with the range and the offset it is read with."""

    metric: str | None
    matchers: tuple[LabelMatcher, ...]
    """In alphabetical order."""
    range_ms: int | None = None
    """None for an instant selector, and while the range is `$window`."""
    offset_ms: int = 0
    has_window: bool = False
    """Whether its range is `$window`."""
    alternatives: tuple[tuple[LabelMatcher, ...], ...] = ()
    """The branches of `{a="1" or b="2"}`, which VictoriaMetrics has and Prometheus has not; `matchers` is empty then."""


def selectors(expression: Expression) -> tuple[Selector, ...]:
    """Every selector in the order of the text, repeated ones too."""
    return tuple(_selectors(expression.node))


def metric_names(expression: Expression) -> tuple[str, ...]:
    """The names of metrics that selectors name exactly, each once, in the order of the text."""
    return tuple(dict.fromkeys(found.metric for found in selectors(expression) if found.metric is not None))


def with_matchers(
    expression: Expression, matchers: Iterable[LabelMatcher], *, only: Callable[[str], bool] | None = None
) -> Expression:
    """The expression with the matchers added to every selector, except where an equal one is present already.

    `only` chooses selectors by the name of their metric, "" where it has none.
    A selector that demands another value of the same label keeps both and selects nothing: see `conflicting_matchers`.
    """
    wanted = tuple(dict.fromkeys(matchers))
    if not wanted:
        return expression
    tokens = [token for token in tokenize(expression.canonical) if is_significant(token)]
    pieces: list[str] = []
    done = 0
    for place in read_layout(tokens).selectors:
        if only is not None and not only(_metric_at(tokens[place.first])):
            continue
        for at, addition in _additions(tokens, place, wanted):
            pieces += (expression.canonical[done:at], addition)
            done = at
    return parse("".join(pieces) + expression.canonical[done:]) if pieces else expression


def conflicting_matchers(
    expression: Expression, matchers: Iterable[LabelMatcher], *, only: Callable[[str], bool] | None = None
) -> tuple[tuple[str, str], ...]:
    """The (metric, label) of selectors that demand another value than one of the matchers; a nameless metric is ""."""
    wanted = {matcher.name: matcher.value for matcher in matchers if matcher.op == "="}
    conflicts = (
        (found.metric or "", present.name)
        for found in selectors(expression)
        if only is None or only(found.metric or "")
        for branch in (found.matchers, *found.alternatives)
        for present in branch
        if present.op == "=" and wanted.get(present.name, present.value) != present.value
    )
    return tuple(dict.fromkeys(conflicts))


def selector_of(node: promql_parser.VectorSelector, range_: timedelta | None = None) -> Selector:
    """A node of the library as a selector; the range comes from the node around it."""
    matchers = sorted(map(_matcher, node.matchers.matchers), key=attrgetter("name", "op", "value"))
    named = next((found for found in matchers if found.name == "__name__" and found.op == "="), None)
    range_ms = None if range_ is None else range_ // _MILLISECOND
    has_window = range_ms == WINDOW_MS
    return Selector(
        node.name or (named.value if named else None),
        tuple(found for found in matchers if found is not named),
        None if has_window else range_ms,
        0 if node.offset is None else node.offset // _MILLISECOND,
        has_window,
        tuple(tuple(map(_matcher, branch)) for branch in node.matchers.or_matchers),
    )


def children(node: promql_parser.Expr) -> Sequence[promql_parser.Expr]:
    """The operands of a node in the order of the text; the library's own walk takes time with the cube of the depth."""
    if isinstance(node, promql_parser.BinaryExpr):
        return (node.lhs, node.rhs)
    if isinstance(node, promql_parser.AggregateExpr):
        return (node.expr,) if node.param is None else (node.param, node.expr)
    if isinstance(node, promql_parser.Call):
        return node.args
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return (node.expr,)
    return ()


def _selectors(root: promql_parser.Expr) -> Iterator[Selector]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, promql_parser.VectorSelector):
            yield selector_of(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            yield selector_of(node.vector_selector, node.range)
        else:
            waiting.extend(reversed(children(node)))


def _matcher(matcher: promql_parser.Matcher) -> LabelMatcher:
    return LabelMatcher(matcher.name, _OPERATORS[str(matcher.op)], matcher.value)


def _metric_at(first: Token) -> str:
    """The metric that a selector begins with."""
    return first.text if first.kind != "open" else ""


def _additions(
    tokens: Sequence[Token], place: SelectorPlace, wanted: Sequence[LabelMatcher]
) -> Iterator[tuple[int, str]]:
    """Where in the text of a selector to put which text; one place for every branch between its braces."""
    if place.braces is None:
        yield tokens[place.first].end, "{" + ",".join(map(str, wanted)) + "}"
        return
    opening, closing = place.braces
    start = opening + 1
    for index in range(start, closing + 1):
        if index < closing and not (tokens[index].text == "or" and tokens[index - 1].kind == "string"):
            continue
        branch = tokens[start:index]
        present = set(_read_matchers(branch))
        missing = ",".join(str(matcher) for matcher in wanted if matcher not in present)
        if missing:
            yield tokens[index - 1].end, f",{missing}" if branch else missing
        start = index + 1


def _read_matchers(branch: Sequence[Token]) -> Iterator[LabelMatcher]:
    """The matchers of a branch as the library prints it: name, operator, value, comma."""
    for at in range(0, len(branch), 4):
        name, operator, value = branch[at : at + 3]
        label = unquote(name.text) if name.kind == "string" else name.text
        yield LabelMatcher(label, cast(MatchOperator, operator.text), unquote(value.text))
