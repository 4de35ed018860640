"""`promgen diff` as it is used: on a project in a repository of git, as text, as data and as Markdown."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.changes.test_revisions import Repository
from tests.cli.terminal import Done, as_json, promgen
from tests.compiler.projects import service, write_project

SYSTEM = ", system: shop"
CART = """\
selector: {job: cart}
slos:
  - name: availability
    objective: 99.9%
    window: 30d
    sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: {matches: "5.."}}}}}
alerts:
  - name: QueueLong
    expr: 'cart_queue{kind="a",state="b"} / cart_room_ratio'
    unit: ratio
    above: {high: 0.1%}
    for: 5m
"""
REFORMATTED = """\
alerts:
  - for: 300s # again
    above: {"high": 0.001}
    unit: ratio
    name: QueueLong
    expr: "cart_queue{ state='b', kind='a' } / (cart_room_ratio)"
slos:
  - sli:
      ratio:
        bad: {selector: {code: {matches: '5..'}}}
        total:
          metric: "requests_total"
    window: 30d
    name: availability
    objective: '0.999'
selector: {job: "cart"}
"""
ROUTING = """\
apiVersion: promgen/v1
kind: Receiver
metadata: {name: everyone}
spec:
  slack: {channel: "#everyone", webhook: {file: /etc/alertmanager/slack}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: pager}
