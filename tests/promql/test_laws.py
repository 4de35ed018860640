"""What holds for every expression, and for every text."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from promgen.promql import (
    Expression,
    ExpressionError,
    LabelMatcher,
    Selector,
    conflicting_matchers,
    format_selector,
    grouping,
    has_filter,
    one_line,
    parse,
    pretty,
    samples,
    selectors,
    substitute_window,
    uses_window,
    with_matchers,
)
from promgen.promql.layout import read_layout
from promgen.promql.limits import MAX_OPERATORS, check_depth, is_surely_small
from promgen.promql.strings import quote, unquote
from promgen.promql.tokens import BINARY_OPERATORS, is_significant, tokenize
from tests.promql.expressions import TEXTS, VALUES, VECTORS, matchers


def attempt(text: str) -> Expression | ExpressionError:
    try:
        return parse(text)
    except ExpressionError as error:
        return error


def branches(selector: Selector) -> tuple[tuple[LabelMatcher, ...], ...]:
    return selector.alternatives or (selector.matchers,)


@given(TEXTS)
def test_tokens_lose_no_character(text: str) -> None:
    tokens = tokenize(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


@given(TEXTS)
def test_any_text_is_an_expression_or_an_error_within_it(text: str) -> None:
    result = attempt(text)
    if isinstance(result, ExpressionError):
        assert 0 <= result.start <= result.start + result.length <= len(text)
        assert result.message
    else:
        assert parse(one_line(result)) == result


@given(VALUES)
def test_a_quoted_value_reads_back(value: str) -> None:
    assert unquote(quote(value)) == value
    assert quote(value).isprintable()


@given(matchers())
def test_a_printed_selector_reads_back(printed: list[LabelMatcher]) -> None:
    (found,) = selectors(parse(format_selector("up", printed)))
    assert found.metric == "up"
    assert sorted(map(str, found.matchers)) == sorted(map(str, printed))


@given(VECTORS)
def test_the_printed_texts_mean_the_same(text: str) -> None:
    expression = parse(text)
    line = one_line(expression)
    assert "\n" not in line
    assert line.isprintable()
    assert one_line(parse(line)) == line
    assert parse(pretty(expression)) == expression
    assert selectors(parse(line)) == selectors(expression)


@given(VECTORS)
def test_the_layout_sees_every_selector(text: str) -> None:
    found = read_layout([token for token in tokenize(text) if is_significant(token)])
    assert found.misplaced is None
    assert len(found.selectors) == len(selectors(parse(text)))


@given(VECTORS, matchers())
def test_added_matchers_are_everywhere_and_nothing_else_changes(text: str, added: list[LabelMatcher]) -> None:
    expression = parse(text)
    result = with_matchers(expression, added)
    assert with_matchers(result, added) == result
    for before, after in zip(selectors(expression), selectors(result), strict=True):
        assert (before.metric, before.range_ms, before.offset_ms) == (
            after.metric,
            after.range_ms,
            after.offset_ms,
        )
        assert set(after.matchers) == {*before.matchers, *added}
    assert (grouping(result), has_filter(result)) == (grouping(expression), has_filter(expression))


@given(VECTORS, st.data())
def test_no_conflict_with_matchers_that_are_there(text: str, data: st.DataObject) -> None:
    present = [matcher for found in selectors(parse(text)) for matcher in found.matchers]
    assume(present)
    added = data.draw(st.sampled_from(present))
    conflicts = conflicting_matchers(parse(text), [added])
    assert bool(conflicts) == (
        added.op == "="
        and any(m.op == "=" and m.name == added.name and m.value != added.value for m in present)
    )


@given(VECTORS)
def test_the_window_can_be_substituted_before_or_after_printing(text: str) -> None:
    expression = parse(text)
    assert expression.has_window == uses_window(text)
    substituted = parse(substitute_window(text, "17m"))
    assert not substituted.has_window
    assert parse(substitute_window(one_line(expression), "17m")) == substituted


@given(VECTORS, st.integers(1, 50))
def test_more_series_never_cost_less(text: str, series: int) -> None:
    expression = parse(substitute_window(text, "10m"))
    few = samples(expression, series=lambda _: series, interval_ms=lambda _: 15_000)
    many = samples(expression, series=lambda _: series + 1, interval_ms=lambda _: 15_000)
    assert few.samples <= many.samples
    assert few.peak <= many.peak
    assert few.subqueries <= many.subqueries


PIECES = sorted({*BINARY_OPERATORS, "AND", "Or", " ", "x", "1", "(", ")", '"x"', "{", "}"})


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, MAX_OPERATORS))
def test_what_the_quick_look_lets_pass_is_within_the_limits(pieces: list[str], times: int) -> None:
    text = "".join(pieces) * times
    if is_surely_small(text):
        check_depth(tokenize(text))
