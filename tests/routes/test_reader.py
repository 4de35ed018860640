"""An alertmanager.yml is read as Alertmanager reads it, and refused where Alertmanager refuses it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.compiler.ir.alertmanager import Moments
from promgen.compiler.source.alertmanager import read_alertmanager
from promgen.compiler.source.matchers import parse_matchers
from promgen.promql import LabelMatcher
from tests.real import Install
from tests.routes.configs import GOOD, config

MATCHERS = {
    'severity="critical"': [("severity", "=", "critical")],
    "severity=critical": [("severity", "=", "critical")],
    ' severity =~ "a|b" ': [("severity", "=~", "a|b")],
    '{a="1",b!="2",}': [("a", "=", "1"), ("b", "!=", "2")],
    "a=1,b!~2": [("a", "=", "1"), ("b", "!~", "2")],
    'a="x,y"': [("a", "=", "x,y")],
    r'a="say \"hi\"\n\d"': [("a", "=", 'say "hi"\n\\d')],
    "a=": [("a", "=", "")],
    'a=""': [("a", "=", "")],
    r"a=~5\d\d": [("a", "=~", r"5\d\d")],
    '"http.route"="/api"': [("http.route", "=", "/api")],
    'http.route="/api"': [("http.route", "=", "/api")],
    '{"été"="x", b=c}': [("été", "=", "x"), ("b", "=", "c")],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), MATCHERS.items())
def test_matchers_in_every_notation(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = [(matcher.name, matcher.op, matcher.value) for matcher in parse_matchers(text)]
    assert found == expected


@pytest.mark.parametrize(
    "text", ["severity", 'a="b', 'a=b"c', '"a.b"', '"a.b"=c,d', "=x", '{"a.b"=c', 'a.b="c" d']
)
def test_what_is_no_matcher(text: str) -> None:
    with pytest.raises(ValueError, match=r"`.*`"):
        parse_matchers(text)


def test_the_whole_is_read() -> None:
    found = config(GOOD)
    assert found.route.routes[2].routes[0].active == ("hours",)
    assert found.route.routes[2].routes[0].is_continued
    assert found.route.routes[3].matchers == (LabelMatcher("severity", "=~", "low|info"),)
    assert [receiver.name for receiver in found.receivers] == ["nobody-asked", "pager", "chat", "desk"]
    assert [one.is_pager for receiver in found.receivers for one in receiver.integrations] == [
        False,
        True,
        False,
        False,
    ]
    assert found.receivers[2].integrations[0].settings == {"channel": "#alerts"}
    assert found.inhibit_rules[0].equal == ("service",)
    assert found.time_intervals[0].moments == (
        Moments(times=((540, 1050),), weekdays=((1, 5),), location="Europe/London"),
    )


def test_old_notations_are_read() -> None:
    found = config("""
        route:
          receiver: a
          routes:
          - {match: {team: a, code: 5}, match_re: {zone: "x|y"}, group_wait: 0s, mute_time_intervals: [nights]}
        receivers: [{name: a}]
        inhibit_rules:
        - {source_match: {a: b}, source_match_re: {c: d}, target_match: {e: f}, target_match_re: {g: h}}
        mute_time_intervals:
        - name: nights
          time_intervals:
          - {days_of_month: ["1:5", "-3:-1", 7], months: [january, "3:MAY"], years: ["2026"], weekdays: [Sunday]}
    """)
    (route,) = found.route.routes
    assert route.matchers == (
        LabelMatcher("team", "=", "a"),
        LabelMatcher("code", "=", "5"),
        LabelMatcher("zone", "=~", "x|y"),
    )
    assert route.group_wait == Duration(0)
    assert found.inhibit_rules[0].source == (LabelMatcher("a", "=", "b"), LabelMatcher("c", "=~", "d"))
    assert found.inhibit_rules[0].target == (LabelMatcher("e", "=", "f"), LabelMatcher("g", "=~", "h"))
    assert found.time_intervals[0].moments == (
        Moments(
            days_of_month=((1, 5), (-3, -1), (7, 7)),
            months=((1, 1), (3, 5)),
            years=((2026, 2026),),
            weekdays=((0, 0),),
        ),
    )


HEAD = "route: {receiver: a}\nreceivers: [{name: a}]\n"
REFUSED = {
    "receivers: [{name: a}]": "the file has no routes",
    "route: {}\nreceivers: []": "the root of the routes has no receiver",
    "route: {receiver: b}\nreceivers: [{name: a}]": "there is no receiver `b`",
    "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]": "the receiver `a` is defined twice",
    "route: {receiver: a, matchers: [a=b]}\nreceivers: [{name: a}]": "the root of the routes has matchers",
    "route: {receiver: a, routes: [{active_time_intervals: [x]}]}\nreceivers: [{name: a}]": "no time interval `x`",
    "route: {receiver: a, routes: [{matchers: [a]}]}\nreceivers: [{name: a}]": "`a` is not a matcher",
    'route: {receiver: a, routes: [{matchers: ["a=~(" ]}]}\nreceivers: [{name: a}]': "cannot be followed",
    'route: {receiver: a, routes: [{matchers: ["a=~(?=b)" ]}]}\nreceivers: [{name: a}]': "looks around or back",
    "route: {receiver: a, routes: [{macthers: [a=b]}]}\nreceivers: [{name: a}]": "a route has no `macthers`",
    'route: {receiver: a, group_by: ["...", b]}\nreceivers: [{name: a}]': "`...` stands beside other labels",
    "route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]": "`group_interval` is zero",
    "route: {receiver: a, group_wait: soon}\nreceivers: [{name: a}]": "`soon` is not a duration",
    HEAD
    + "time_intervals: [{name: x, time_intervals: [{weekdays: ['friday:monday']}]}]": "ends before it starts",
    HEAD + "time_intervals: [{name: x, time_intervals: [{weekdays: ['mon']}]}]": "`mon` is none of",
    HEAD + "time_intervals: [{name: x, time_intervals: [{days_of_month: ['-1:3']}]}]": "starts from the end",
    HEAD + "time_intervals: [{name: x, time_intervals: [{days_of_month: ['32']}]}]": "no day of the month",
    HEAD + "time_intervals: [{name: x, time_intervals: [{location: Europe/Lonodn}]}]": "no time zone",
    HEAD
    + "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '9:00', end_time: '10:00'}]}]}]": "`9:00`",
    HEAD
    + "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}]": "midnight",
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items())
def test_what_alertmanager_refuses_is_reported(text: str, words: str) -> None:
    diagnostics = Diagnostics()
    read_alertmanager(text, "a.yml", diagnostics)
    assert words in " / ".join(one.message for one in diagnostics.sorted())


@pytest.mark.parametrize("text", [one for one, words in REFUSED.items() if words != "cannot be followed"])
def test_alertmanager_refuses_it_too(text: str, install: Install, tmp_path: Path) -> None:
    assert "SUCCESS" not in checked(install, tmp_path, text)


def test_alertmanager_takes_what_is_read(install: Install, tmp_path: Path) -> None:
    assert "SUCCESS" in checked(install, tmp_path, GOOD)


def checked(install: Install, folder: Path, text: str) -> str:
    (folder / "a.yml").write_text(text, encoding="utf-8")
    command = [install.program("amtool"), "check-config", str(folder / "a.yml")]
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60).stdout
