"""How long the proof of routes takes: generated trees of 200 routes with 4,000 alerts, and how quick the matcher is.

Run with `make bench`, or as `python benchmarks/routes.py`. Prints the seconds of several runs and versions; asserts nothing.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date

from promgen.base.conventions import SEVERITIES
from promgen.base.durations import MINUTE
from promgen.compiler.ir.alertmanager import (
    Alertmanager,
    InhibitRule,
    Integration,
    Moments,
    Receiver,
    Route,
    TimeInterval,
)
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.model.catalog import Target
from promgen.promql import LabelMatcher
from promgen.proof.routes.alerts import Alert, alerts_of, made_up, priorities_of
from promgen.proof.routes.match import Dispatch
from promgen.proof.routes.prove import prove
from promgen.proof.routes.proving import Proving

RUNS = 5
TEAMS = 40
ALERTS = 4_000
FIRST = date(2026, 1, 1)
PRIORITIES = priorities_of(Target())


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    alerts = catalogue()
    anything = tuple(made_up(("critical", "high", "medium", "low"), "severity"))
    for name, route in (("nested", nested()), ("flat", flat())):
        config = whole(route)
        report(f"prove {name}, {len(alerts):,} alerts", lambda config=config: proved(config, alerts))
        report(f"prove {name}, any labels", lambda config=config: proved(config, anything))
    report("follow the alerts' labels", catalogue)
    dispatch, labels = Dispatch(flat()), [dict(alert.labels) for alert in alerts] * 25
    seconds = report(f"match {len(labels):,} label sets", lambda: [dispatch.reached(one) for one in labels])
    print(f"{len(labels) / seconds:,.0f} label sets a second")


def report(what: str, run: Callable[[], object]) -> float:
    """Median and range."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    middle = statistics.median(seconds)
    print(f"{what:32} {middle:7.3f} s  ({min(seconds):.3f} to {max(seconds):.3f}, {RUNS} runs)")
    return middle


def proved(config: Alertmanager, alerts: tuple[Alert, ...]) -> int:
    """The claims that do not hold."""
    proving = Proving(config=config, alerts=alerts, priorities=PRIORITIES, first_day=FIRST)
    return sum(verdict.has_failed for verdict in prove(proving))


def catalogue() -> tuple[Alert, ...]:
    """Alerts of all teams and severities, a fifth of them with labels that depend on data."""
    rules = [
        Rule(
            name=f"Alert{number}",
            expr=f"up_{number} > 1" if number % 5 == 0 else f"sum(errors_{number}) > 1",
            labels={
                "team": f"team-{number % TEAMS}",
                "service": f"service-{number % 200}",
                "severity": SEVERITIES[number % 5].value,
                "environment": "staging" if number % 7 == 0 else "production",
            },
            origin="",
            is_alert=True,
        )
        for number in range(ALERTS)
    ]
    return alerts_of([RuleFile("all", "all", (Group("all", MINUTE, tuple(rules), "all"),))])


def nested() -> Route:
    """A route for each team with one for each tier, of which one is for working hours: 240 routes."""
    return Route(receiver="root", group_by=("alertname",), routes=tuple(map(_team, range(TEAMS))))


def flat() -> Route:
    """The same without levels, with a regular expression in each."""
    return Route(
        receiver="root",
        routes=tuple(
            route._replace(
                matchers=(*team.matchers, LabelMatcher("service", "=~", "service-.*"), *route.matchers)
            )
            for team in nested().routes
            for route in team.routes
        ),
    )


def _team(number: int) -> Route:
    tiers = (
        _tier("pager", "critical"),
        _tier("pager", "high"),
        _tier("chat", "medium", active=("hours",), is_continued=True),
        _tier("desk", "medium", muted=("hours",)),
        Route(receiver="desk", matchers=(LabelMatcher("severity", "=~", "low|info"),)),
    )
    return Route(matchers=(LabelMatcher("team", "=", f"team-{number}"),), routes=tiers)


def _tier(
    receiver: str,
    severity: str,
    *,
    active: tuple[str, ...] = (),
    muted: tuple[str, ...] = (),
    is_continued: bool = False,
) -> Route:
    matchers = (LabelMatcher("severity", "=", severity),)
    return Route(receiver=receiver, matchers=matchers, active=active, muted=muted, is_continued=is_continued)


def whole(route: Route) -> Alertmanager:
    """A configuration around a tree, in which worse severities of a service mute others."""
    kinds = {"root": "webhook", "pager": "pagerduty", "chat": "slack", "desk": "email"}
    hours = Moments(times=((540, 1050),), weekdays=((1, 5),), location="Europe/London")
    rules = tuple(
        InhibitRule(
            (LabelMatcher("severity", "=", worse.value),),
            (LabelMatcher("severity", "=", other.value),),
            ("service", "environment"),
        )
        for place, worse in enumerate(SEVERITIES)
        for other in SEVERITIES[place + 1 :]
    )
    return Alertmanager(
        route=route,
        receivers=tuple(
            Receiver(name, (Integration(f"{kind}_configs", {}, name == "pager"),))
            for name, kind in kinds.items()
        ),
        inhibit_rules=rules,
        time_intervals=(TimeInterval("hours", (hours,)),),
    )


if __name__ == "__main__":
    main()
