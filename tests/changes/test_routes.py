"""Which alerts would go to someone else, whatever receivers are called and however routes are written."""

from __future__ import annotations

from typing import Any

import pytest

from promgen.base.durations import HOUR, MINUTE
from promgen.changes.difference import Status
from promgen.changes.routes import Rerouted, compare_configurations, compare_deliveries
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
from promgen.promql import LabelMatcher
from promgen.proof.routes.alerts import Alert, alerts_of

NIGHT = TimeInterval("night", (Moments(times=((0, 360),), weekdays=((1, 5),), location="Europe/London"),))
PAGED, TOLD = LabelMatcher("severity", "=", "page"), LabelMatcher("severity", "=", "ticket")


def slack(channel: str, name: str = "") -> Receiver:
    return Receiver(name or channel, (Integration("slack_configs", {"channel": f"#{channel}"}),))


def configuration(*routes: Route, receivers: tuple[Receiver, ...] = (), **more: Any) -> Alertmanager:
    everyone = (slack("all"), slack("ops"), slack("people"), *receivers)
    return Alertmanager(Route("all", routes=routes), everyone, **more)


def alert(expr: str = "up == 0", **labels: str) -> Alert:
    rule = Rule("Down", expr, labels, "a pass", is_alert=True)
    (found,) = alerts_of([RuleFile("a", "a.yaml", (Group("a", MINUTE, (rule,), "cart"),))])
    return found


def rerouted(before: Alertmanager, after: Alertmanager, *alerts: Alert) -> tuple[Rerouted, ...]:
    found = compare_deliveries(before, after, [(one, one) for one in alerts])
    assert found.unseen == ()
    return found.rerouted


PAGE, TICKET = alert(severity="page"), alert(severity="ticket")
OPS = configuration(Route("ops", (PAGED,)))


def test_only_alerts_that_go_to_someone_else_are_named() -> None:
    (found,) = rerouted(OPS, configuration(Route("people", (PAGED,))), PAGE, TICKET)
    assert found.alerts == ("cart Down (page)",)
    assert found.changes == (("told", "slack #ops", "slack #people", None),)


def test_alerts_for_which_the_same_changes_stand_together() -> None:
    alerts = [alert(severity="page", environment=name) for name in ("production", "staging")]
    (found,) = rerouted(OPS, configuration(), *alerts)
    assert found.alerts == ("cart Down (page, production)", "cart Down (page, staging)")


def test_a_receiver_of_another_name_is_nobody_else() -> None:
    renamed = configuration(Route("on-call", (PAGED,)), receivers=(slack("ops", "on-call"),))
    assert rerouted(OPS, renamed, PAGE) == ()


def test_a_receiver_that_tells_others_is_seen_under_its_old_name() -> None:
    after = OPS._replace(receivers=(slack("all"), slack("others", "ops"), slack("people")))
    assert rerouted(OPS, after, PAGE)[0].changes == (("told", "slack #ops", "slack #others", None),)


def test_routes_that_do_the_same_do_not_differ() -> None:
    otherwise = configuration(
        Route("all", (TOLD,)), Route("ops", (LabelMatcher("severity", "=~", "page|pager"),))
    )
    assert rerouted(OPS, otherwise, PAGE, TICKET) == ()


@pytest.mark.parametrize(
    ("change", "field", "before", "after"),
    [
        ({"repeat_interval": HOUR}, "repeat interval", "4h", "1h"),
        ({"group_wait": MINUTE}, "group wait", "30s", "1m"),
        ({"group_by": ("job",)}, "group by", None, "job"),
        ({"muted": ("night",)}, "muted", None, "night (Monday to Friday 00:00 to 06:00 Europe/London)"),
        ({"active": ("night",)}, "active", None, "night (Monday to Friday 00:00 to 06:00 Europe/London)"),
    ],
)
def test_when_and_how_is_compared(change: dict[str, Any], field: str, before: str, after: str) -> None:
    other = configuration(Route("ops", (PAGED,), **change), time_intervals=(NIGHT,))
    (found,) = rerouted(OPS, other, PAGE, TICKET)
    assert found.changes == ((field, before, after, None),)


def test_another_meaning_of_an_interval_is_seen() -> None:
    route = Route("ops", (PAGED,), muted=("night",))
    later = NIGHT._replace(moments=(Moments(times=((0, 420),)),))
    before, after = (configuration(route, time_intervals=(one,)) for one in (NIGHT, later))
    (found,) = rerouted(before, after, PAGE)
    assert found.changes[0].after == "night (00:00 to 07:00)"


def test_what_inhibits_an_alert_is_compared() -> None:
    rule = InhibitRule((PAGED,), (TOLD,), ("service", "job"))
    (found,) = rerouted(OPS, OPS._replace(inhibit_rules=(rule,)), PAGE, TICKET)
    assert found.alerts == ("cart Down (ticket)",)
    assert found.changes == (("inhibited by", None, '{severity="page"} with the same job, service', None),)


def test_labels_that_are_not_known_before_an_alert_fires_are_followed() -> None:
    before, after = (
        configuration(Route(name, (LabelMatcher("job", "=", "a"),))) for name in ("ops", "people")
    )
    (found,) = rerouted(before, after, alert("up == 0"), alert('up{job="b"} == 0'))
    assert found.changes == (("told", "slack #ops", "slack #people", None),)
    assert found.alerts == ("cart Down",)
    assert rerouted(before, after, alert('up{job="b"} == 0')) == ()


def test_an_alert_whose_labels_changed_may_go_to_someone_else() -> None:
    found = compare_deliveries(OPS, OPS, [(TICKET, PAGE), (PAGE, PAGE)])
    assert [(one.alerts, one.changes) for one in found.rerouted] == [
        (("cart Down (page)",), (("told", "slack #all", "slack #ops", None),))
    ]


def test_it_is_said_who_is_told_of_a_new_alert() -> None:
    (found,) = compare_deliveries(OPS, OPS, [(None, PAGE)]).rerouted
    assert (found.status, found.changes) == (Status.ADDED, (("told", None, "slack #ops", None),))


def test_a_route_more_is_seen() -> None:
    both = configuration(Route("ops", (PAGED,), is_continued=True), Route("people", (PAGED,)))
    (found,) = rerouted(OPS, both, PAGE)
    assert found.changes == (
        ("told", "slack #ops", "slack #ops, slack #people", None),
        ("routes", "ops", "ops, people", None),
    )


def test_the_order_of_what_holds_together_is_no_difference() -> None:
    sides = []
    for step in (1, -1):
        matchers, labels = (PAGED, LabelMatcher("a", "=", "b"))[::step], ("job", "service")[::step]
        rule = InhibitRule(matchers, matchers, labels)
        route = Route("ops", matchers, group_by=labels, muted=("night", "day")[::step])
        sides.append(configuration(route, inhibit_rules=(rule,)))
    assert compare_configurations(*sides) == ()


def test_a_configuration_that_is_written_otherwise_is_described() -> None:
    after = OPS._replace(
        receivers=(slack("all"), slack("ops"), slack("others", "people")), time_intervals=(NIGHT,)
    )
    assert [(one.kind, one.name, one.status) for one in compare_configurations(OPS, after)] == [
        ("receiver", "people", Status.CHANGED),
        ("time interval", "night", Status.ADDED),
    ]
    (whole,) = compare_configurations(None, OPS)
    assert whole.status is Status.ADDED
