"""An AlertmanagerConfig for prometheus-operator, and what the operator makes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from promgen.compiler.generate.alertmanager import print_alertmanager
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.lower.operator import merge_as_operator
from promgen.compiler.pipeline import Output
from promgen.model.delivery import Kubernetes
from tests.compiler.projects import output_of, problems_of, underlined
from tests.deliveries.content import compile_shop, delivered, read, write_files
from tests.deliveries.schema import faults
from tests.real import Install

DELIVERY = (
    "  - {name: cluster, kubernetes: {namespace: shop-ns, alertmanagerConfig: true, configMap: true}}\n"
)
SECRET = "{kubernetes: {name: alerting, key: it}}"
ROUTING = f"""\
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: chat}}
spec: {{slack: {{channel: "#alerts", webhook: {SECRET}}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: pager}}
spec: {{pagerduty: {{routingKey: {SECRET}, url: "https://events.example.org/v2/enqueue"}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: genie}}
spec: {{opsgenie: {{apiKey: {SECRET}, url: "https://genie.example.org/"}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: post}}
spec: {{email: {{to: [a@example.org, b@example.org]}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: gateway}}
spec: {{webhook: {{secretUrl: {SECRET}, token: {SECRET}, maxAlerts: 50}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: teams}}
spec: {{teams: {{webhook: {SECRET}}}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {{name: incidents}}
spec: {{promgen: {{url: "https://promgen.example.org/webhook", timeout: 10s}}}}
---
apiVersion: promgen/v1
kind: Routing
metadata: {{name: all}}
spec:
  unrouted: [chat]
  incidents: incidents
  smtp: {{smarthost: "smtp.example.org:587", from: alerts@example.org, username: promgen, password: {SECRET}}}
---
apiVersion: promgen/v1
kind: Routing
metadata: {{name: shop, system: shop}}
spec:
  priorities:
    P0: {{acknowledge: 5m, receivers: [pager, genie, chat]}}
    P1: {{acknowledge: 15m, receivers: [pager, post, gateway]}}
    P2: {{acknowledge: 1h, receivers: [chat, teams], workingHours: true}}
    P3: {{receivers: [post]}}
"""
CART = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart, system: shop}
spec:
  owner: people
  slos:
    - {name: availability, objective: 99%, window: 7d, sli: {probe: {selector: {job: cart}}}}
  alerts:
    - {name: QueueLong, expr: cart_queue, unit: count, above: {low: 1, medium: 2, high: 3, critical: 4}}
"""
TEAM = """\
apiVersion: promgen/v1
kind: Team
metadata: {name: people}
spec:
  hours: {zone: ZONE, from: "09:00", to: "17:00"}
"""
TARGET = "target: {alertmanager: '0.33'}\n"


def files(zone: str = "UTC", routing: str = ROUTING) -> dict[str, str]:
    """The specifications, with a team that works in a time zone."""
    return {"cart.yaml": CART, "routing.yaml": routing, "team.yaml": TEAM.replace("ZONE", zone)}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """A project that uses every kind of receiver, for an Alertmanager that has them all."""
    root = tmp_path_factory.mktemp("operator")
    return output_of(compile_shop(root, DELIVERY + TARGET, files()))


def configuration_of(output: Output) -> Alertmanager:
    assert output.alertmanager is not None
    return output.alertmanager


def test_the_object_has_only_known_fields(output: Output) -> None:
    objects = [read(text) for text in delivered(output, "cluster").values()]
    assert sorted(found["kind"] for found in objects) == [
        "AlertmanagerConfig",
        "ConfigMap",
        "ConfigMap",
        "PrometheusRule",
    ]
    assert [fault for found in objects for fault in faults(found)] == []


def test_the_object_says_what_the_configuration_says(output: Output) -> None:
    (found,) = (read(text) for path, text in delivered(output, "cluster").items() if "config/" in path)
    configuration = configuration_of(output)
    assert [one["name"] for one in found["spec"]["receivers"]] == [
        one.name for one in configuration.receivers
    ]
    assert count_routes(found["spec"]["route"]) == count_routes(read_alertmanager(configuration)["route"])
    assert len(found["spec"]["inhibitRules"]) == len(configuration.inhibit_rules)
    assert [one["name"] for one in found["spec"]["muteTimeIntervals"]] == [
        one.name for one in configuration.time_intervals
    ]
    kinds = {kind for one in found["spec"]["receivers"] for kind in one if kind != "name"}
    assert kinds == {
        *("slackConfigs", "pagerdutyConfigs", "opsgenieConfigs", "emailConfigs", "webhookConfigs"),
        "msteamsv2Configs",
    }


def read_alertmanager(configuration: Alertmanager) -> Any:
    return read(print_alertmanager(configuration, "a test").decode())


def count_routes(route: Any) -> int:
    return 1 + sum(map(count_routes, route.get("routes", [])))


def test_the_config_map_has_the_files_of_the_alertmanager(output: Output) -> None:
    found = read(delivered(output, "cluster")["configmap/cluster.alertmanager.yaml"])
    assert found["data"] == {
        name: output.tree[f"rules/alertmanager/{name}"].content.decode()
        for name in ("alertmanager.yml", "promgen.tmpl")
    }


MERGED = Kubernetes(namespace="shop-ns")


def route(install: Install, folder: Path, configuration: Alertmanager, **labels: str) -> list[str]:
    """The receivers that the real amtool names for an alert."""
    path = folder / "alertmanager.yml"
    path.write_bytes(print_alertmanager(configuration, "a test"))
    return amtool(
        install, "config", "routes", "test", f"--config.file={path}", *map("=".join, labels.items())
    )


def amtool(install: Install, *arguments: str) -> list[str]:
    command = [str(install.program("amtool")), *arguments]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().split(",")


def test_the_operator_gives_the_routes_only_alerts_of_the_namespace(
    output: Output, installs: tuple[Install, ...], tmp_path: Path
) -> None:
    (delivery,) = output.deliveries
    merged = merge_as_operator(configuration_of(output), delivery, MERGED)
    write_files(tmp_path, {"promgen.tmpl": ""})
    alert = {"system": "shop", "severity": "critical"}
    newest = installs[-1]
    assert route(newest, tmp_path, merged, **alert, namespace="shop-ns") == [
        "shop-ns/cluster.routing/shop/P0"
    ]
    assert route(newest, tmp_path, merged, **alert, namespace="other") == ["null"]
    assert route(newest, tmp_path, merged, **alert) == ["null"]
    assert all(
        [str(one) for one in matchers][-1] == 'namespace="shop-ns"'
        for rule in merged.inhibit_rules
        for matchers in (rule.source, rule.target)
    )


def test_without_the_operators_matcher_the_routes_have_every_alert(
    output: Output, installs: tuple[Install, ...], tmp_path: Path
) -> None:
    (delivery,) = output.deliveries
    merged = merge_as_operator(configuration_of(output), delivery, MERGED, only_namespace=False)
    write_files(tmp_path, {"promgen.tmpl": ""})
    assert route(installs[-1], tmp_path, merged, system="shop", severity="high") == [
        "shop-ns/cluster.routing/shop/P1"
    ]
    assert merged.inhibit_rules == configuration_of(output).inhibit_rules


@pytest.mark.parametrize(
    ("zone", "routing", "delivery", "said"),
    [
        ("Europe/London", ROUTING, DELIVERY, "the time zone Europe/London of time interval `hours/people`"),
        ("UTC", ROUTING.replace(SECRET, "{file: /run/it}", 1), DELIVERY, "a secret of receiver"),
        ("UTC", ROUTING, DELIVERY.replace(", configMap: true", ""), "message templates"),
    ],
    ids=["zone", "secret", "templates"],
)
def test_what_the_object_cannot_express_is_an_error(
    zone: str, routing: str, delivery: str, said: str, tmp_path: Path
) -> None:
    compilation = compile_shop(tmp_path, delivery + TARGET, files(zone, routing))
    assert compilation.output is None
    problems = problems_of(compilation)
    assert all(one.startswith("target/unsupported: an AlertmanagerConfig cannot have ") for one in problems)
    assert any(said in one for one in problems)
    assert set(underlined(compilation)) == {"true"}


def test_an_object_for_nobody_is_an_error(tmp_path: Path) -> None:
    compilation = compile_shop(tmp_path, DELIVERY)
    assert problems_of(compilation) == ["spec/missing-key: the project says nothing about who is told"]
