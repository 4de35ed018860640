"""The file of an inventory: what was written is read, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.durations import Duration
from promgen.model.inventory import Inventory, Metric
from promgen.model.inventory_codec import InventoryError, dump_inventory, load_inventory

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.lists(TEXTS, min_size=2, max_size=4, unique=True).map(lambda values: tuple(sorted(values)))


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    labels = draw(st.dictionaries(TEXTS, st.none() | VALUES, max_size=3))
    uneven = [label for label, values in labels.items() if values is not None and draw(st.booleans())]
    return Metric(
        name=draw(TEXTS),
        type=draw(st.sampled_from(["unknown", "counter", "native histogram"])),
        unit=draw(TEXTS),
        series=draw(st.integers(0, 10**9)),
        labels=labels,
        spread={label: tuple(range(len(labels[label] or ()))) for label in uneven},
        weight=draw(st.integers(1, 40)),
    )


INVENTORIES = st.builds(
    lambda found, intervals, version: Inventory(
        metrics={metric.name: metric for metric in found},
        scrape_intervals={job: Duration(ms) for job, ms in intervals.items()},
        prometheus=version,
    ),
    st.lists(metrics(), max_size=4),
    st.dictionaries(TEXTS, st.integers(1, 10**9), max_size=3),
    TEXTS,
)


@given(INVENTORIES)
def test_what_is_written_is_read_again(inventory: Inventory) -> None:
    assert load_inventory(dump_inventory(inventory)) == inventory


@given(INVENTORIES)
def test_the_order_of_metrics_changes_no_byte(inventory: Inventory) -> None:
    turned = Inventory(
        metrics=dict(reversed(inventory.metrics.items())),
        scrape_intervals=dict(reversed(inventory.scrape_intervals.items())),
        prometheus=inventory.prometheus,
    )
    assert dump_inventory(turned) == dump_inventory(inventory)


GOOD: dict[str, Any] = {
    "schema": 1,
    "prometheus": "3.5.3",
    "scrapeIntervals": {"api": "15s"},
    "metrics": {"up": {"series": 2, "labels": {"job": ["api", "web"], "pod": None}}},
}


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": None},
        {"prometheus": 3},
        {"scrapeIntervals": {"api": "soon"}},
        {"scrapeIntervals": {"api": 15}},
        {"scrapeIntervals": []},
        {"metrics": []},
        {"metrics": {"up": 1}},
        {"metrics": {"up": {"series": -1, "labels": {}}}},
        {"metrics": {"up": {"series": True, "labels": {}}}},
        {"metrics": {"up": {"series": 1}}},
        {"metrics": {"up": {"series": 1, "labels": {"job": "api"}, "type": "guess"}}},
        {"metrics": {"up": {"series": 1, "labels": {"job": [1]}}}},
        {"metrics": {"up": {"series": 1, "labels": {"job": "api"}}}},
        {"metrics": {"up": {"series": 1, "labels": {"job": {"api": "2"}}}}},
    ],
    ids=str,
)
def test_another_shape_is_refused_with_what_to_do(change: dict[str, Any]) -> None:
    load_inventory(json.dumps(GOOD).encode())
    with pytest.raises(InventoryError, match="promgen inventory record"):
        load_inventory(json.dumps(GOOD | change).encode())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 5_000, b"null"])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(InventoryError):
        load_inventory(content)
