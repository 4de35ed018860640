"""Changes of specifications are said in their words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from promgen.base.conventions import Severity
from promgen.base.durations import DAY, HOUR, MINUTE
from promgen.changes.difference import Change, Difference, Effect, Status
from promgen.changes.specs import compare_catalogs
from promgen.model.alert import Alert, Level
from promgen.model.catalog import Catalog, Target
from promgen.model.slo import CalendarPeriod, EventSli, GaugeSli, RollingPeriod, Slo, Tier

TIER = Tier(name="fast", burn_rate=Decimal("14.4"), long=HOUR, short=MINUTE * 5, severity=Severity.CRITICAL)
SLO = Slo(
    name="up",
    service="cart",
    system="shop",
    environment="production",
    owner="people",
    objective=Decimal("0.999"),
    period=RollingPeriod(length=DAY * 30),
    sli=EventSli(total="rate(a[$window])", bad="rate(b[$window])"),
    tiers=(TIER,),
    origin="cart.yaml",
)
ALERT = Alert(
    name="Slow",
    service="cart",
    system="shop",
    environment="production",
    owner="people",
    expr="latency_seconds",
    levels=(Level(severity=Severity.HIGH, threshold=Decimal("0.5"), hold=MINUTE * 5),),
    comparison=">",
    unit="seconds",
    origin="cart.yaml",
)


def changes(before: Slo | Alert, after: Slo | Alert) -> list[Change]:
    """Those of the only object."""
    part = "slos" if isinstance(before, Slo) else "alerts"
    (found,) = compare_catalogs(Catalog(**{part: (before,)}), Catalog(**{part: (after,)}))
    return list(found.changes)


WORDS: list[tuple[Slo | Alert, dict[str, Any], list[tuple[str, str | None, str | None, Effect | None]]]] = [
    (SLO, {"objective": Decimal("0.9995")}, [("objective", "99.9%", "99.95%", Effect.TIGHTER)]),
    (SLO, {"objective": Decimal("0.99")}, [("objective", "99.9%", "99%", Effect.LOOSER)]),
    (SLO, {"period": RollingPeriod(length=DAY * 7)}, [("window", "30d", "7d", None)]),
    (SLO, {"period": CalendarPeriod(unit="month")}, [("window", "30d", "calendar month", None)]),
    (SLO, {"owner": "others"}, [("owner", "people", "others", None)]),
    (SLO, {"labels": {"a": "1"}}, [("label a", None, "1", None)]),
    (SLO, {"revision": "1234"}, [("revision", None, "1234", Effect.HISTORY)]),
    (SLO, {"group_by": ("region",)}, [("group by", None, "region", Effect.HISTORY)]),
    (SLO, {"min_bad_events": 5}, [("minimum of bad events", None, "5", None)]),
    (
        SLO,
        {"tiers": (replace(TIER, burn_rate=Decimal(10), hold=MINUTE),)},
        [("tier fast burn rate", "14.4", "10", Effect.TIGHTER), ("tier fast for", None, "1m", Effect.LOOSER)],
    ),
    (
        SLO,
        {"tiers": ()},
        [("tier fast", "name fast, burn rate 14.4, long 1h, short 5m, severity critical", None, None)],
    ),
    (
        SLO,
        {"sli": replace(SLO.sli, bad='rate(b{code="5"}[$window])')},  # type: ignore[type-var]
        [("indicator bad: matcher of b", None, 'code="5"', None)],
    ),
    (
        ALERT,
        {"levels": (replace(ALERT.levels[0], threshold=Decimal("0.4"), hold=MINUTE * 10),)},
        [
            ("high threshold", "0.5 seconds", "0.4 seconds", Effect.TIGHTER),
            ("high for", "5m", "10m", Effect.LOOSER),
        ],
    ),
    (
        ALERT,
        {"expr": "max(latency_seconds)"},
        [("expression", "latency_seconds", "max(latency_seconds)", None)],
    ),
]


@pytest.mark.parametrize(("before", "fields", "expected"), WORDS)
def test_a_change_is_said(before: Slo | Alert, fields: dict[str, Any], expected: list[Any]) -> None:
    assert changes(before, replace(before, **fields)) == expected


def test_a_threshold_has_no_effect_where_something_else_is_compared() -> None:
    levels = (replace(ALERT.levels[0], threshold=Decimal("0.4")),)
    assert [one.effect for one in changes(ALERT, replace(ALERT, levels=levels, expr="b"))] == [None, None]


def test_expressions_that_mean_the_same_do_not_differ() -> None:
    other = replace(SLO, sli=EventSli(total="rate( a[$window])", bad="rate((b[$window])) # bad"))
    assert compare_catalogs(Catalog(slos=(SLO,)), Catalog(slos=(other,))) == ()


def test_another_kind_of_indicator_is_shown_whole() -> None:
    gauge = GaugeSli(expr="up", comparison=">", threshold=Decimal(1))
    (change,) = changes(SLO, replace(SLO, sli=gauge))
    assert change[:2] == ("indicator", "total rate(a[$window]), bad rate(b[$window])")
    assert change.after == "expression up, comparison >, threshold 1"


def test_what_has_another_name_alone_was_renamed() -> None:
    (found,) = compare_catalogs(Catalog(slos=(SLO,)), Catalog(slos=(replace(SLO, name="available"),)))
    assert (found.status, found.was, found.name) == (Status.RENAMED, "cart/up", "cart/available")
    assert found.changes == (("name", "up", "available", Effect.HISTORY),)


def test_a_renamed_alert_starts_again() -> None:
    (found,) = compare_catalogs(Catalog(alerts=(ALERT,)), Catalog(alerts=(replace(ALERT, name="Late"),)))
    assert [change.effect for change in found.changes] == [Effect.IDENTITY]


def test_what_differs_otherwise_too_came_and_went() -> None:
    other = replace(SLO, name="available", owner="others")
    found = compare_catalogs(Catalog(slos=(SLO,)), Catalog(slos=(other,)))
    assert [(one.name, one.status) for one in found] == [
        ("cart/available", Status.ADDED),
        ("cart/up", Status.REMOVED),
    ]


def test_two_that_could_have_been_renamed_were_not() -> None:
    twins = tuple(replace(SLO, name=name) for name in ("a", "b"))
    found = compare_catalogs(Catalog(slos=(SLO,)), Catalog(slos=twins))
    assert [one.status for one in found] == [Status.ADDED, Status.ADDED, Status.REMOVED]


def test_the_same_in_several_environments_stands_once() -> None:
    sides = [
        Catalog(slos=tuple(replace(slo, environment=name) for name in ("production", "staging")))
        for slo in (SLO, replace(SLO, objective=Decimal("0.99")))
    ]
    assert [one.environments for one in compare_catalogs(*sides)] == [("production", "staging")]


def test_settings_are_compared_too() -> None:
    found = compare_catalogs(Catalog(), Catalog(target=Target(prometheus=(3, 0), retention=DAY * 90)))
    assert found == (
        Difference(
            "target",
            "target",
            Status.CHANGED,
            (Change("prometheus", "2.42", "3.0"), Change("retention", None, "90d")),
        ),
    )
