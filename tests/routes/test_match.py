"""What a route inherits, and how labels and regular expressions are read."""

from __future__ import annotations

import pytest

from promgen.base.durations import Duration
from promgen.promql import LabelMatcher
from promgen.proof.routes.conditions import Conditions
from promgen.proof.routes.match import Dispatch
from tests.routes.configs import RECEIVERS, config

TREE = f"""
route:
  receiver: nobody-asked
  group_by: [alertname]
  group_wait: 0s
  routes:
  - matchers: [team="a"]
    receiver: chat
    active_time_intervals: [all]
    repeat_interval: 1d
    routes:
    - {{matchers: [severity="critical"], group_by: ["..."], group_interval: 1m}}
  - {{matchers: [team="b"], group_by: [], receiver: desk}}
{RECEIVERS}
time_intervals: [{{name: all, time_intervals: [{{}}]}}]
"""


def test_options_are_inherited_and_intervals_are_not() -> None:
    (node,) = Dispatch(config(TREE).route).reached({"team": "a", "severity": "critical"})
    assert node.name == "routes[0].routes[0]"
    assert node.selector == '{team="a",severity="critical"}'
    assert node.receiver == "chat"
    assert node.options.group_by == ("...",)
    assert node.options.group_wait == Duration(0)
    assert node.options.group_interval == Duration.parse("1m")
    assert node.options.repeat_interval == Duration.parse("1d")
    assert node.active == ()


def test_an_empty_list_of_labels_to_group_by_is_none() -> None:
    (node,) = Dispatch(config(TREE).route).reached({"team": "b"})
    assert node.options.group_by == ("alertname",)


def test_without_settings_alertmanagers_own_hold() -> None:
    (root,) = Dispatch(config("{route: {receiver: a}, receivers: [{name: a}]}").route).reached({})
    assert [str(one) for one in (root.options.group_wait, root.options.group_interval)] == ["30s", "5m"]
    assert str(root.options.repeat_interval) == "4h"
    assert root.options.group_by == ()


def test_a_dot_is_no_line_break_and_a_pattern_matches_as_a_whole() -> None:
    conditions = Conditions([LabelMatcher("a", "=~", "x.y")])
    assert [bool(conditions.satisfied({"a": text})) for text in ("x-y", "x\ny", "x-yz")] == [
        True,
        False,
        False,
    ]


def test_a_pattern_that_cannot_be_followed_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot be followed"):
        Dispatch(config(TREE).route._replace(matchers=(LabelMatcher("a", "=~", "[[:alpha:]]"),)))
