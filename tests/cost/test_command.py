"""What `promgen cost` prints, and what it says of metrics that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.model.inventory import Inventory
from promgen.model.inventory_codec import dump_inventory
from tests.cli.terminal import as_json, promgen
from tests.cost.test_budget import inventory, project


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return project(tmp_path, "")


def test_each_line_fits_into_80_columns(shop: Path) -> None:
    lines = promgen(shop, "cost").out.split("\n")
    assert lines[0].split() == ["SLO", "RULES", "SERIES", "ALERTS", "READ/S", "STORED/S"]
    assert [line.split()[0] for line in lines[1:6]] == ["shop", "large", "small", "QueueLong", "in"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("by", "names"), [("service", [{"system": "", "service": "shop"}]), ("system", [{"system": ""}])]
)
def test_lines_add_up_by_service_and_system(by: str, names: list[dict[str, str]], shop: Path) -> None:
    data = as_json(shop, "cost", "--by", by).data
    assert data["rows"] == [name | data["total"] for name in names]


def test_what_the_inventory_lacks_is_assumed_and_said(shop: Path) -> None:
    known = inventory(20)
    rest = {name: metric for name, metric in known.metrics.items() if name != "queue_length"}
    (shop / "stock.json").write_bytes(dump_inventory(Inventory(metrics=rest)))
    done = promgen(shop, "cost")
    assert done.out.endswith("not in the inventory, 1 series assumed: queue_length\n")
    assert as_json(shop, "cost").data["unknown"] == ["queue_length"]


def test_without_an_inventory_every_metric_is_assumed(shop: Path) -> None:
    text = (shop / "promgen.yaml").read_text(encoding="utf-8").replace("inventory: stock.json\n", "")
    (shop / "promgen.yaml").write_text(text, encoding="utf-8")
    assert "without an inventory, 1 series is assumed of every measured metric" in promgen(shop, "cost").out


def test_an_environment_that_nothing_is_compiled_for_is_a_slip(shop: Path) -> None:
    done = promgen(shop, "cost", "--environment", "moon")
    assert done.code == 2
    assert "there is no environment `moon`" in done.err


def test_a_server_and_a_file_together_are_a_mistake_of_the_call(shop: Path) -> None:
    done = promgen(shop, "cost", "--prometheus", "http://127.0.0.1:1", "--inventory", "stock.json")
    assert done.code == 2
