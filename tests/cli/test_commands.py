"""What each command ends with and prints, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from promgen.cli import COMMANDS, cli
from promgen.cli.completion import complete_names
from tests.cli.terminal import as_json, promgen

SERVICE = "slo-specs/shop/checkout.yaml"


def replace(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), encoding="utf-8")


# --- build and check


def test_a_first_build_writes_and_a_second_one_does_not(shop: Path) -> None:
    first, second = promgen(shop, "build"), promgen(shop, "build")
    assert (first.code, second.code) == (0, 0)
    assert "+ rules/shop/checkout.rules.yaml" in first.out
    assert second.out == "nothing changed\n"


def test_a_build_as_json_says_what_changed(shop: Path) -> None:
    created = as_json(shop, "build").data["changed"]["created"]
    assert created[:4] == [
        "rules/alertmanager/alertmanager.yml",
        "rules/alertmanager/promgen.tmpl",
        "rules/catalog.json",
        "rules/shop/checkout.rules.yaml",
    ]
    assert "rules/shop/checkout.tests/1m.yaml" in created[4:]
    assert all(path.startswith("rules/shop/checkout.tests/") for path in created[4:])
    assert as_json(shop, "build").data == {"problems": [], "changed": []}


def test_a_mistake_ends_a_build_with_1_and_leaves_the_rules_alone(built: Path) -> None:
    rules = (built / "rules/shop/checkout.rules.yaml").read_bytes()
    replace(built, SERVICE, "99.9%", "100%")
    done = promgen(built, "build")
    assert (done.code, done.out) == (1, "")
    assert "error[slo/objective-range]" in done.err
    assert as_json(built, "build").data["changed"] is None
    assert (built / "rules/shop/checkout.rules.yaml").read_bytes() == rules


def test_check_ends_with_0_when_all_is_well(built: Path) -> None:
    assert promgen(built, "check").code == 0
    assert as_json(built, "check").data == {"problems": [], "drift": {}}


def test_check_ends_with_1_for_a_mistake_and_with_3_for_a_difference(built: Path) -> None:
    replace(built, SERVICE, "99.9%", "99.5%")
    assert promgen(built, "check").code == 3
    assert as_json(built, "check").data["drift"]["rules/shop/checkout.rules.yaml"] == "different"
    replace(built, SERVICE, "99.5%", "nonsense")
    assert promgen(built, "check").code == 1


def test_outside_of_a_project_commands_end_with_2(tmp_path: Path) -> None:
    for command in ("build", "check", "list"):
        done = promgen(tmp_path, command)
        assert (done.code, done.out) == (2, "")
        assert "there is no promgen.yaml" in done.err


@pytest.mark.parametrize(
    "arguments", [("biuld",), ("build", "--wacth"), ("list", "sloz"), ("explain", "nothing")]
)
def test_a_slip_in_the_command_ends_with_2(built: Path, arguments: tuple[str, ...]) -> None:
    done = promgen(built, *arguments)
    assert (done.code, done.out) == (2, "")


def test_a_command_close_to_one_is_suggested(tmp_path: Path) -> None:
    assert "did you mean `build`?" in promgen(tmp_path, "biuld").err


def test_a_folder_of_specifications_that_is_missing_ends_with_4(built: Path) -> None:
    (built / "slo-specs").rename(built / "specs")
    assert promgen(built, "build").code == 4


# --- explain


def test_explain_ends_with_0_and_finds_by_the_end_of_a_name(built: Path) -> None:
    whole, end = promgen(built, "explain", "checkout/availability"), promgen(built, "explain", "availability")
    assert whole == end
    assert whole.code == 0
    assert as_json(built, "explain", "availability").data[0]["name"] == "checkout/availability"


# --- list


def test_list_shows_services_slos_and_alerts(built: Path) -> None:
    assert promgen(built, "list").out.split() == [
        *["SERVICE", "OWNER", "CRITICALITY", "SLOS", "ALERTS"],
        *["shop", "checkout", "payments", "critical", "1", "1"],
        *["SLO", "OBJECTIVE", "WINDOW", "INDICATOR"],
        *["checkout", "availability", "99.9%", "30d", "events"],
        *["ALERT", "SEVERITIES"],
        *["checkout", "CheckoutQueueLong", "critical,", "medium"],
    ]


def test_list_as_json_has_one_entry_for_each(built: Path) -> None:
    data = as_json(built, "list").data
    assert list(data) == ["services", "slos", "alerts"]
    assert data["services"] == [
        {
            "name": "checkout",
            "system": "shop",
            "owner": "payments",
            "criticality": "critical",
            "slos": 1,
            "alerts": 1,
            "dependsOn": [],
            "file": SERVICE,
        }
    ]
    assert data["slos"][0]["objective"] == "99.9%"
    assert data["alerts"][0]["severities"] == ["critical", "medium"]
    assert list(as_json(built, "list", "slos").data) == ["slos"]


ENVIRONMENTS = """\
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: shop}
spec: {selector: {namespace: production}}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: shop}
spec:
  selector: {namespace: staging}
  highestSeverity: info