spec:
  pagerduty: {routingKey: {file: /etc/alertmanager/pagerduty}}
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: project}
spec:
  unrouted: [everyone]
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: shop, system: shop}
spec:
  priorities:
    P0: {acknowledge: 5m, receivers: [pager]}
    P1: {acknowledge: 15m, receivers: [pager]}
    P2: {receivers: [everyone]}
    P3: {receivers: [everyone]}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A committed project that nothing changed in."""
    write_project(tmp_path, {"cart.yaml": service(CART, more=SYSTEM)})
    repository = Repository(tmp_path)
    write_project(tmp_path, {"cart.yaml": service(CART, more=SYSTEM)})
    repository.commit()
    return repository


def edit(repository: Repository, before: str, after: str, path: str = "slo-specs/cart.yaml") -> None:
    text = (repository.root / path).read_text(encoding="utf-8")
    assert before in text
    repository.write(path, text.replace(before, after))


def lines(done: Done) -> list[str]:
    """What stands in the output, without the indentation and the line at the top."""
    assert done.code == 0, done.err
    return [line.strip() for line in done.out.split("\n")[1:] if line]


def test_a_project_does_not_differ_from_itself(shop: Repository) -> None:
    done = promgen(shop.root, "diff")
    assert re.fullmatch(r"HEAD \([0-9a-f]{10}\) -> working tree\nnothing changed\n", done.out)
    assert done.code == 0


def test_a_project_that_is_written_otherwise_does_not_differ(shop: Repository) -> None:
    shop.write("slo-specs/cart.yaml", service(REFORMATTED, more=SYSTEM))
    assert lines(promgen(shop.root, "diff")) == ["nothing changed"]


def test_a_change_is_told_in_every_respect(shop: Repository) -> None:
    edit(shop, "0.1%", "0.05%")
    edit(shop, "for: 5m", "for: 10m")
    assert lines(promgen(shop.root, "diff")) == [
        "Specifications: 1 object",
        "shop / cart",
        "~ alert QueueLong",
        "high threshold 0.1% -> 0.05%  tighter",
        "high for 5m -> 10m  looser",
        "Rules: 1 rule",
        "cart",
        "~ alert QueueLong",
        "threshold 0.001 -> 0.0005  tighter",
        "for 5m -> 10m  looser",
    ]


def test_an_alert_more_costs_a_rule_more(shop: Repository) -> None:
    edit(shop, "alerts:\n", "alerts:\n    - {name: Down, expr: up == 0, severity: low}\n")
    found = lines(promgen(shop.root, "diff"))
    assert "+ alert Down" in found
    (cost,) = as_json(shop.root, "diff").data["costs"]
    assert cost["after"]["rules"] == cost["before"]["rules"] + 1


def test_long_values_are_wrapped_to_the_width_of_a_terminal(shop: Repository) -> None:
    edit(
        shop, "cart_queue{", "sum without (instance, pod, container, node, zone, region, shard) (cart_queue{"
    )
    edit(shop, '"b"}', '"b"})')
    assert max(map(len, promgen(shop.root, "diff").out.split("\n"))) <= 80


def test_two_revisions_are_compared_and_the_working_tree_left_out(shop: Repository) -> None:
    edit(shop, "99.9%", "99.95%")
    shop.commit()
    edit(shop, "99.95%", "99%")
    found = lines(promgen(shop.root, "diff", "HEAD~1..HEAD"))
    assert "objective 99.9% -> 99.95%  tighter" in found
    assert "objective 99.95% -> 99%  looser" in lines(promgen(shop.root, "diff"))


def test_a_folder_is_compared_without_git(shop: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    before, after = (tmp_path_factory.mktemp(name) for name in ("before", "after"))
    for folder in (before, after):
        shutil.copytree(shop.root, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    (after / "slo-specs/cart.yaml").write_text(
        service(CART.replace("99.9%", "99%"), more=SYSTEM), encoding="utf-8"
    )
    found = lines(promgen(after, "diff", "--from", f"../{before.name}"))
    assert "objective 99.9% -> 99%  looser" in found


def test_alerts_that_go_to_someone_else_are_told(shop: Repository) -> None:
    shop.write("slo-specs/routing.yaml", ROUTING)
    shop.commit()
    edit(shop, "15m, receivers: [pager]", "15m, receivers: [everyone]", "slo-specs/routing.yaml")
    data = as_json(shop.root, "diff").data
    (found,) = data["alerts"]
    assert "cart QueueLong (high)" in found["alerts"]
    told = {change["field"]: (change["before"], change["after"]) for change in found["changes"]}
    assert told["told"] == ("pagerduty", "slack #everyone")


def test_of_a_secret_only_the_reference_is_shown(shop: Repository) -> None:
    for name in ("text", "json", "markdown"):
        shop.write("slo-specs/routing.yaml", ROUTING)
        shop.commit()
        edit(shop, "/etc/alertmanager/slack", "/etc/alertmanager/other", "slo-specs/routing.yaml")
        out = promgen(shop.root, "--format", name, "diff").out
        assert "/etc/alertmanager/other" in out.replace("\n", "")
        assert "receiver" in out


def test_data_has_every_part(shop: Repository) -> None:
    edit(shop, "99.9%", "99.95%")
    data = as_json(shop.root, "diff").data
    assert [*data] == [
        *("schema", "before", "after", "specifications", "rules", "configuration", "alerts"),
        *("alertsNotCompared", "costs", "files", "notes"),
    ]
    (slo,) = data["specifications"]
    assert slo == {
        "kind": "SLO",
        "name": "cart/availability",
        "status": "changed",
        "was": "",
        "system": "shop",
        "service": "cart",
        "environments": [],
        "changes": [{"field": "objective", "before": "99.9%", "after": "99.95%", "effect": "tighter"}],
    }


def test_a_side_that_does_not_compile_is_named(shop: Repository) -> None:
    edit(shop, "99.9%", "200%")
    done = promgen(shop.root, "diff")
    assert done.code == 1
    assert done.err.startswith("working tree does not compile:\n")
    shop.commit()
    edit(shop, "200%", "99.9%")
    done = as_json(shop.root, "diff")
    assert done.code == 1
    (side,) = done.data["problems"]
    assert side["revision"].startswith("HEAD (")
    assert [problem["problem"] for problem in side["problems"]] == ["slo/objective-range"]


def test_what_cannot_be_compared_is_said_with_what_can(
    shop: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = promgen(shop.root, "diff", "nothing")
    assert (done.code, "git knows no revision `nothing`" in done.err) == (2, True)
    assert "--from FOLDER" in done.err
    outside = tmp_path_factory.mktemp("outside")
    shutil.copytree(shop.root, outside, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    done = promgen(outside, "diff")
    assert (done.code, "--from FOLDER" in done.err) == (2, True)
    assert promgen(shop.root, "diff", "--from", str(outside)).code == 0
    assert promgen(shop.root, "diff", "HEAD", "--from", str(outside)).code == 2
    assert promgen(shop.root, "diff", "main", "--from", str(outside)).code == 2
    done = promgen(shop.root, "diff", "--from", "slo-specs/nothing")
    assert (done.code, "there is no folder" in done.err) == (2, True)


def test_markdown_says_what_changed(shop: Repository) -> None:
    edit(shop, "0.1%", "0.05%")
    out = promgen(shop.root, "--format", "markdown", "diff").out
    assert "**Specifications**: 1 object · **Rules**: 1 rule\n" in out
    assert "| `alert QueueLong` | `high threshold` | `0.1%` | `0.05%` | tighter |\n" in out
    assert out.count("<details>") == out.count("</details>") == 2


HOSTILE = "</details><script>x</script> `a` | [b](http://c) @d #1 \\| ![e](f) **g** &amp; \u202e\x1b[31m"


def test_markdown_of_hostile_text_is_inert(shop: Repository) -> None:
    quoted = "".join(f"\\u{ord(character):04x}" for character in HOSTILE)
    edit(shop, "alerts:\n", f'description: "{quoted}"\n  alerts:\n')
    out = promgen(shop.root, "--format", "markdown", "diff").out
    assert "&#60;&#47;details&#62;" in out
    for harm in ("<script", "[b](", "@d", "![", "**g**", "\u202e", "\x1b"):
        assert harm not in out
    assert out.count("</details>") == out.count("<details>")
    rows = [line for line in out.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_text_of_hostile_names_moves_no_cursor(shop: Repository) -> None:
    edit(shop, "alerts:\n", 'description: "\\u001b[2Ja\\u202e"\n  alerts:\n')
    out = promgen(shop.root, "diff").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_nothing_in_the_repository_is_written(shop: Repository) -> None:
    edit(shop, "99.9%", "99%")
    before = subprocess.run(["git", "status", "--porcelain"], cwd=shop.root, capture_output=True, check=True)
    promgen(shop.root, "diff")
    after = subprocess.run(["git", "status", "--porcelain"], cwd=shop.root, capture_output=True, check=True)
    assert before.stdout == after.stdout == b" M slo-specs/cart.yaml\n"
