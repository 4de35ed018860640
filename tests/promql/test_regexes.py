"""Texts made up for a regular expression match it as a whole, and each of its ways to match is among them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.promql.regexes import compiled, matching_texts

ATOMS = st.sampled_from(["a", "5", "-", ".", r"\.", r"\d", r"\w", r"\s", "[abc]", "[^x]", "[0-9a-f]", "[]x]"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        inner.map("({})".format),
        inner.map("(?:{})".format),
        st.tuples(inner.map("({})".format), st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"])).map(
            "".join
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS)
def test_texts_match_as_a_whole(pattern: str) -> None:
    texts = matching_texts(pattern)
    assert texts
    assert all(re.fullmatch(pattern, text) for text in texts)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("", ("",)),
        ("api", ("api",)),
        ("a|b|c", ("a", "b", "c")),
        ("5..", ("5xx",)),
        (r"/v1/\w+", ("/v1/x",)),
        ("(get|put)-x", ("get-x", "put-x")),
        ("(?i)get", ("get",)),
        ("^api$", ("api",)),
        ("x?", ("x", "")),
        ("ab{2}", ("abb",)),
        ("|idle", ("", "idle")),
    ],
)
def test_each_way_to_match_comes_first(pattern: str, texts: tuple[str, ...]) -> None:
    assert matching_texts(pattern)[: len(texts)] == texts


def test_no_alternative_is_left_out_by_the_limit() -> None:
    names = [f"name-{number}" for number in range(12)]
    assert set(matching_texts("|".join(f"{name}[a-z]*" for name in names))) > {f"{name}x" for name in names}


@pytest.mark.parametrize("pattern", ["[[:alpha:]]", "(", r"\p{L}", "(?P<n>a)(?P=n)(?"])
def test_what_only_prometheus_reads_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="cannot be followed"):
        compiled(pattern)


def test_a_pattern_without_a_text_has_none() -> None:
    assert matching_texts("a(?!b)b") == ()
