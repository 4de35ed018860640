"""Boxes of alerts are exact: whatever labels an alert has, the piece it lies in says what it reaches."""

from __future__ import annotations

import json
import re
from itertools import product
from random import Random

import pytest

from promgen.proof.routes.conditions import Conditions
from promgen.proof.routes.languages import possible_matches
from promgen.proof.routes.match import Dispatch, matchers_of
from promgen.proof.routes.space import Space, living, reached_by
from tests.routes.configs import config
from tests.routes.trees import PATTERNS, VALUES, random_config, random_labels


@pytest.mark.parametrize("seed", range(40))
def test_every_alert_lies_in_one_piece_that_reaches_what_it_reaches(seed: int) -> None:
    random = Random(seed)
    route = config(json.dumps(random_config(random, utf8=True))).route
    conditions = Conditions(matchers_of(route))
    dispatch, space = Dispatch(route, conditions), Space(conditions, {})
    pieces = reached_by(space, dispatch.root, space.whole)
    assert all(axis.is_exact for axis in space.axes)
    for box, reached in pieces:
        assert dispatch.reached(space.example(box)) == reached
    for _ in range(50):
        labels = random_labels(random, utf8=True)
        point = space.box(labels)
        homes = [
            reached
            for box, reached in pieces
            if all(here & there for here, there in zip(point, box, strict=True))
        ]
        assert homes == [dispatch.reached(labels)]


@pytest.mark.parametrize("seed", range(40))
def test_the_living_are_those_that_some_labels_reach(seed: int) -> None:
    route = config(json.dumps(random_config(Random(seed), utf8=False))).route
    dispatch = Dispatch(route)
    space = Space(dispatch.conditions, {})
    ends = {node for _, reached in reached_by(space, dispatch.root, space.whole) for node in reached}
    alive = living(space, dispatch.root)
    assert {node for node, is_end in alive.items() if is_end} == ends
    assert all(any(end.path[: len(node.path)] == node.path for end in ends) for node in alive)


@pytest.mark.parametrize("seed", range(30))
def test_every_set_of_patterns_that_some_text_matches_is_found(seed: int) -> None:
    """Against all short texts over a small alphabet."""
    chosen = Random(seed).sample([*PATTERNS, *map(re.escape, VALUES)], 3)
    found = possible_matches({1 << place: text for place, text in enumerate(chosen)})
    for answer, text in found.items():
        assert _matched(chosen, text) == answer
    for size in range(4):
        for letters in product("abxy, \n", repeat=size):
            assert _matched(chosen, "".join(letters)) in found


def _matched(patterns: list[str], text: str) -> int:
    hits = (re.compile(pattern, re.ASCII).fullmatch(text) is not None for pattern in patterns)
    return sum(1 << place for place, hit in enumerate(hits) if hit)


def test_patterns_that_only_together_have_a_text() -> None:
    assert possible_matches({1: "a.*", 2: ".*b", 4: "[^x]*"})[7] == "ab"
    assert 3 not in possible_matches({1: "a+", 2: "b+"})


@pytest.mark.parametrize("pattern", [r"\bword", "(?=a)b", r"(a)\1"])
def test_what_is_not_followed_says_so(pattern: str) -> None:
    with pytest.raises(ValueError, match="cannot be followed"):
        possible_matches({1: pattern})