"""


def test_list_merges_environments_in_which_all_is_the_same(shop: Path) -> None:
    with (shop / "slo-specs/shop/system.yaml").open("a", encoding="utf-8") as file:
        file.write(ENVIRONMENTS)
    assert (
        "availability  99.9%      30d     events     production, staging" in promgen(shop, "list", "slos").out
    )
    alerts = promgen(shop, "list", "alerts").out.split("\n")
    assert [line.split()[1:] for line in alerts if "QueueLong" in line] == [
        ["critical,", "medium", "production"],
        ["info", "staging"],
    ]
    assert [slo["environment"] for slo in as_json(shop, "list", "slos").data["slos"]] == [
        "production",
        "staging",
    ]
    assert len(as_json(shop, "list", "alerts", "-e", "staging").data["alerts"]) == 1


def test_list_filters(built: Path) -> None:
    assert len(as_json(built, "list", "--system", "shop", "--owner", "payments").data["slos"]) == 1
    done = promgen(built, "list", "--owner", "paymentz")
    assert (done.code, done.out) == (2, "")
    assert "did you mean `payments`?" in done.err


def test_list_of_a_broken_project_ends_with_1(built: Path) -> None:
    replace(built, SERVICE, "99.9%", "100%")
    assert promgen(built, "list").code == 1


# --- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell: str) -> None:
    done = promgen(tmp_path, "completion", shell)
    assert done.code == 0
    assert "_PROMGEN_COMPLETE" in done.out


def test_completion_knows_the_names_of_the_last_build(built: Path) -> None:
    context = click.Context(cli, info_name="promgen")
    context.params["directory"] = str(built)
    below = click.Context(click.Command("explain"), parent=context)
    argument = click.Argument(["name"])
    assert complete_names(below, argument, "c") == ["checkout/CheckoutQueueLong", "checkout/availability"]
    assert complete_names(below, argument, "av") == ["availability"]
    context.params["directory"] = str(built.parent)
    assert complete_names(below, argument, "") == []


# --- help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal_and_shows_an_example(tmp_path: Path, command: str) -> None:
    done = promgen(tmp_path, command, "--help")
    assert done.code == 0
    assert max(map(len, done.out.split("\n"))) <= 80
    assert f"promgen {command}" in done.out.partition("\n")[2] or f"{command}\n" in done.out


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = promgen(tmp_path, "--help")
    assert [command for command in COMMANDS if f"\n  {command}" not in done.out] == []


@pytest.mark.parametrize(
    "arguments",
    [("--format", "json", "list"), ("list", "--format", "json"), ("list", "slos", "--format=json")],
)
def test_the_format_may_stand_before_or_after_the_command(built: Path, arguments: tuple[str, ...]) -> None:
    """Hands put it at the end."""
    result = CliRunner().invoke(cli, ["-C", str(built), *arguments], catch_exceptions=False)
    assert isinstance(json.loads(result.output), list | dict)
