"""The fixtures: canonical texts, added matchers, and where errors point."""

from __future__ import annotations

import pytest

from promgen.promql import ExpressionError, LabelMatcher, one_line, parse, with_matchers
from tests.promql.pairs import Pair, read_pairs

MATCHERS = (LabelMatcher("env", "=", "prod"), LabelMatcher("tenant", "=~", "a|b"))


def title(pair: Pair) -> str:
    return pair.title


@pytest.mark.parametrize("pair", read_pairs("canonical.txt"), ids=title)
def test_canonical_text(pair: Pair) -> None:
    assert one_line(parse(pair.text)) == pair.expected
    assert one_line(parse(pair.expected)) == pair.expected


@pytest.mark.parametrize("pair", read_pairs("matchers.txt"), ids=title)
def test_added_matchers(pair: Pair) -> None:
    added = with_matchers(parse(pair.text), MATCHERS)
    assert one_line(added) == pair.expected
    assert with_matchers(added, MATCHERS) == added


@pytest.mark.parametrize("pair", read_pairs("errors.txt"), ids=title)
def test_refused_at_its_place(pair: Pair) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(pair.text)
    error = refused.value
    carets = " " * error.start + "^" * max(1, error.length)
    assert f"{carets} {error.reason}: {error.message}" == pair.expected
    assert error.start + error.length <= len(pair.text)
