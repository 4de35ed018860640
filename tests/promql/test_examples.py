"""Labels made up for a selector are chosen by it, and by no other if that can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.promql import LabelMatcher, example_labels, matches
from promgen.promql.labels import MatchOperator

OPERATORS: st.SearchStrategy[MatchOperator] = st.sampled_from(["=", "!="])
PATTERN_OPERATORS: st.SearchStrategy[MatchOperator] = st.sampled_from(["=~", "!~"])
NAMES = st.sampled_from(["job", "code", "zone"])
MATCHERS = st.builds(
    LabelMatcher, NAMES, OPERATORS, st.sampled_from(["", "api", "other", "500"])
) | st.builds(
    LabelMatcher, NAMES, PATTERN_OPERATORS, st.sampled_from(["5..", "api|web", ".*", ".+", "", "x?"])
)
SELECTORS = st.lists(MATCHERS, max_size=3)
SOME = ("", "api", "other", "500", "web", "x", "another")


@given(SELECTORS, SELECTORS)
def test_labels_are_chosen_by_their_selector(wanted: list[LabelMatcher], avoided: list[LabelMatcher]) -> None:
    labels = example_labels(wanted, [avoided])
    if labels is None:
        assert not any(matches(wanted, candidate) for candidate in candidates())
    else:
        assert matches(wanted, labels)
        assert "" not in labels.values()


@given(SELECTORS, SELECTORS)
def test_the_other_selector_is_avoided_where_that_can_be(
    wanted: list[LabelMatcher], avoided: list[LabelMatcher]
) -> None:
    labels = example_labels(wanted, [avoided])
    if labels is not None and matches(avoided, labels):
        both = (candidate for candidate in candidates() if matches(wanted, candidate))
        assert all(matches(avoided, candidate) for candidate in both)


def candidates() -> list[dict[str, str]]:
    """All labels with one of some values each."""
    return [
        {name: text for name, text in (("job", job), ("code", code), ("zone", zone)) if text}
        for job in SOME
        for code in SOME
        for zone in SOME
    ]


def test_given_labels_stay() -> None:
    wanted = [LabelMatcher("code", "=~", "5..")]
    assert example_labels(wanted, labels={"code": "503", "zone": "a"}) == {"code": "503", "zone": "a"}
    assert example_labels(wanted, labels={"code": "404"}) is None


def test_a_pattern_that_python_does_not_read_has_no_example() -> None:
    assert example_labels([LabelMatcher("job", "=~", "[[:alpha:]]+")]) is None


@pytest.mark.parametrize(
    ("matcher", "labels", "chosen"),
    [
        (LabelMatcher("job", "=", ""), {}, True),
        (LabelMatcher("job", "!=", "api"), {}, True),
        (LabelMatcher("code", "=~", "5"), {"code": "500"}, False),
        (LabelMatcher("code", "=~", "5.."), {"code": "5\n0"}, True),
        (LabelMatcher("code", "!~", "5.."), {"code": "500"}, False),
        (LabelMatcher("code", "=~", r"\d+"), {"code": "٥"}, False),
    ],
)
def test_a_label_that_is_missing_is_empty_and_patterns_are_anchored(
    matcher: LabelMatcher, labels: dict[str, str], *, chosen: bool
) -> None:
    assert matches([matcher], labels) is chosen
