"""Which alerts are made quiet, and that no label decides it that one side may lack."""

from __future__ import annotations

from pathlib import Path

from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.proof.routes.inhibit import Inhibition
from tests.routing.projects import compile_shop, routes_of

OTHER_ORDER = """\
apiVersion: promgen/v1
kind: BurnRatePolicy
metadata: {name: turned}
spec:
  tiers:
    - {name: slow, burnRate: 14.4, long: 1h, short: 5m, severity: high}
    - {name: fast, burnRate: 1, long: 3d, short: 6h, severity: high}
---
apiVersion: promgen/v1
kind: BurnRatePolicy
metadata: {name: straight}
spec:
  tiers:
    - {name: fast, burnRate: 14.4, long: 1h, short: 5m, severity: high}
    - {name: slow, burnRate: 1, long: 3d, short: 6h, severity: high}
"""
SLO = """\
---
apiVersion: promgen/v1
kind: SLO
metadata: {name: NAME, system: shop}
spec:
  service: stock
  name: NAME
  objective: 99%
  window: 30d
  sli: {probe: {metric: up, selector: {job: NAME}}}
  alerting: {policy: POLICY}
  MORE
"""
STRAIGHT = OTHER_ORDER.split("---")[1]
BURN = {"alertname": "SloErrorBudgetBurn", "system": "shop", "service": "cart", "slo": "availability"}


def slo(name: str, policy: str = "straight", more: str = "") -> str:
    """An SLO of the stock."""
    return SLO.replace("NAME", name).replace("POLICY", policy).replace("MORE", more)


def quieted(config: Alertmanager, source: dict[str, str], target: dict[str, str]) -> bool:
    """Whether one alert makes another quiet."""
    return bool(Inhibition(config.inhibit_rules).muting(source, target))


def test_a_worse_alert_of_the_same_service_makes_lower_ones_quiet(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path))
    slow = {"alertname": "Slow", "system": "shop", "service": "cart"}
    assert quieted(config, {**slow, "severity": "high"}, {**slow, "severity": "low"})
    assert not quieted(config, {**slow, "severity": "low"}, {**slow, "severity": "high"})
    assert not quieted(config, {**slow, "severity": "high"}, {**slow, "service": "stock", "severity": "low"})
    assert not quieted(
        config, {**slow, "severity": "high", "system": "else"}, {**slow, "severity": "low", "system": "else"}
    )


def test_nothing_makes_a_critical_alert_quiet(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path))
    empty = {"alertname": "Empty", "system": "shop", "service": "stock", "severity": "critical"}
    assert not quieted(config, empty, {**BURN, "severity": "critical", "tier": "1h"})
    assert not quieted(
        config, {**BURN, "severity": "critical"}, {**BURN, "alertname": "Slow", "severity": "critical"}
    )


def test_a_dependency_that_is_down_makes_burning_quiet_and_causes_not(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path))
    empty = {"alertname": "Empty", "system": "shop", "service": "stock", "severity": "critical"}
    assert quieted(config, empty, {**BURN, "severity": "medium", "tier": "3d"})
    assert not quieted(
        config, empty, {"alertname": "Slow", "system": "shop", "service": "cart", "severity": "medium"}
    )
    assert not quieted(config, {**empty, "severity": "high"}, {**BURN, "severity": "medium", "tier": "3d"})


def test_a_faster_tier_makes_the_slower_ones_of_its_own_group_quiet(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path, more=STRAIGHT + slo("regional", more="groupBy: [region]")))
    burn = {"alertname": "SloErrorBudgetBurn", "service": "stock", "slo": "regional", "region": "north"}
    fast, slow = ({**burn, "tier": tier, "severity": "high"} for tier in ("fast", "slow"))
    assert quieted(config, fast, slow)
    assert not quieted(config, slow, fast)
    assert not quieted(config, {**fast, "region": "south"}, slow)
    assert not quieted(config, {**fast, "slo": "another"}, slow)


def test_tiers_that_are_ordered_otherwise_elsewhere_are_told_apart_by_name(tmp_path: Path) -> None:
    more = OTHER_ORDER + slo("turned", "turned") + slo("straight", "straight")
    config = routes_of(compile_shop(tmp_path, more=more))
    burn = {"alertname": "SloErrorBudgetBurn", "system": "shop", "service": "stock"}
    for name, faster, slower in (("turned", "slow", "fast"), ("straight", "fast", "slow")):
        first = {**burn, "slo": name, "tier": faster, "severity": "high"}
        second = {**burn, "slo": name, "tier": slower, "severity": "high"}
        assert quieted(config, first, second)
        assert not quieted(config, second, first)


def test_alerts_that_lack_what_must_be_equal_make_nothing_quiet(tmp_path: Path) -> None:
    service = "---\napiVersion: promgen/v1\nkind: Service\nmetadata: {name: bell}\nspec:\n  owner: people\n  alerts:\n"
    more = service + "    - {name: Silent, expr: up == 0, severity: high}\n"
    told = ("{unrouted: [chat]}", "{unrouted: [chat], priorities: {P1: {receivers: [pager]}}}")
    config = routes_of(compile_shop(tmp_path, told, more=more))
    for system in ({}, {"system": "shop"}):
        node, disk = {"alertname": "NodeDown", **system}, {"alertname": "DiskFull", **system}
        assert not quieted(config, {**node, "severity": "critical"}, {**disk, "severity": "high"})
    slow = {"alertname": "Slow", "system": "shop", "service": "cart"}
    staging, production = {**slow, "environment": "staging"}, {**slow, "environment": "production"}
    assert not quieted(config, {**staging, "severity": "critical"}, {**production, "severity": "high"})
    empty = {"alertname": "Empty", "system": "shop", "service": "stock", "severity": "critical"}
    burning = {**BURN, "severity": "medium", "tier": "3d", "environment": "production"}
    assert not quieted(config, {**empty, "environment": "staging"}, burning)


def test_a_static_label_is_no_group_of_another_slo(tmp_path: Path) -> None:
    regional, north = slo("regional", more="groupBy: [region]"), slo("north", more="labels: {region: north}")
    config = routes_of(compile_shop(tmp_path, more=STRAIGHT + regional + north))
    burn = {"alertname": "SloErrorBudgetBurn", "service": "stock", "slo": "regional", "severity": "high"}
    assert not quieted(
        config, {**burn, "tier": "fast", "region": "north"}, {**burn, "tier": "slow", "region": "south"}
    )
    own = {**burn, "slo": "north", "region": "north"}
    assert quieted(config, {**own, "tier": "fast"}, {**own, "tier": "slow"})


def test_equal_names_only_labels_that_both_sides_carry(tmp_path: Path) -> None:
    config = routes_of(compile_shop(tmp_path))
    assert all("environment" not in rule.equal for rule in config.inhibit_rules)
