"""A real Alertmanager inhibits and mutes as promgen says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from promgen.compiler.ir.alertmanager import Moments, TimeInterval
from promgen.proof.routes.inhibit import Inhibition
from promgen.proof.routes.moments import is_in
from tests.real import Install
from tests.real.alertmanager import PROGRAM, Alertmanager, WebhookServer
from tests.real.fetch import read_version, release_of
from tests.routes.configs import config
from tests.routes.test_moments import random_moments

INHIBITION = """
route: {receiver: root}
receivers: [{name: root}]
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity=~"high|low"], equal: [service]}
- {source_matchers: [alertname="Upstream"], target_matchers: [alertname=~".+"], equal: [zone, region]}
- {source_matchers: [alertname=~"Both|Left"], target_matchers: [alertname=~"Both|Right"], equal: [service]}
- {source_match: {severity: high}, target_match_re: {severity: "lo.*"}, equal: [service, zone]}
"""


def alert(name: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, **labels}


SCENES = {
    "a lower tier of the same service": [
        alert("A", severity="critical", service="cart"),
        alert("B", severity="low", service="cart"),
        alert("C", severity="low", service="search"),
    ],
    "labels that both lack": [
        alert("Upstream"),
        alert("B", severity="low"),
        alert("C", zone="a"),
        alert("D", zone=""),
    ],
    "alerts that both sides choose": [
        alert("Both", service="cart", instance="1"),
        alert("Both", service="cart", instance="2"),
    ],
    "a source that one of both sides mutes": [
        alert("Both", service="cart"),
        alert("Right", service="cart"),
    ],
    "a target of both sides, muted by a source alone": [
        alert("Both", service="cart"),
        alert("Left", service="cart"),
    ],
    "the source itself": [alert("Upstream", zone="a"), alert("Upstream", zone="b")],
    "a source that is muted itself": [
        alert("A", severity="critical", service="cart", zone="a"),
        alert("B", severity="high", service="cart", zone="a"),
        alert("C", severity="low", service="cart", zone="a"),
    ],
}


def test_alertmanager_inhibits_as_promgen_says(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(INHIBITION, encoding="utf-8")
    inhibition = Inhibition(config(INHIBITION).inhibit_rules)
    for place, (scene, alerts) in enumerate(SCENES.items()):
        expected = [
            any(inhibition.muting(source, target) for source in alerts if source != target)
            for target in alerts
        ]
        with Alertmanager(install, tmp_path / str(place), file) as server:
            server.post_alerts(*alerts)
            server.post_alerts(*LAST)
            inhibited = server.wait_until(lambda server=server: known_inhibitions(server))
        given = [{name: value for name, value in one.items() if value} for one in alerts]
        assert [inhibited[key(one)] for one in given] == expected, scene


LAST = (
    alert("Last", severity="critical", service="last", zone="last"),
    alert("LastMuted", severity="low", service="last", zone="last"),
)
"""Alertmanager learns of sources one after the other: once it knows these, it knows those before."""


def key(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def known_inhibitions(server: Alertmanager) -> dict[tuple[tuple[str, str], ...], bool]:
    """Whether each alert is inhibited; empty as long as the last is not."""
    found = {key(one.labels): bool(one.inhibited_by) for one in server.alerts()}
    return found if found.get(key(LAST[1])) else {}


def test_newer_releases_ask_only_the_source_that_ends_last(install: Install, tmp_path: Path) -> None:
    """The guide says so: the last source is a target as well, which hides the one that would mute."""
    file = tmp_path / "alertmanager.yml"
    file.write_text(INHIBITION, encoding="utf-8")
    asks_all = release_of(read_version(install.program(PROGRAM))) < (0, 28)
    with Alertmanager(install, tmp_path / "server", file) as server:
        server.post_alerts(alert("Left", service="cart"))
        server.post_alerts(*SCENES["alerts that both sides choose"])
        server.post_alerts(*LAST)
        inhibited = server.wait_until(lambda: known_inhibitions(server))
    for one in SCENES["alerts that both sides choose"]:
        assert inhibited[key(one)] is asks_all


def test_scenes_differ() -> None:
    """Some alerts are inhibited and some are not."""
    inhibition = Inhibition(config(INHIBITION).inhibit_rules)
    answers = {
        bool(inhibition.muting(source, target))
        for alerts in SCENES.values()
        for source in alerts
        for target in alerts
    }
    assert answers == {True, False}


def test_alertmanager_mutes_as_promgen_says(install: Install, tmp_path: Path) -> None:
    """Forty intervals at the moment of the test; those that begin or end while it runs are left out."""
    random = Random(7)
    intervals = [TimeInterval(f"i{n}", (random_moments(random), random_moments(random))) for n in range(40)]
    with WebhookServer() as hook, Alertmanager(install, tmp_path, routed(intervals, hook)) as server:
        before = held_now(intervals)
        server.post_alerts(*({"alertname": "A", "n": one.name} for one in intervals))
        wanted = {one.name for one in intervals} - before
        server.wait_until(lambda: wanted <= {one.path[1:] for one in hook.delivered})
        delivered = {one.path[1:] for one in hook.delivered}
        undecided = before ^ held_now(intervals)
        assert delivered - undecided == wanted - undecided
        assert wanted
        assert before


def held_now(intervals: list[TimeInterval]) -> set[str]:
    now = datetime.now(UTC)
    return {interval.name for interval in intervals if is_in(interval, now)}


def routed(intervals: list[TimeInterval], hook: WebhookServer) -> dict[str, Any]:
    """A route for each interval, muted in it, that tells a path of its own."""
    routes = [
        {"matchers": [f'n="{one.name}"'], "receiver": one.name, "mute_time_intervals": [one.name]}
        for one in intervals
    ]
    names = [one.name for one in intervals]
    return {
        "route": {"receiver": "root", "group_wait": "0s", "routes": routes},
        "receivers": [
            {"name": "root"},
            *({"name": name, "webhook_configs": [{"url": hook.url(f"/{name}")}]} for name in names),
        ],
        "time_intervals": [
            {"name": one.name, "time_intervals": [written(moments) for moments in one.moments]}
            for one in intervals
        ],
    }


DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def written(moments: Moments) -> dict[str, Any]:
    """As Alertmanager reads it."""
    ranges = {"days_of_month": moments.days_of_month, "months": moments.months, "years": moments.years}
    found: dict[str, Any] = {
        key: [f"{first}:{last}" for first, last in given] for key, given in ranges.items() if given
    }
    if moments.times:
        found["times"] = [
            {"start_time": clock(start), "end_time": clock(end)} for start, end in moments.times
        ]
    if moments.weekdays:
        found["weekdays"] = [f"{DAYS[first]}:{DAYS[last]}" for first, last in moments.weekdays]
    return found | ({"location": moments.location} if moments.location else {})


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
