"""Reading expressions: equality, limits, and what is refused before the library sees it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from promgen.promql import ExpressionError, Selector, metric_names, parse, pretty, selectors
from promgen.promql.limits import MAX_CHARACTERS, MAX_NESTING, MAX_OPERATORS

Shape = Callable[[int], str]

DEEP: Mapping[str, Shape] = {
    "chain of operators": lambda n: "a" + "+a" * n,
    "chain of words": lambda n: "a" + " or a" * n,
    "chain to the right": lambda n: "a" + "^a" * n,
    "signs": lambda n: "-" * n + "a",
    "brackets": lambda n: "(" * n + "a" + ")" * n,
    "open brackets": lambda n: "(" * n,
    "calls": lambda n: "abs(" * n + "a" + ")" * n,
    "aggregations": lambda n: "sum by (x) (" * n + "a" + ")" * n,
    "operators in brackets": lambda n: "a+(" * n + "a" + ")" * n,
    "signs in brackets": lambda n: "-(" * n + "a" + ")" * n,
}
"""Shapes that end a process that hands 20,000 of them to the library."""

WIDE: Mapping[str, Shape] = {
    "comments": lambda n: "# x\n" * n + "a",
    "labels": lambda n: "sum by (" + "x," * n + "x) (a)",
    "matchers": lambda n: "a{" + 'x="y",' * n + "}",
    "alternatives": lambda n: 'a{x="y"' + ' or x="y"' * n + "}",
    "arguments": lambda n: 'label_join(a, "x", "y"' + ', "z"' * n + ")",
    "pattern": lambda n: 'a{x=~"' + "abc|" * n + '"}',
    "offsets": lambda n: "a" + " offset 1m" * n,
    "unfinished offsets": lambda n: "a offset " * n,
    "subqueries": lambda n: "a" + "[5m:1m]" * n,
    "operands": lambda n: "a " * n,
    "quotes": lambda n: "\"' `" * n,
}

IN_A_SMALL_STACK = """
import sys, threading
from promgen.promql import ExpressionError, grouping, parse, pretty, samples, selectors, with_matchers, LabelMatcher
from promgen.promql import has_filter

def work():
    for text in sys.stdin.read().split("\\0"):
        try:
            expression = parse(text)
        except ExpressionError as error:
            outcomes.append(error.reason)
        else:
            pretty(expression), selectors(expression), grouping(expression), has_filter(expression)
            samples(with_matchers(expression, [LabelMatcher("x", "=", "y")]), series=lambda _: 1, interval_ms=lambda _: 1000)
            outcomes.append("read")

