"""What a build writes for each kind of delivery."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from promgen.compiler.ir.rules import Group, RuleFile, group_data
from promgen.compiler.lower.objects import OBJECT_BYTES, object_name, rule_objects, text_objects
from promgen.compiler.pipeline import Output
from promgen.model.delivery import Delivery, Kubernetes
from tests.compiler.projects import output_of
from tests.deliveries.content import compile_repository, compile_shop, delivered, read, write_files
from tests.deliveries.schema import faults
from tests.real import Install, check_rules
from tests.real.promtool import run

FOUR_SYSTEMS = """\
  - {name: mimir, mimir: {url: "http://mimir.example", groups: 0}}
  - name: cluster
    kubernetes: {namespace: monitoring, labels: {prometheus: main}, annotations: {example.org/by: us}, configMap: true}
  - {name: thanos, environments: [staging], thanos: {folder: /etc/thanos}}
"""


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """The four systems, delivered in several formats."""
    return compile_repository(tmp_path_factory.mktemp("four"), FOUR_SYSTEMS)


def rules_of(files: tuple[RuleFile, ...]) -> Counter[str]:
    """Every rule of compiled files as text."""
    return Counter(
        text_of(rule) for file in files for group in file.groups for rule in group_data(group)["rules"]
    )


def text_of(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def test_mimir_gets_every_rule_in_groups_that_it_takes(four: Output) -> None:
    spaces = [read(text) for text in delivered(four, "mimir").values()]
    groups = [group for space in spaces for group in space["groups"]]
    assert Counter(text_of(rule) for group in groups for rule in group["rules"]) == rules_of(four.rule_files)
    assert max(len(group["rules"]) for group in groups) <= 20
    assert len({space["namespace"] for space in spaces}) == len(spaces)
    assert all(space.keys() == {"namespace", "groups"} for space in spaces)


def test_a_large_group_has_parts_of_stable_names(four: Output) -> None:
    text = delivered(four, "mimir")["production/quantivista/market-data.rules.yaml"]
    space = read(text)
    assert space["namespace"] == "promgen/production/quantivista/market-data"
    names = [group["name"] for group in space["groups"]]
    assert [name for name in names if name.startswith("alerts/")] == [
        "alerts/market-data",
        "alerts/market-data/2",
    ]


def test_rules_for_thanos_are_those_of_its_environments(
    four: Output, install: Install, tmp_path: Path
) -> None:
    files = delivered(four, "thanos")
    assert files == {
        path.removeprefix("rules/"): artifact.content.decode()
        for path, artifact in four.tree.items()
        if path.startswith("rules/staging/") and path.endswith(".rules.yaml")
    }
    for path in write_files(tmp_path, files):
        check_rules(install, path)


def test_objects_have_only_known_fields_and_fit(four: Output) -> None:
    objects = [read(text) for text in delivered(four, "cluster").values()]
    assert {found["kind"] for found in objects} == {"PrometheusRule", "ConfigMap"}
    for found in objects:
        assert faults(found) == []
        assert found["metadata"]["labels"] == {"prometheus": "main"}
        assert found["metadata"]["annotations"] == {"example.org/by": "us"}
        assert len(json.dumps(found)) < 262_144
    named = [(found["kind"], found["metadata"]["name"]) for found in objects]
    assert len(set(named)) == len(named)


def test_objects_hold_every_rule(four: Output) -> None:
    objects = [read(text) for text in delivered(four, "cluster").values()]
    rules = [
        rule
        for found in objects
        if found["kind"] == "PrometheusRule"
        for group in found["spec"]["groups"]
        for rule in group["rules"]
    ]
    assert Counter(map(text_of, rules)) == rules_of(four.rule_files)


def test_config_maps_hold_the_rule_files_as_they_are(four: Output, install: Install, tmp_path: Path) -> None:
    objects = [read(text) for text in delivered(four, "cluster").values()]
    texts = {
        key: text for found in objects if found["kind"] == "ConfigMap" for key, text in found["data"].items()
    }
    rules = [
        artifact.content.decode()
        for path, artifact in four.tree.items()
        if path.endswith(".rules.yaml") and "/deliveries/" not in path
    ]
    assert sorted(text for key, text in texts.items() if key.endswith(".rules.yaml")) == sorted(rules)
    paths = write_files(tmp_path, {key: text for key, text in texts.items() if key.endswith(".rules.yaml")})
    run(install, "check", "rules", *map(str, paths))


def test_a_name_of_an_object_is_exact_or_has_a_hash() -> None:
    assert object_name("k/production/shop/cart") == "k.production.shop.cart"
    names = {object_name(path) for path in ("k/a/b", "k/a.b", "k/A/b", "k/a_b", "k/a-b", "k/ä")}
    assert len(names) == 6
    long = [object_name("k/" + "/".join(["part"] * 80 + [end])) for end in ("a", "b")]
    assert len(set(long)) == 2
    assert all(len(name) <= 253 and not faults(empty_map(name)) for name in (*names, *long))


def empty_map(name: str) -> dict[str, Any]:
    head = {"apiVersion": "v1", "kind": "ConfigMap"}
    return {**head, "metadata": {"name": name, "namespace": "monitoring"}, "data": {"a": ""}}


def test_what_does_not_fit_in_one_object_is_in_several(four: Output) -> None:
    to = Kubernetes(namespace="monitoring")
    delivery = Delivery(name="k", to=to)
    groups = [group for file in four.rule_files for group in file.groups][:60]
    file = RuleFile("big", "big.yaml", tuple(numbered(groups)))
    objects = list(rule_objects([file], delivery, to))
    assert [found.name for found in objects[:2]] == ["k.big", "k.big.part-2"]
    assert all(len(json.dumps(found.body)) < OBJECT_BYTES + 1024 for found in objects)
    assert [group["name"] for found in objects for group in found.body["spec"]["groups"]] == [
        group.name for group in file.groups
    ]


def numbered(groups: list[Group]) -> list[Group]:
    return [group._replace(name=f"{place}") for place, group in enumerate(groups)]


def test_texts_are_packed_in_their_order() -> None:
    to = Kubernetes(namespace="monitoring")
    texts = {f"t{place}": "x" * 100_000 for place in range(5)}
    objects = list(text_objects("rules", texts, Delivery(name="k", to=to), to))
    assert [list(found.body["data"]) for found in objects] == [["t0", "t1"], ["t2", "t3"], ["t4"]]


def test_other_specifications_change_no_name(tmp_path: Path) -> None:
    deliveries = '  - {name: m, mimir: {url: "http://m"}}\n  - {name: k, kubernetes: {namespace: n}}\n'
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = output_of(compile_shop(tmp_path / "one", deliveries))
    extra = {
        "aaa.yaml": (tmp_path / "one/slo-specs/cart.yaml").read_text().replace("name: cart", "name: aaa")
    }
    second = output_of(compile_shop(tmp_path / "two", deliveries, extra))
    for name in ("m", "k"):
        assert delivered(first, name).items() <= delivered(second, name).items()
        assert len(delivered(first, name)) == 1


def test_plain_files_and_alertmanager_are_not_written_again(tmp_path: Path) -> None:
    deliveries = '  - {name: logs, files: [logs.yaml], loki: {url: "http://loki"}}\n'
    assert delivered(output_of(compile_shop(tmp_path, deliveries)), "logs") == {}
