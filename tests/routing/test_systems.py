"""The routes of the four systems: accepted by each release, and alerts go where the real one takes them."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from promgen.base.conventions import PRIORITY_OF, TEMPLATES_FILE, Priority
from promgen.compiler.generate.alertmanager import print_alertmanager
from promgen.compiler.generate.messages import print_templates
from promgen.compiler.ir.alertmanager import Alertmanager, Integration, Moments, Route, Secret
from promgen.compiler.ir.alertmanager import TimeInterval as Interval
from promgen.compiler.lower.routing import lower_routing
from promgen.compiler.output.lock import read_lock
from promgen.compiler.pipeline import Output, compile_project
from promgen.model.catalog import Catalog
from promgen.proof.routes.match import Dispatch
from tests.compiler.projects import output_of
from tests.real import Install, release_of_program
from tests.real.alertmanager import Alertmanager as Server
from tests.real.alertmanager import WebhookServer

REPOSITORY = Path(__file__).parents[2]
Labels = dict[str, str]


@pytest.fixture(scope="module")
def output() -> Output:
    """The repository, compiled."""
    return output_of(compile_project(REPOSITORY, read_lock(REPOSITORY), datetime.date.today()))


def configured(catalog: Catalog, install: Install) -> Alertmanager:
    """The routes for the Alertmanager of a release."""
    release = release_of_program(install.program("amtool"))
    config = lower_routing(replace(catalog, target=replace(catalog.target, alertmanager=release)))
    assert config is not None
    return config


def write(config: Alertmanager, catalog: Catalog, folder: Path) -> Path:
    (folder / TEMPLATES_FILE).write_bytes(print_templates(catalog.target))
    file = folder / "alertmanager.yml"
    file.write_bytes(print_alertmanager(config, "a test"))
    return file


def alerts(output: Output) -> list[Labels]:
    """The labels of every alert that routes can tell apart, once."""
    chosen = ("system", "environment", "severity", "owner", "service")
    seen: dict[tuple[str, ...], Labels] = {}
    for file in output.rule_files:
        for rule in (rule for group in file.groups for rule in group.rules if rule.is_alert):
            labels = {"alertname": rule.name, **rule.labels}
            seen.setdefault(tuple(labels.get(label, "") for label in chosen), labels)
    return [*seen.values()]


def test_amtool_accepts_the_configuration(output: Output, install: Install, tmp_path: Path) -> None:
    file = write(configured(output.catalog, install), output.catalog, tmp_path)
    done = subprocess.run(
        [install.program("amtool"), "check-config", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_amtool_takes_every_alert_to_the_receivers_that_we_name(
    output: Output, install: Install, tmp_path: Path
) -> None:
    config = configured(output.catalog, install)
    file, dispatch = write(config, output.catalog, tmp_path), Dispatch(config.route)
    for labels in alerts(output):
        arguments = [f"{name}={value}" for name, value in labels.items()]
        command = [install.program("amtool"), "config", "routes", "test", f"--config.file={file}", *arguments]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        assert answer.split(",") == [node.receiver for node in dispatch.reached(labels)], labels


def test_teams_are_told_directly_where_alertmanager_can(output: Output, install: Install) -> None:
    kinds = {
        one.kind
        for receiver in configured(output.catalog, install).receivers
        for one in receiver.integrations
    }
    assert ("msteamsv2_configs" in kinds) == (release_of_program(install.program("amtool")) >= (0, 28))


def by_priority(output: Output) -> Iterator[tuple[Priority, Labels]]:
    """An alert of each priority of each system in production, and one of staging."""
    seen = set()
    for labels in alerts(output):
        priority = next(its for word, its in PRIORITY_OF.items() if word.value == labels["severity"])
        key = (labels["system"], labels["environment"], priority)
        if key not in seen:
            seen.add(key)
            yield priority, labels


def local(config: Alertmanager, server: WebhookServer, hours: Moments) -> Alertmanager:
    """The same with receivers on this machine, without waits, and with every interval replaced by `hours`."""
    receivers = tuple(
        receiver._replace(
            integrations=(Integration("webhook_configs", {"url": server.url(f"/{receiver.name}")}),)
        )
        for receiver in config.receivers
    )
    return config._replace(
        route=_hurried(config.route),
        receivers=receivers,
        templates=(),
        globals={},
        time_intervals=tuple(Interval(one.name, (hours,)) for one in config.time_intervals),
    )


def _hurried(route: Route) -> Route:
    wait = None if route.group_wait is None else type(route.group_wait)(0)
    return route._replace(group_wait=wait, routes=tuple(map(_hurried, route.routes)))


ALWAYS, NEVER = Moments(), Moments(years=((1999, 1999),))


@pytest.mark.parametrize("hours", [ALWAYS, NEVER], ids=["in working hours", "outside of them"])
def test_each_priority_is_delivered_to_its_receiver(
    output: Output, install: Install, tmp_path: Path, hours: Moments
) -> None:
    """Of every system; at night P3 waits where it may, and nothing else is lost."""
    config = configured(output.catalog, install)
    dispatch, posted = Dispatch(config.route), [labels for _, labels in by_priority(output)]
    posted = [
        {**labels, "service": f"{labels['service']}-{place}", "drill": str(place)}
        for place, labels in enumerate(posted)
    ]
    expected: dict[str, set[str]] = {}
    for labels in posted:
        for node in dispatch.reached(labels):
            if hours is NEVER and node.active:
                continue
            if hours is ALWAYS and node.muted:
                continue
            expected.setdefault(f"/{node.receiver}", set()).add(labels["drill"])
    with WebhookServer() as server:
        file = tmp_path / "alertmanager.yml"
        file.write_bytes(print_alertmanager(local(config, server, hours), "a test"))
        with Server(install, tmp_path / "server", file) as alertmanager:
            alertmanager.post_alerts(*posted)

            def delivered() -> dict[str, set[str]]:
                found: dict[str, set[str]] = {}
                for one in server.delivered:
                    found.setdefault(one.path, set()).update(labels["drill"] for labels in one.labels)
                return found

            alertmanager.wait_until(lambda: delivered() == expected)
            muted = {labels["drill"] for labels in posted} - set().union(*expected.values())
            assert {
                one for one in muted if posted[int(one)]["severity"] in {"critical", "high", "medium"}
            } == set()


def test_a_dependency_that_is_down_inhibits_as_the_rules_say(
    output: Output, install: Install, tmp_path: Path
) -> None:
    """The broker gateways take the burn of execution with them, but neither its page nor its causes."""
    shared = {"system": "quantivista", "environment": "production", "owner": "trading-platform"}
    down = {**shared, "alertname": "GatewayDown", "service": "broker-gateways", "severity": "critical"}
    burn = {
        **shared,
        "alertname": "SloErrorBudgetBurn",
        "service": "execution",
        "slo": "quality",
        "tier": "medium",
    }
    cause = {**shared, "alertname": "FillRateLow", "service": "execution", "severity": "high"}
    posted = [down, {**burn, "severity": "high"}, {**burn, "severity": "critical", "tier": "fast"}, cause]
    posted += [{**burn, "severity": "high", "environment": "staging"}]
    with WebhookServer() as server:
        file = tmp_path / "alertmanager.yml"
        config = local(configured(output.catalog, install), server, ALWAYS)
        quiet = tuple(rule for rule in config.inhibit_rules if "depends on" in rule.origin)
        file.write_bytes(print_alertmanager(config._replace(inhibit_rules=quiet), "a test"))
        with Server(install, tmp_path / "server", file) as alertmanager:
            alertmanager.post_alerts(down)
            alertmanager.wait_until(lambda: len(alertmanager.alerts()) == 1)
            alertmanager.post_alerts(*posted)

            def states() -> dict[tuple[str, str, str], str]:
                return {
                    (
                        held.labels["alertname"],
                        held.labels["severity"],
                        held.labels["environment"],
                    ): held.state
                    for held in alertmanager.alerts()
                }

            alertmanager.wait_until(
                lambda: (
                    states()
                    == {
                        ("GatewayDown", "critical", "production"): "active",
                        ("SloErrorBudgetBurn", "high", "production"): "suppressed",
                        ("SloErrorBudgetBurn", "critical", "production"): "active",
                        ("FillRateLow", "high", "production"): "active",
                        ("SloErrorBudgetBurn", "high", "staging"): "active",
                    }
                )
            )


def test_a_page_goes_two_ways_under_one_key(output: Output, install: Install, tmp_path: Path) -> None:
    """The pager is told while promgen's service is down; once it is up, both name the incident alike."""
    config = configured(output.catalog, install)
    page = next(receiver for receiver in config.receivers if receiver.name == "ai-prism/P0")
    assert [one.kind for one in page.integrations if one.is_pager] == ["pagerduty_configs"]
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    with WebhookServer() as pager, WebhookServer() as promgen:
        promgen.status = 503
        told = (
            Integration(
                "pagerduty_configs",
                {"routing_key": Secret(file=str(tmp_path / "key")), "url": pager.url("/v2/enqueue")},
            ),
            Integration("webhook_configs", {"url": promgen.url("/hook")}),
        )
        everyone = local(config, pager, ALWAYS)
        receivers = (
            one._replace(integrations=told) if one.name == page.name else one for one in everyone.receivers
        )
        changed = everyone._replace(receivers=tuple(receivers))
        file = tmp_path / "alertmanager.yml"
        file.write_bytes(print_alertmanager(changed, "a test"))
        with Server(install, tmp_path / "server", file) as alertmanager:
            alertmanager.post_alerts(
                {"alertname": "ServiceDown", "system": "ai-prism", "severity": "critical"}
            )
            alertmanager.wait_until(lambda: pager.at("/v2/enqueue"))
            assert pager.at("/v2/enqueue")[0].data["event_action"] == "trigger"
            promgen.status = 200
            refused = len(promgen.delivered)
            alertmanager.wait_until(lambda: len(promgen.delivered) > refused)
            key = promgen.delivered[-1].data["groupKey"]
            assert pager.at("/v2/enqueue")[0].data["dedup_key"] == sha256(key.encode()).hexdigest()


