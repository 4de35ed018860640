"""Prometheus itself as the judge: what promgen prints means to it what the text meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from promgen.promql import LabelMatcher, one_line, parse, pretty, substitute_window, with_matchers
from tests.promql.expressions import VECTORS
from tests.promql.pairs import read_pairs
from tests.real import Install, Prometheus

ADDED = (LabelMatcher("http.env", "=", 'a"b\\'), LabelMatcher("tenant", "!~", r"\d+"))


@pytest.fixture(scope="module")
def server(installs: tuple[Install, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The newest Prometheus, without data."""
    with Prometheus(installs[-1], tmp_path_factory.mktemp("server")) as server:
        yield server


def tree(server: Prometheus, text: str) -> Any:
    """How the server reads an expression."""
    return normal(server.ask("parse_query", query=text))


def normal(node: Any) -> Any:
    """Without what has no meaning: the order of matchers, and whether a name stands before the braces."""
    if isinstance(node, list):
        return [normal(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: normal(part) for key, part in node.items() if not ("matchers" in node and key == "name")}
    if "matchers" in kept:
        kept["matchers"] = sorted(kept["matchers"], key=str)
    return kept


def restricted(node: Any) -> Any:
    """A tree with the added matchers in every selector."""
    if isinstance(node, list):
        return [restricted(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: restricted(part) for key, part in node.items()}
    if "matchers" in kept:
        added = [{"name": matcher.name, "type": matcher.op, "value": matcher.value} for matcher in ADDED]
        kept["matchers"] = sorted([*kept["matchers"], *added], key=str)
    return kept


def assert_same_meaning(server: Prometheus, text: str) -> None:
    expression = parse(substitute_window(text, "7m"))
    meant = tree(server, expression.text)
    assert tree(server, one_line(expression)) == meant
    assert tree(server, pretty(expression)) == meant
    assert tree(server, one_line(with_matchers(expression, ADDED))) == restricted(meant)


def test_fixtures(server: Prometheus) -> None:
    for pair in read_pairs("canonical.txt"):
        assert_same_meaning(server, pair.text)


@given(VECTORS)
@settings(deadline=None)
def test_any_expression(server: Prometheus, text: str) -> None:
    assert_same_meaning(server, text)
