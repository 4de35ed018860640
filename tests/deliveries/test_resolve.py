"""`deliveries` of promgen.yaml: what is wrong is said where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.model.delivery import Access, Credential, Delivery, Folder, Kubernetes, Ruler
from tests.compiler.projects import output_of, problems_of, underlined
from tests.deliveries.content import compile_shop

ENVIRONMENTS = {
    "environments.yaml": """\
apiVersion: promgen/v1
kind: Environment
metadata: {name: production}
spec: {}
"""
}

WRONG = {
    "no kind": ("name: a", "spec/bad-value: delivery `a` says nothing about where to", "{name: a}"),
    "two kinds": (
        "name: a, kubernetes: {namespace: n}, thanos: {folder: f}",
        "spec/bad-value: delivery `a` has thanos and kubernetes",
        "",
    ),
    "environment": (
        "name: a, environments: [prod], thanos: {folder: f}",
        "reference/unknown: there is no environment `prod`",
        "prod",
    ),
    "file outside": (
        'name: a, files: [../x.yaml], loki: {url: "http://loki"}',
        "source/outside-project: `../x.yaml` is no file of the project: it contains `..`",
        "../x.yaml",
    ),
    "absolute file": (
        'name: a, files: [/x.yaml], loki: {url: "http://loki"}',
        "source/outside-project: `/x.yaml` is no file of the project: it is absolute; everything lies inside the project",
        "/x.yaml",
    ),
    "Loki without files": (
        'name: a, loki: {url: "http://loki"}',
        "spec/missing-key: Loki reads LogQL, and promgen compiles PromQL",
        '{url: "http://loki"}',
    ),
    "files for Kubernetes": (
        "name: a, files: [x.yaml], kubernetes: {namespace: n}",
        "spec/bad-value: `files` are rule files for `promgen push`",
        "[x.yaml]",
    ),
    "no address": (
        "name: a, mimir: {url: mimir}",
        "spec/bad-value: this is no address of a server",
        "mimir",
    ),
    "secret in the address": (
        'name: a, mimir: {url: "http://me:hidden@mimir"}',
        "spec/bad-value: the address holds more than a server and a path",
        '"http://me:hidden@mimir"',
    ),
    "token and user": (
        'name: a, mimir: {url: "http://m", token: {env: T}, username: me, password: {env: P}}',
        "spec/bad-value: both a token and a user",
        "{env: T}",
    ),
    "user without password": (
        'name: a, mimir: {url: "http://m", username: me}',
        "spec/missing-key: `username` without `password`",
        "me",
    ),
    "two places of a secret": (
        'name: a, mimir: {url: "http://m", token: {env: T, file: /t}}',
        "spec/bad-value: both `env` and `file` for one secret",
        "{env: T, file: /t}",
    ),
    "namespace of Mimir": (
        'name: a, mimir: {url: "http://m", namespace: a/b}',
        "spec/bad-value: `a/b` cannot begin the name of a namespace",
        "a/b",
    ),
    "namespace of Kubernetes": (
        "name: a, kubernetes: {namespace: Shop}",
        "spec/bad-value: `Shop` is no namespace",
        "Shop",
    ),
    "key of a label": (
        "name: a, kubernetes: {namespace: n, labels: {a/b/c: x}}",
        "spec/bad-value: `a/b/c` is no key of labels in Kubernetes",
        "x",
    ),
    "value of a label": (
        "name: a, kubernetes: {namespace: n, labels: {team: the shop}}",
        "spec/bad-value: `the shop` is no value of a label in Kubernetes",
        "the shop",
    ),
    "nothing to write": (
        "name: a, kubernetes: {namespace: n, rules: false}",
        "spec/bad-value: nothing would be written",
        "false",
    ),
    "too many groups": (
        'name: a, mimir: {url: "http://m", groups: 1}',
        "delivery/limit: delivery `a` has 2 groups, and the ruler takes 1 of a tenant",
        "1",
    ),
    "nobody is told": (
        "name: a, alertmanager: {folder: /etc/alertmanager}",
        "spec/missing-key: the project says nothing about who is told",
        "{folder: /etc/alertmanager}",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_said_where_it_stands(case: str, tmp_path: Path) -> None:
    written, problem, place = WRONG[case]
    compilation = compile_shop(tmp_path, f"  - {{{written}}}\n", ENVIRONMENTS)
    assert problems_of(compilation) == [problem]
    assert compilation.output is None
    if place:
        assert underlined(compilation) == [place]


def test_a_name_is_given_once(tmp_path: Path) -> None:
    one = "  - {name: a, thanos: {folder: f}}\n"
    compilation = compile_shop(tmp_path, one + one)
    assert problems_of(compilation) == ["name/collision: delivery `a` is defined twice"]


def test_an_address_that_is_refused_is_not_repeated(tmp_path: Path) -> None:
    compilation = compile_shop(tmp_path, '  - {name: a, mimir: {url: "http://me:hidden@mimir"}}\n')
    assert not any("hidden" in f"{one.message} {one.allowed}" for one in compilation.diagnostics)


def test_a_delivery_is_as_written(tmp_path: Path) -> None:
    deliveries = """\
  - name: rulers
    environments: [production]
    mimir: {url: "https://mimir.example/", token: {env: TOKEN}, tenant: shop, rulesPerGroup: 10}
  - {name: logs, files: [logs/rules.yaml], loki: {url: "http://loki", username: me, password: {file: /run/it}}}
  - {name: vm, victoriametrics: {folder: /etc/vmalert, reload: {url: "http://vmalert:8880"}}}
  - {name: cluster, kubernetes: {namespace: monitoring, labels: {prometheus: main}}}
"""
    assert output_of(compile_shop(tmp_path, deliveries, ENVIRONMENTS)).deliveries == (
        Delivery(
            name="rulers",
            to=Ruler(
                kind="mimir",
                access=Access(url="https://mimir.example/", token=Credential(env="TOKEN")),
                tenant="shop",
                rules_per_group=10,
                groups=70,
            ),
            environments=("production",),
        ),
        Delivery(
            name="logs",
            to=Ruler(
                kind="loki",
                access=Access(url="http://loki", username="me", password=Credential(file="/run/it")),
                rules_per_group=0,
                groups=0,
            ),
            files=("logs/rules.yaml",),
        ),
        Delivery(
            name="vm",
            to=Folder(
                reader="victoriametrics",
                folder="/etc/vmalert",
                reload=Access(url="http://vmalert:8880"),
            ),
        ),
        Delivery(name="cluster", to=Kubernetes(namespace="monitoring", labels={"prometheus": "main"})),
    )


def test_a_ruler_has_the_limits_that_the_target_declares(tmp_path: Path) -> None:
    deliveries = '  - {name: a, mimir: {url: "http://m", groups: 5}}\ntarget: {limits: {rulesPerGroup: 40, groups: 9}}\n'
    (delivery,) = output_of(compile_shop(tmp_path, deliveries)).deliveries
    assert isinstance(delivery.to, Ruler)
    assert (delivery.to.rules_per_group, delivery.to.groups) == (40, 5)
