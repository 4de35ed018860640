"""An inventory as JSON and back: one line per metric, sorted and without times, so that two recordings compare well.

A label is a list of values, a table of series by value where they are spread unevenly, or null where there are too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import orjson

from promgen.base.durations import Duration
from promgen.base.errors import OutsideError
from promgen.model.inventory import Inventory, Metric, MetricType

SCHEMA = 1
_RECORD = "record it again with `promgen inventory record URL`"


class InventoryError(OutsideError):
    """The text is no inventory, or one this promgen cannot read."""


def dump_inventory(inventory: Inventory) -> bytes:
    """The bytes of the file; the same inventory gives the same bytes."""
    intervals = {job: str(interval) for job, interval in inventory.scrape_intervals.items()}
    metrics = {name: _encode(metric) for name, metric in inventory.metrics.items()}
    parts = {
        "schema": _line(SCHEMA),
        "prometheus": _line(inventory.prometheus),
        "scrapeIntervals": _line(intervals),
        "metrics": _block(metrics),
    }
    return ("{\n" + ",\n".join(f'  "{name}": {text}' for name, text in parts.items()) + "\n}\n").encode()


def load_inventory(content: bytes) -> Inventory:
    """Read what `dump_inventory` wrote; raise InventoryError that says what is wrong."""
    try:
        data = orjson.loads(content)
        schema = data["schema"]
        if schema != SCHEMA:
            raise InventoryError(
                f"the inventory has schema {schema!r}, this promgen reads {SCHEMA}; {_RECORD}"
            )
        return Inventory(
            metrics={name: _decode(name, row) for name, row in data["metrics"].items()},
            scrape_intervals={job: Duration.parse(text) for job, text in data["scrapeIntervals"].items()},
            prometheus=_text(data["prometheus"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InventoryError(f"not an inventory: {error}; {_RECORD}") from error


def _line(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _block(rows: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"    {_line(name)}: {orjson.dumps(rows[name]).decode()}" for name in sorted(rows))
    return f"{{\n{lines}\n  }}" if rows else "{}"


def _encode(metric: Metric) -> dict[str, Any]:
    """Fields that have their default value are left out."""
    labels = {
        label: dict(zip(values, metric.spread[label], strict=True))
        if values is not None and label in metric.spread
        else values
        for label, values in sorted(metric.labels.items())
    }
    row = {"type": metric.type, "unit": metric.unit, "series": metric.series, "weight": metric.weight}
    defaults = {"type": "unknown", "unit": "", "weight": 1}
    return {key: value for key, value in row.items() if value != defaults.get(key)} | {"labels": labels}


def _decode(name: str, row: Any) -> Metric:
    kind = row.get("type", "unknown")
    if kind not in get_args(MetricType):
        raise ValueError(f"`{kind}` is no type of metric")
    labels, spread = row["labels"], {}
    for label, values in labels.items():
        if isinstance(values, dict):
            spread[label] = tuple(map(_count, values.values()))
    return Metric(
        name=name,
        type=kind,
        unit=_text(row.get("unit", "")),
        series=_count(row["series"]),
        labels={label: _values(values) for label, values in labels.items()},
        spread=spread,
        weight=_count(row.get("weight", 1)),
    )


def _values(values: Any) -> tuple[str, ...] | None:
    if not isinstance(values, list | dict | None):
        raise ValueError(f"`{values}` is no list of values")
    return None if values is None else tuple(map(_text, values))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"`{value}` is no text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"`{value}` is no number of series")
    return value