def test_a_page_leaves_whatever_its_alert_says(output: Output, install: Install, tmp_path: Path) -> None:
    """Nothing of it is executed as a template, and no detail is read as anything but text."""
    config = configured(output.catalog, install)
    page = next(receiver for receiver in config.receivers if receiver.name == "ai-prism/P0")
    settings = next(one.settings for one in page.integrations if one.is_pager)
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    with WebhookServer() as pager:
        changed = {
            **settings,
            "routing_key": Secret(file=str(tmp_path / "key")),
            "url": pager.url("/v2/enqueue"),
        }
        everyone = local(config, pager, ALWAYS)
        told = (Integration("pagerduty_configs", changed),)
        receivers = (
            one._replace(integrations=told) if one.name == page.name else one for one in everyone.receivers
        )
        hostile = everyone._replace(receivers=tuple(receivers), templates=config.templates)
        with Server(install, tmp_path / "server", write(hostile, output.catalog, tmp_path)) as alertmanager:
            labels = {"alertname": "QueueLong", "system": "ai-prism", "severity": "critical", "slo": "{a: b}"}
            texts = {"summary": "{{ .Receiver }} {{ nothing }}", "budget_remaining": "[1, '{{ nothing }}']"}
            alertmanager.post_alerts({**labels, "queue": "/users/{{id}}"}, annotations=texts)
            alertmanager.wait_until(lambda: pager.at("/v2/enqueue"))
            told_details = pager.at("/v2/enqueue")[0].data["payload"]["custom_details"]
    texts_told = {fact: text for fact, text in told_details.items() if not fact.startswith("num_")}
    assert all(isinstance(text, str) for text in texts_told.values()), texts_told
    assert "{{ .Receiver }} {{ nothing }}" in texts_told["firing"]
    assert texts_told["slo"].strip() == "{a: b}"
    assert texts_told["budget"].strip() == "[1, '{{ nothing }}']"
