"""A baseline accepts what it lists, counted, wherever it stands in its file; what is gone is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promgen.base.diagnostics import Diagnostic
from promgen.base.errors import OutsideError
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.lint.baseline import Entry, apply_baseline, baseline_of, dump_baseline, load_baseline

FOUND = Diagnostic(
    problem=Problem("alerts/for", "why"),
    message="`Down` has no `for`: “now”",
    span=Span("rules/shop.yml", 3, 5, 3, 9),
    subject="shop/Down",
)
OTHER = replace(FOUND, message="`Up` has no `for`", subject="shop/Up")


def moved(found: Diagnostic, lines: int) -> Diagnostic:
    assert found.span is not None
    return replace(found, span=found.span._replace(line=3 + lines, end_line=3 + lines))


def remaining(accepted: list[Diagnostic], found: list[Diagnostic], judged: bool = True) -> list[Diagnostic]:
    entries = load_baseline(dump_baseline(baseline_of(accepted)), "baseline.json")
    return list(apply_baseline(found, entries, lambda entry: judged))


def test_what_is_accepted_is_silent_on_whatever_line_it_stands() -> None:
    assert remaining([FOUND], [moved(FOUND, 40)]) == []
    assert remaining([FOUND], [FOUND, OTHER]) == [OTHER]


def test_equal_findings_are_counted() -> None:
    twice = [FOUND, moved(FOUND, 1)]
    assert remaining(twice, [*twice, moved(FOUND, 2)]) == [moved(FOUND, 2)]


def test_what_is_gone_is_said_where_the_run_could_have_found_it() -> None:
    (gone,) = remaining([FOUND, OTHER], [FOUND])
    assert gone.problem.slug == "baseline/gone"
    assert gone.message == "alerts/for in rules/shop.yml is gone: `Up` has no `for`"
    assert gone.level.value == "info"
    assert remaining([FOUND, OTHER], [FOUND], judged=False) == []


def test_the_file_is_the_same_in_whatever_order_things_are_found() -> None:
    assert dump_baseline(baseline_of([FOUND, OTHER, FOUND])) == dump_baseline(
        baseline_of([OTHER, FOUND, FOUND])
    )
    entries = baseline_of([FOUND, OTHER, FOUND])
    assert [(entry.subject, entry.count) for entry in entries] == [("shop/Down", 2), ("shop/Up", 1)]
    text = dump_baseline(entries).decode()
    assert text.count("\n    {") == 2
    assert "“now”" in text


def test_an_empty_baseline_accepts_nothing() -> None:
    assert load_baseline(dump_baseline(()), "baseline.json") == ()


ENTRY = Entry(fingerprint="f", problem="p", path="a", subject="s", message="m", count=1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema": 2, "findings": []}',
        b'{"schema": 1, "findings": [{}]}',
        dump_baseline([ENTRY]).replace(b'"count": 1', b'"count": "1"'),
        dump_baseline([ENTRY]).replace(b'"subject"', b'"object"'),
    ],
)
def test_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(OutsideError, match=r"baseline\.json.*write it again"):
        load_baseline(content, "baseline.json")
