"""Only what differs is estimated, and the difference is that of everything."""

from __future__ import annotations

from pathlib import Path

from promgen.base.durations import DAY
from promgen.changes.costs import compare_costs, in_all
from promgen.compiler.pipeline import Output
from promgen.model.inventory import Inventory, Metric
from promgen.proof.cost import costs_of, total
from tests.compiler.projects import compile_files, output_of, service

CART = """\
selector: {job: cart}
slos:
  - {name: part, objective: 99.9%, window: 30d, groupBy: [region], sli: {probe: {}}}
  - {name: other, objective: 99%, window: 30d, sli: {probe: {}}}
"""
WHOLE = """\
slos:
  - name: whole
    objective: 99%
    window: 30d
    sli: {composite: {anyBad: [{slo: cart/part, above: 5%}]}}
"""
INVENTORY = Inventory(
    metrics={
        "up": Metric(name="up", type="gauge", series=600, labels={"job": ("cart",), "region": ("a", "b")})
    }
)


def project(root: Path, cart: str = CART, settings: str = "") -> Output:
    root.mkdir()
    files = {"cart.yaml": service(cart), "shop.yaml": service(WHOLE, name="shop")}
    return output_of(compile_files(root, files, settings))


def test_the_difference_is_that_of_everything(tmp_path: Path) -> None:
    before, after = project(tmp_path / "a"), project(tmp_path / "b", CART.replace(", groupBy: [region]", ""))
    found = in_all(compare_costs(before, after, INVENTORY))
    old, new = (total(costs_of(side.catalog, INVENTORY).items) for side in (before, after))
    assert old.rules > new.rules
    assert old.read > new.read
    assert found.after.rules - found.before.rules == new.rules - old.rules
    assert found.after.series - found.before.series == new.series - old.series
    assert abs((found.after.read - found.before.read) - (new.read - old.read)) < 1e-6


def test_services_that_cost_the_same_are_left_out(tmp_path: Path) -> None:
    before, after = project(tmp_path / "a"), project(tmp_path / "b", CART.replace(", groupBy: [region]", ""))
    assert [row.service for row in compare_costs(before, after, INVENTORY)] == ["cart"]


def test_another_target_may_change_the_cost_of_everything(tmp_path: Path) -> None:
    before = project(tmp_path / "a")
    after = project(tmp_path / "b", settings="target: {scrapeInterval: 60s}\n")
    assert before.catalog.target.scrape_interval != after.catalog.target.scrape_interval
    assert compare_costs(before, after, INVENTORY)


def test_without_an_inventory_rules_are_counted(tmp_path: Path) -> None:
    before = project(tmp_path / "a")
    after = project(tmp_path / "b", CART.replace("window: 30d, sli", f"window: {DAY * 30}, sli"))
    assert compare_costs(before, after, None) == ()
    more = CART + "alerts:\n  - {name: Down, expr: up == 0, severity: low}\n"
    (row,) = compare_costs(before, project(tmp_path / "c", more), None)
    assert (row.service, row.after.rules - row.before.rules, row.after.read) == ("cart", 1, 0)
