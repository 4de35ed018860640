"""The tree of routes: what a priority, a team, its hours and a maintenance window become."""

from __future__ import annotations

from pathlib import Path

from promgen.compiler.ir.alertmanager import Alertmanager
from tests.routing.projects import child, compile_shop, routes_of

TEAM = """\
apiVersion: promgen/v1
kind: Team
metadata: {name: tellers}
spec:
  receivers: {P2: [team-chat]}
  hours: {zone: Europe/Berlin, from: "09:00", to: "17:00"}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: team-chat}
spec: {slack: {channel: "#team", webhook: {file: /secrets/slack}}}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: live, system: bank}
spec: {}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: lab, system: bank}
spec: {}
---
apiVersion: promgen/v1
kind: Service
metadata: {name: till, system: bank}
spec:
  owner: tellers
  alerts:
    - {name: Stuck, expr: up == 0, severity: medium}
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: bank, system: bank}
spec:
  priorities: {P2: {receivers: [chat]}}
"""
WINDOW = """\
---
apiVersion: promgen/v1
kind: Maintenance
metadata: {name: updates}
spec:
  services: [till]
  days: [sunday, saturday, friday]
  from: "22:00"
  to: "24:00"
  zone: Europe/Berlin
  reason: The tills are updated.
  owner: tellers
"""


def channels(config: Alertmanager, receiver: str) -> list[object]:
    """The channels of Slack that a receiver is told in."""
    found = next(one for one in config.receivers if one.name == receiver)
    return [integration.settings.get("channel") for integration in found.integrations]


def test_a_priority_has_its_severities_and_times(tmp_path: Path) -> None:
    change = ("P3: {receivers: [chat]}", "P3: {receivers: [chat], repeat: 2d, groupBy: [service]}")
    system = child(routes_of(compile_shop(tmp_path, change)).route, 'system="shop"')
    lowest, highest = child(system, 'severity=~"info|low"'), child(system, 'severity="critical"')
    assert (lowest.receiver, lowest.group_by, str(lowest.repeat_interval)) == ("shop/P3", ("service",), "2d")
    times = (highest.group_wait, highest.group_interval, highest.repeat_interval)
    assert [*map(str, times)] == ["0s", "1m", "30m"]


def test_the_project_s_times_hold_where_a_system_says_nothing(tmp_path: Path) -> None:
    change = (
        "{unrouted: [chat]}",
        "{unrouted: [chat], groupBy: [system], priorities: {P0: {repeat: 7m, groupWait: 3s}}}",
    )
    highest = child(
        child(routes_of(compile_shop(tmp_path, change)).route, 'system="shop"'), 'severity="critical"'
    )
    assert (highest.group_by, str(highest.group_wait), str(highest.repeat_interval)) == (
        ("system",),
        "3s",
        "7m",
    )


def test_what_nobody_claims_reaches_the_root(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path))
    assert config.route.receiver == "unrouted"
    assert channels(config, "unrouted") == ["#shop"]


def test_a_word_for_two_severities_is_routed_as_the_worse(tmp_path: Path) -> None:
    project = "severities: {label: level, values: {critical: page, high: page}}"
    system = child(routes_of(compile_shop(tmp_path, project=project)).route, 'system="shop"')
    assert child(system, 'level="page"').receiver == "shop/P0"


def test_a_team_is_told_beside_the_others(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path, more=TEAM))
    priority = child(child(config.route, 'system="bank"'), 'severity="medium"')
    assert child(priority, 'owner="tellers"').receiver == "bank/P2/tellers"
    assert channels(config, "bank/P2/tellers") == ["#shop", "#team"]
    assert channels(config, "bank/P2") == ["#shop"]


def test_working_hours_and_the_time_outside_complement_each_other(tmp_path: Path) -> None:
    team = TEAM.replace("{receivers: [chat]}", "{receivers: [chat], workingHours: true, outside: [pager]}")
    config = routes_of(compile_shop(tmp_path, more=team))
    inside, outside = child(child(config.route, 'system="bank"'), 'severity="medium"').routes
    assert (inside.receiver, inside.active, inside.muted) == ("bank/P2/tellers", ("hours/tellers",), ())
    assert (outside.receiver, outside.active, outside.muted) == ("bank/P2/+outside", (), ("hours/tellers",))
    assert (inside.is_continued, outside.is_continued) == (True, False)
    (interval,) = config.time_intervals
    (moments,) = interval.moments
    assert (moments.times, moments.weekdays, moments.location) == (((540, 1020),), ((1, 5),), "Europe/Berlin")


