"""The tree of an expression: it prints to what it was read from, and gives each part to be exchanged."""

from __future__ import annotations

import pytest

from promgen.promql import Binary, Node, Number, Vector, parse, print_tree, replacements, tree, walk

EXPRESSIONS = (
    "-x ^ 2",
    "(-x) ^ 2",
    "2 ^ (-x)",
    "a - (b - c)",
    "a - b - c",
    "a ^ b ^ c",
    "(a ^ b) ^ c",
    "-(a + b)",
    "(a or b) and c",
    "a or b and c",
    "(a > b) > c",
    "a > bool -1",
    "a * on (x) group_left (y) b",
    "a * on () b",
    "a * ignoring () group_right (x) b",
    "sum without () (x)",
    "topk by (a) (3, x)",
    'count_values("v", x)',
    "x[5m:1m] @ end() offset 5m",
    "x @ start() offset -5m",
    "rate(x[$window])",
    "(a + b)[5m:1m]",
    "max_over_time(rate(x[5m])[1h:])",
    'x{a="1",b!="2",c=~"3",d!~"4"}',
    "1e-07 + Inf - NaN",
)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_a_printed_tree_parses_to_an_equal_tree(text: str) -> None:
    node = tree(parse(text))
    assert tree(parse(print_tree(node))) == node


@pytest.mark.parametrize("text", ["a - (b - c)", "(-x) ^ 2", "(a or b) and c", "a ^ b ^ c"])
def test_brackets_stand_only_where_they_mean_something(text: str) -> None:
    assert print_tree(tree(parse(text))) == text


def test_walking_visits_every_part_in_the_order_of_the_text() -> None:
    found = walk(tree(parse("sum(a) / (b + c offset 5m)")))
    assert [node.metric for node in found if isinstance(node, Vector)] == ["a", "b", "c"]


def test_each_part_is_exchanged_alone() -> None:
    def propose(node: Node) -> list[Node]:
        match node:
            case Number(value):
                return [Number(value * 2)]
            case Binary(op="and"):
                return [Binary("or", node.left, node.right)]
        return []

    changed = replacements(tree(parse("a > 1 and topk(2, b) > 3")), propose)
    assert [print_tree(node) for node in changed] == [
        "a > 1 or topk(2, b) > 3",
        "a > 2 and topk(2, b) > 3",
        "a > 1 and topk(4, b) > 3",
        "a > 1 and topk(2, b) > 6",
    ]


def test_equal_expressions_are_the_same_tree() -> None:
    read = tree.__wrapped__  # without what the cache remembers
    assert read(parse("sum by () (x)")) == read(parse("sum(x)"))
