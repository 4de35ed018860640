"""A budget in promgen.yaml stops builds that cost more, names what costs most, and is silent otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.base.durations import Duration
from promgen.model.inventory import Inventory, Metric
from promgen.model.inventory_codec import dump_inventory
from tests.cli.terminal import Done, as_json, promgen
from tests.compiler.projects import compile_files, problems_of, service, underlined, write_project

SLOS = """\
slos:
  - {name: small, objective: 99%, window: 7d, sli: {probe: {selector: {job: blackbox}}}}
  - name: large
    objective: 99%
    window: 7d
    sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
alerts:
  - {name: QueueLong, expr: queue_length, above: {low: 50, high: 80}}
"""


def inventory(pods: int) -> Inventory:
    """A server with some pods, of whose series one in five says code 500."""
    return Inventory(
        metrics={
            "probe_success": Metric(name="probe_success", series=2, labels={"job": ("blackbox",)}),
            "queue_length": Metric(name="queue_length", series=3, labels={"queue": ("a", "b", "c")}),
            "requests_total": Metric(
                name="requests_total",
                type="counter",
                series=5 * pods,
                labels={"code": ("200", "500"), "job": ("web",), "pod": None},
                spread={"code": (4 * pods, pods)},
            ),
        },
        scrape_intervals={"web": Duration(30_000)},
    )


def project(root: Path, budget: str, pods: int = 20) -> Path:
    """A project with a budget and an inventory."""
    write_project(root, {"shop.yaml": service(SLOS, name="shop")}, f"inventory: stock.json\n{budget}")
    (root / "stock.json").write_bytes(dump_inventory(inventory(pods)))
    return root


def amounts(root: Path) -> dict[str, dict[str, float]]:
    """What `promgen cost` says, by name, and in all as `total`."""
    data = as_json(root, "cost").data
    return {row["name"]: row for row in data["rows"]} | {"total": data["total"]}


def test_amounts_follow_from_the_inventory(tmp_path: Path) -> None:
    few, many = amounts(project(tmp_path, "", 20)), amounts(project(tmp_path, "", 40))
    assert few["small"] == many["small"]
    # Rates over 5m30s, 30m and 1h of 100 and 20 series each, scraped every 30 seconds, and what is recorded.
    measured = (100 + 20) * (11 + 60 + 120) / 60
    assert many["large"]["samplesPerSecond"] - few["large"]["samplesPerSecond"] == pytest.approx(
        measured, rel=0.01
    )
    assert few["QueueLong"]["series"] == 3
    assert few["QueueLong"]["alertSeries"] >= 2 * 2 * 3
    assert few["total"]["rules"] == sum(few[name]["rules"] for name in ("small", "large", "QueueLong"))
    assert few["total"]["storedPerSecond"] < few["total"]["series"]


def test_what_is_within_the_budget_is_built(tmp_path: Path) -> None:
    root = project(
        tmp_path, "budget: {samplesPerSecond: 100000, series: 1000, perSlo: {samplesPerSecond: 90000}}"
    )
    assert promgen(root, "build").code == 0
    assert promgen(root, "check").code == 0


def over(root: Path, *command: str) -> Done:
    """A command that must find the budget exceeded."""
    done = promgen(root, *command)
    assert done.code == 1, done.err
    assert "error[cost/over-budget]" in done.err
    return done


def test_too_many_samples_name_the_setting_and_the_worst(tmp_path: Path) -> None:
    root = project(tmp_path, "budget:\n  samplesPerSecond: 100\n")
    read = amounts(root)
    done = over(root, "build")
    assert "promgen.yaml:5:21" in done.err
    assert (
        f"the rules read {read['total']['samplesPerSecond']:.0f} samples per second; most by `shop/large`"
        in done.err
    )
    assert "allowed: at most 100" in done.err
    assert not (root / "rules").exists()


def test_too_many_series_are_told(tmp_path: Path) -> None:
    root = project(tmp_path, "budget: {series: 10}")
    series = int(amounts(root)["total"]["series"])
    assert f"the rules record {series} series; most by" in over(root, "check").err


def test_an_slo_that_costs_too_much_is_named_and_others_are_not(tmp_path: Path) -> None:
    root = project(tmp_path, "budget: {perSlo: {samplesPerSecond: 150}}")
    done = over(root, "build")
    assert "read by `shop/large`" in done.err
    assert "shop/small" not in done.err


def test_a_changed_inventory_is_judged_though_no_specification_changed(tmp_path: Path) -> None:
    root = project(tmp_path, "budget: {samplesPerSecond: 1000}", 20)
    assert promgen(root, "build").code == 0
    assert promgen(root, "build").out == "nothing changed\n"
    (root / "stock.json").write_bytes(dump_inventory(inventory(2000)))
    over(root, "build")


def test_other_commands_still_show_what_is_too_dear(tmp_path: Path) -> None:
    root = project(tmp_path, "budget: {series: 1}")
    for command in ("list", "cost"):
        assert promgen(root, command).code == 0


def test_a_budget_without_an_inventory_is_a_mistake_of_the_project(tmp_path: Path) -> None:
    compilation = compile_files(tmp_path, {}, "budget: {series: 10}\n")
    assert problems_of(compilation) == [
        "spec/missing-key: a budget is counted with an inventory, and none is named"
    ]
    assert underlined(compilation) == ["{series: 10}"]


@pytest.mark.parametrize("path", ["/etc/stock.json", "../stock.json", "promgen.lock"])
def test_an_inventory_elsewhere_is_refused(path: str, tmp_path: Path) -> None:
    compilation = compile_files(tmp_path, {}, f"inventory: {path}\n")
    assert [problem.partition(":")[0] for problem in problems_of(compilation)] == ["source/outside-project"]


def test_an_inventory_that_is_named_and_missing_is_said(tmp_path: Path) -> None:
    root = project(tmp_path, "budget: {series: 1000}")
    (root / "stock.json").unlink()
    done = promgen(root, "build")
    assert done.code == 4
    assert "record it with `promgen inventory record URL`" in done.err


def test_without_a_budget_no_inventory_is_read(tmp_path: Path) -> None:
    root = project(tmp_path, "")
    (root / "stock.json").write_text("garbage", encoding="utf-8")
    assert promgen(root, "build").code == 0


@pytest.mark.parametrize(
    "budget", ["{series: 0}", "{samplesPerSecond: -1}", "{samplesPerHour: 1}", "{series: 1.5}", "3"]
)
def test_a_budget_of_another_shape_is_refused(budget: str, tmp_path: Path) -> None:
    compilation = compile_files(tmp_path, {}, f"inventory: stock.json\nbudget: {budget}\n")
    assert len(problems_of(compilation)) == 1