def test_promgen_is_told_of_what_waits_at_once(tmp_path: Path) -> None:
    receiver = "---\napiVersion: promgen/v1\nkind: Receiver\nmetadata: {name: own}\nspec: {promgen: {url: http://promgen/hook}}\n"
    team = TEAM.replace("{receivers: [chat]}", "{receivers: [chat], workingHours: true}")
    change = ("{unrouted: [chat]}", "{unrouted: [chat], incidents: own}")
    config = routes_of(compile_shop(tmp_path, change, more=team + receiver))
    first, waiting, rest = child(child(config.route, 'system="bank"'), 'severity="medium"').routes
    kinds = {one.name: [integration.kind for integration in one.integrations] for one in config.receivers}
    assert (first.matchers, first.active, first.is_continued) == ((), (), True)
    assert kinds[first.receiver] == ["webhook_configs"]
    assert kinds[waiting.receiver] == ["slack_configs", "slack_configs"]
    assert (rest.matchers, kinds[rest.receiver]) == ((), ["slack_configs"])


def test_a_team_may_be_called_outside(tmp_path: Path) -> None:
    team = TEAM.replace("tellers", "outside").replace(
        "{receivers: [chat]}", "{receivers: [chat], workingHours: true, outside: [pager]}"
    )
    config = routes_of(compile_shop(tmp_path, more=team))
    assert channels(config, "bank/P2/outside") == ["#shop", "#team"]


def test_nobody_outside_is_as_waiting(tmp_path: Path) -> None:
    team = TEAM.replace("{receivers: [chat]}", "{receivers: [chat], workingHours: true, outside: []}")
    config = routes_of(compile_shop(tmp_path, more=team))
    (only,) = child(child(config.route, 'system="bank"'), 'severity="medium"').routes
    assert (only.active, only.is_continued) == (("hours/tellers",), False)


def test_a_team_without_alerts_of_a_priority_needs_no_hours_for_it(tmp_path: Path) -> None:
    team = TEAM.replace(
        "{P2: {receivers: [chat]}}", "{P2: {receivers: [chat]}, P3: {receivers: [chat], workingHours: true}}"
    )
    team = team.replace('  hours: {zone: Europe/Berlin, from: "09:00", to: "17:00"}\n', "")
    system = child(routes_of(compile_shop(tmp_path, more=team)).route, 'system="bank"')
    assert not child(system, 'severity=~"info|low"').routes


def test_a_window_mutes_the_service_it_is_for(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path, more=TEAM + WINDOW))
    till = child(child(child(config.route, 'system="bank"'), 'severity="medium"'), 'service="till"')
    assert (till.receiver, till.muted) == ("bank/P2/tellers", ("maintenance/updates",))
    (moments,) = config.time_intervals[0].moments
    assert (moments.times, moments.weekdays) == (((1320, 1440),), ((0, 0), (5, 6)))
    pages = child(child(config.route, 'system="bank"'), 'severity="high"')
    assert not pages.routes


def test_a_window_of_one_environment_mutes_no_other(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path, more=TEAM + WINDOW + "  environments: [live]\n"))
    priority = child(child(config.route, 'system="bank"'), 'severity="medium"')
    assert child(priority, 'service="till"', 'environment="live"').muted == ("maintenance/updates",)
    assert child(priority, 'owner="tellers"').muted == ()


def test_promgen_is_told_of_everything(tmp_path: Path) -> None:
    receiver = (
        "apiVersion: promgen/v1\nkind: Receiver\nmetadata: {name: own}\n"
        "spec: {promgen: {url: http://promgen/hook, token: {file: /secrets/own}}}\n"
    )
    change = ("{unrouted: [chat]}", "{unrouted: [chat], incidents: own}")
    config = routes_of(compile_shop(tmp_path, change, more=receiver))
    kinds = {one.name: [integration.kind for integration in one.integrations] for one in config.receivers}
    assert {ends[-1] for ends in kinds.values()} == {"webhook_configs"}
    assert kinds["shop/P0"] == ["pagerduty_configs", "slack_configs", "webhook_configs"]
