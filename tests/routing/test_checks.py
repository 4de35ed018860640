"""What is wrong with routing is said at its place, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promgen.cli.report import render_text, to_json
from tests.compiler.projects import compile_files, problems_of, underlined
from tests.routing.projects import SERVICES, child, compile_shop, routes_of

PAGER = "{pagerduty: {routingKey: {file: /secrets/pagerduty}}}"
CHAT = '{slack: {channel: "#shop", webhook: {file: /secrets/slack}}}'
MAINTENANCE = "Maintenance\nmetadata: {name: x}\nspec: "
NIGHT = "services: [cart], from: '02:00', to: '04:00', "
SILENCE = "Silence\nmetadata: {name: x}\nspec: "
P1, P2 = "P1: {receivers: [pager]}", "P2: {receivers: [chat]}"
DAY = "from: 2026-01-01T00:00:00Z, to: 2026-01-02T00:00:00Z"
WHY = ", reason: to be tested, owner: people}"


def test_a_complete_routing_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(compile_shop(tmp_path)) == []


def test_a_project_without_routing_has_none(tmp_path: Path) -> None:
    compilation = compile_files(tmp_path, {"services.yaml": SERVICES})
    assert problems_of(compilation) == []
    assert compilation.output is not None
    assert compilation.output.alertmanager is None


@pytest.mark.parametrize(
    ("old", "new", "slug", "message"),
    [
        (P1, "P1: {receivers: []}", "routing/nobody", "P1 alerts of people in shop, such as"),
        (P1, "P1: {receivers: [pagr]}", "reference/unknown", "there is no receiver `pagr`"),
        ("{unrouted: [chat]}", "{}", "spec/bad-value", "alerts that no system claims reach nobody"),
        ("metadata: {name: all}", "metadata: {name: all, system: other}", "spec/bad-value", "no Routing is without"),
        (P1, "P1: {receivers: [pager], workingHours: true}", "routing/muted-page", "P1 of shop waits"),
        (P2, "P2: {receivers: [chat], workingHours: true}", "routing/hours", "`people`, which has none"),
        (CHAT, "{}", "spec/missing-key", "is of 0 kinds"),
        ("webhook: {file: /secrets/slack}", "webhook: {}", "routing/receiver", "nothing says where the webhook"),
        (PAGER, "{email: {to: [a@b.example]}}", "routing/receiver", "how email is sent"),
        (PAGER, "{webhook: {}}", "routing/receiver", "no address or two"),
        (PAGER, "{webhook: {url: ftp://x}}", "spec/bad-value", "is no address"),
        ("{unrouted: [chat]}", "{unrouted: [chat], incidents: pager}", "spec/bad-value", "is not promgen's own"),
        (P1, "P1: {receivers: [pager], acknowledge: soon}", "spec/bad-value", "soon"),
        (P1, "P1: {receivers: [pager], outside: [chat]}", "spec/bad-value", "`outside` has no effect"),
        (P1, "P1: {receivers: [pager], groupBy: [a, a]}", "spec/bad-value", "each label once"),
        (P1, "P1: {receivers: [pager], groupBy: ['...', a]}", "spec/bad-value", "each label once"),
        (P1, "P1: {receivers: [pager], groupBy: [http.route]}", "target/unsupported", "needs Alertmanager 0.27"),
        (P1, "P1: {receivers: [pager], repeat: 2y}", "spec/bad-value", "longer than a year"),
        ("channel: \"#shop\"", "channel: '{{ .x }}'", "spec/bad-value", "read as a template"),
        (PAGER, "{webhook: {url: 'http://a:b@c'}}", "spec/secret", "must not hold credentials"),
        (PAGER, "{webhook: {url: 'http://a/%zz'}}", "spec/bad-value", "is no address"),
        ("{unrouted: [chat]}", "{unrouted: [chat], smtp: {smarthost: a, from: b}}", "spec/bad-value", "no host with a port"),
    ],
)  # fmt: skip
def test_a_mistake_is_found(tmp_path: Path, old: str, new: str, slug: str, message: str) -> None:
    found = problems_of(compile_shop(tmp_path, (old, new)))
    assert [one for one in found if one.startswith(slug) and message in one], found


def test_the_place_of_a_wrong_receiver_is_its_name_in_the_list(tmp_path: Path) -> None:
    assert underlined(compile_shop(tmp_path, ("[pager, chat]", "[pager, caht]"))) == ["caht"]


def test_a_system_without_routing_is_pointed_out(tmp_path: Path) -> None:
    compilation = compile_shop(
        tmp_path,
        more=SERVICES.replace("system: shop", "system: mill")
        .replace("cart", "wheel")
        .replace("stock", "grain"),
    )
    assert problems_of(compilation) == [
        "routing/unrouted-system: system `mill` has no Routing; its alerts go to chat"
    ]


def test_services_without_a_system_are_nobody_s_unless_the_project_says_more(tmp_path: Path) -> None:
    service = (
        "apiVersion: promgen/v1\nkind: Service\nmetadata: {name: bell}\nspec:\n  owner: people\n  alerts:\n"
    )
    more = service + "    - {name: Silent, expr: up == 0, severity: high}\n"
    assert problems_of(compile_shop(tmp_path, more=more)) == [
        "routing/unrouted-system: alerts of services without a system go to chat"
    ]
    told = ("{unrouted: [chat]}", "{unrouted: [chat], priorities: {P1: {receivers: [pager]}}}")
    compilation = compile_shop(tmp_path, told, more=more)
    assert problems_of(compilation) == []
    route = child(child(routes_of(compilation).route, 'service="bell"'), 'severity="high"')
    assert route.receiver == "-/P1"


def test_a_receiver_that_nobody_names_is_pointed_out(tmp_path: Path) -> None:
    compilation = compile_shop(
        tmp_path,
        ("P0: {receivers: [pager, chat]}", "P0: {receivers: [chat]}"),
        (P1, "P1: {receivers: [chat]}"),
    )
    assert problems_of(compilation) == [
        "routing/unused-receiver: no Routing and no Team names receiver `pager`"
    ]


@pytest.mark.parametrize(
    ("receiver", "version", "message"),
    [
        ("{teams: {webhook: {file: /secrets/teams}}}", "0.25", "Alertmanager 0.25 cannot tell Teams"),
        ("{webhook: {url: http://x, timeout: 5s}}", "0.27", "Alertmanager 0.27 has no time-out"),
        ("{webhook: {secretUrl: {file: /x}}}", "0.25", "is a file, which Alertmanager 0.25 cannot read"),
    ],
)
def test_what_the_version_lacks_is_said(tmp_path: Path, receiver: str, version: str, message: str) -> None:
    change = (PAGER, receiver)
    old = compile_shop(tmp_path, change, project=f'target: {{alertmanager: "{version}"}}')
    assert [one for one in problems_of(old) if message in one]
    new = compile_shop(tmp_path, change, project='target: {alertmanager: "0.28"}')
    assert problems_of(new) == []


def test_an_alertmanager_older_than_the_oldest_is_refused(tmp_path: Path) -> None:
    found = problems_of(compile_shop(tmp_path, project='target: {alertmanager: "0.24"}'))
    assert found == ["target/unsupported: `0.24` is not a version of Alertmanager that promgen compiles for"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (SILENCE + "{matchers: {a: b}, from: 2026-01-02T00:00:00Z, to: 2026-01-01T00:00:00Z" + WHY, "ends before it begins"),
        (MAINTENANCE + "{services: [cart], from: '22:00', to: '22:00', zone: UTC" + WHY, "it ends when it begins"),
        (MAINTENANCE + "{" + NIGHT.replace('04', '01') + "daysOfMonth: [1], zone: UTC" + WHY, "on another one"),
        (MAINTENANCE + "{" + NIGHT + "zone: localtime" + WHY, "`localtime` is no time zone"),
        (SILENCE + "{matchers: {a: {matches: '.*'}}, " + DAY + WHY, "all alerts"),
        (SILENCE + "{matchers: {a: {matches: '('}}, " + DAY + WHY, "cannot be followed"),
        (SILENCE + "{matchers: {service: crat}, " + DAY + WHY, "has `service` `crat`"),
        (MAINTENANCE + "{services: [crat], from: '02:00', to: '04:00', zone: UTC" + WHY, "there is no service `crat`"),
        (MAINTENANCE + "{" + NIGHT + "daysOfMonth: [32], zone: UTC" + WHY, "`32` is no day of a month"),
        (MAINTENANCE + "{" + NIGHT + "zone: Mars/Olympus" + WHY, "`Mars/Olympus` is no time zone"),
        (MAINTENANCE + "{" + NIGHT + "priorities: [P0], zone: UTC" + WHY, "`P0` is not allowed here"),
        ("Routing\nmetadata: {name: again, system: shop}\nspec: {}", "is defined twice"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_found(tmp_path: Path, document: str, message: str) -> None:
    found = problems_of(compile_shop(tmp_path, more=f"apiVersion: promgen/v1\nkind: {document}\n"))
    assert [one for one in found if message in one], found


@pytest.mark.parametrize("written", ["s3cr3t", "{value: s3cr3t}", "[s3cr3t]", "{file: {s3cr3t: 1}}"])
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, written: str) -> None:
    change = (
        "{pagerduty: {routingKey: {file: /secrets/pagerduty}}}",
        f"{{pagerduty: {{routingKey: {written}}}}}",
    )
    compilation = compile_shop(tmp_path, change)
    (found,) = problems_of(compilation)
    assert found.startswith("spec/secret: a secret is written as the place where it is found")
    shown = render_text(compilation.diagnostics, compilation.texts) + json.dumps(
        to_json(compilation.diagnostics)
    )
    assert "s3cr3t" not in shown
    assert "`file` or `kubernetes`" in shown


def test_one_mistake_in_a_team_is_one_problem(tmp_path: Path) -> None:
    hours = "{hours: {zone: Mars, from: '08:00', to: '09:00'}}"
    team = f"apiVersion: promgen/v1\nkind: Team\nmetadata: {{name: others}}\nspec: {hours}\n"
    service = "---\n" + SERVICES.replace("cart", "till").replace("stock", "coin").replace("people", "others")
    (found,) = problems_of(compile_shop(tmp_path, more=team + service))
    assert "`Mars` is no time zone" in found


def test_a_mistake_in_a_routing_is_not_held_against_others(tmp_path: Path) -> None:
    found = problems_of(compile_shop(tmp_path, ("{unrouted: [chat]}", "{unrouted: [chat], smtp: {host: x}}")))
    assert {one.partition(":")[0] for one in found} == {"spec/missing-key", "spec/unknown-key"}