outcomes = []
threading.stack_size(1024 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(*outcomes)
"""


def outcomes_in_a_small_stack(texts: list[str]) -> list[str]:
    """What becomes of the texts in a process with the smallest stack that is common, 1 MiB."""
    command = [sys.executable, "-c", IN_A_SMALL_STACK]
    ended = subprocess.run(
        command, input="\0".join(texts), capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended
    return ended.stdout.split()


def test_no_depth_crashes_the_process() -> None:
    within = [shape(min(MAX_OPERATORS, MAX_NESTING)) for shape in DEEP.values()]
    within.append(
        "+".join(["abs("] * MAX_NESTING + ["a"] * (MAX_OPERATORS - MAX_NESTING)) + ")" * MAX_NESTING
    )
    beyond = [shape(20_000) for shape in DEEP.values()]
    outcomes = outcomes_in_a_small_stack(within + beyond)
    assert set(outcomes[: len(within)]) <= {"read", "syntax"}
    assert set(outcomes[len(within) :]) <= {"too-deep", "too-large"}


@pytest.mark.parametrize("shape", WIDE)
def test_width_is_read_or_refused(shape: str) -> None:
    text = WIDE[shape](5_000)
    with suppress(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "reason", "start"),
    [
        ("a" + "+a" * (MAX_OPERATORS + 1), "too-deep", 2 * MAX_OPERATORS + 1),
        ("(" * (MAX_NESTING + 1) + "a" + ")" * (MAX_NESTING + 1), "too-deep", MAX_NESTING),
        ("a" * (MAX_CHARACTERS + 1), "too-large", MAX_CHARACTERS),
        ("a + '\ud800'", "syntax", 5),
    ],
    ids=["operators", "brackets", "characters", "half a character"],
)
def test_limits_point_at_what_is_too_much(text: str, reason: str, start: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert (refused.value.reason, refused.value.start) == (reason, start)


def test_what_is_just_allowed() -> None:
    parse("a" + "+a" * MAX_OPERATORS)
    parse("(" * MAX_NESTING + "a" + ")" * MAX_NESTING)
    parse("a" * MAX_CHARACTERS)


def test_operators_in_strings_braces_and_comments_do_not_count() -> None:
    many = "+-*/()" * MAX_OPERATORS
    parse(f'a{{b="{many}"}} # {many}')
    parse("a{" + ",".join(f'b{n}!="x"' for n in range(MAX_OPERATORS + 1)) + "}")


def test_equality_is_about_meaning() -> None:
    one, other = parse("a{x='1',y='2'}+b"), parse('a{y="2", x="1"}\n  + b # why')
    assert one == other
    assert len({one, other, parse("b+a")}) == 2
    assert str(other) == 'a{x="1",y="2"} + b'


def test_the_window_is_not_the_range_that_stands_for_it() -> None:
    assert parse("rate(a[$window])") != parse("rate(a[5m])")
    assert pretty(parse("rate(a[$window])")) == "rate(a[$window])"


def test_a_long_expression_is_printed_over_lines_and_on_one() -> None:
    text = " / ".join(["sum by (region, cluster) (rate(requests_total{job='x'}[5m]))"] * 3)
    expression = parse(text)
    assert pretty(expression).count("\n") == 4
    assert expression.canonical == text.replace("'", '"')


def test_texts_are_parsed_once() -> None:
    assert parse("sum(once)") is parse("sum(once)")


def test_expressions_and_errors_can_be_pickled() -> None:
    expression = parse('a{b="c"}')
    assert pickle.loads(pickle.dumps(expression)) == expression
    with pytest.raises(ExpressionError) as refused:
        parse("a +")
    copied = pickle.loads(pickle.dumps(refused.value))
    assert (copied.reason, copied.message, copied.start) == ("syntax", refused.value.message, 3)


def test_expressions_can_be_used_in_other_threads() -> None:
    expression = parse("sum(rate(a[5m]))")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(metric_names, expression).result() == ("a",)


def test_selectors_say_what_is_read() -> None:
    found = selectors(
        parse(
            'rate(a{b=~"c"}[5m] offset 1h) / {"d.e"} + max_over_time(f[1h:1m] offset -5m) + g[$window]'.replace(
                " + g[$window]", ""
            )
        )
    )
    assert [(s.metric, s.range_ms, s.offset_ms) for s in found] == [
        ("a", 300_000, 3_600_000),
        ("d.e", None, 0),
        ("f", None, 0),
    ]
    assert str(found[0].matchers[0]) == 'b=~"c"'
    (windowed,) = selectors(parse("rate(a[$window])"))
    assert windowed == Selector("a", (), has_window=True)


def test_branches_of_a_selector_are_kept_apart() -> None:
    (found,) = selectors(parse('a{b="1",c="2" or d="3"}'))
    assert [[str(matcher) for matcher in branch] for branch in found.alternatives] == [
        ['b="1"', 'c="2"'],
        ['d="3"'],
    ]


def test_metric_names_are_the_exact_ones() -> None:
    assert metric_names(parse('b + a + {__name__="c"} + {__name__=~"d.*"} + {job="x"} + a')) == (
        "b",
        "a",
        "c",
    )
