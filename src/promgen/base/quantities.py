"""Numbers with units: `500 ms`, `85%`, `10 MB/s`, `2.5 USD`, compared with the unit a metric is measured in.

Times, ratios and plain counts are read here, because almost every specification has them; everything else is left to
pint, whose registry takes a third of a second to load and is loaded only when a quantity needs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from promgen.base.decimals import divide, format_decimal
from promgen.base.durations import MILLISECONDS

if TYPE_CHECKING:
    import pint

_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)

_SECONDS_IN = {
    **{unit: Decimal(worth) / 1000 for unit, worth in MILLISECONDS.items()},
    **{"us": Decimal("1e-6"), "µs": Decimal("1e-6"), "ns": Decimal("1e-9"), "min": Decimal(60)},
    **{
        word: Decimal(worth)
        for word, worth in (("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86400))
    },
    "milliseconds": Decimal("0.001"),
    "microseconds": Decimal("1e-6"),
}
_ONE_IN = {
    "": Decimal(1),
    "%": Decimal("0.01"),
    "percent": Decimal("0.01"),
    "ratio": Decimal(1),
    "bps": Decimal("0.0001"),
}
_COUNTS = frozenset({"", "count"})

_UNIT_OF_SUFFIX = {
    "seconds": "seconds",
    "milliseconds": "milliseconds",
    "bytes": "bytes",
    "ratio": "ratio",
    "percent": "percent",
    "celsius": "celsius",
    "usd": "USD",
    "bps": "bps",
}
_SHAPE_SUFFIXES = ("_total", "_bucket", "_sum", "_count")
_PINT_NAMES = {"celsius": "degC", "°C": "degC", "bytes": "byte"}


class UnitMismatch(ValueError):
    """The quantity cannot be expressed in the unit it is compared with."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A decimal number and its unit as written; the unit is empty for a plain number."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        number = format_decimal(self.value)
        if self.unit in {"", "%"}:
            return number + self.unit
        return f"{number} {self.unit}"


def parse_quantity(text: str) -> Quantity:
    """Read a number with an optional unit; raise ValueError when there is no number or the unit is unknown."""
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError(
            f"`{text}` does not start with a number; write a number and a unit, such as 500 ms or 85%"
        )
    number, unit = match.groups()
    if unit not in _SECONDS_IN and unit not in _ONE_IN and unit not in _COUNTS:
        _pint_unit(unit)
    return Quantity(Decimal(number), unit)


def parse_ratio(text: str) -> Decimal:
    """Read a percentage or a plain number as a ratio; raise ValueError for anything else."""
    quantity = parse_quantity(text)
    if quantity.unit not in {"%", ""}:
        raise ValueError(
            f"`{text}` is not a ratio; write a percentage such as 99.9%, or a number from 0 to 1"
        )
    return convert(quantity, "ratio")


def convert(quantity: Quantity, unit: str) -> Decimal:
    """The number of `unit`s in a quantity; raise UnitMismatch when they measure different things.

    A plain number is taken as it is where the unit is a count or a ratio, and refused for anything else: `500` of
    seconds is more often meant as milliseconds.
    """
    for table in (_SECONDS_IN, _ONE_IN):
        if (
            quantity.unit in table
            and unit in table
            and not (quantity.unit == "" and unit not in {"", "ratio"})
        ):
            return divide(quantity.value * table[quantity.unit], table[unit])
    if unit in _COUNTS and quantity.unit in _COUNTS:
        return quantity.value
    if quantity.unit == "":
        raise UnitMismatch(
            f"`{quantity}` has no unit, but it is compared with {unit}; write for example `{quantity} {_example(unit)}`"
        )
    if _is_local(quantity.unit) or _is_local(unit):
        raise UnitMismatch(f"`{quantity}` cannot be compared with {_spoken(unit)}")
    return _convert_with_pint(quantity, unit)


def check_unit(unit: str) -> None:
    """Raise ValueError when a declared unit is not one that quantities can be compared with."""
    if not _is_local(unit):
        _pint_unit(unit)


def unit_of_metric(name: str) -> str | None:
    """The unit that a metric's name ends with by Prometheus' naming practice, or None.

    >>> unit_of_metric("trading_decision_latency_seconds_bucket")
    'seconds'
    """
    for suffix in _SHAPE_SUFFIXES:
        name = name.removesuffix(suffix)
    return _UNIT_OF_SUFFIX.get(name.rpartition("_")[2])


def _is_local(unit: str) -> bool:
    return unit in _SECONDS_IN or unit in _ONE_IN or unit in _COUNTS


def _spoken(unit: str) -> str:
    return {"": "a plain number", "count": "a count", "ratio": "a ratio"}.get(unit, unit)


def _example(unit: str) -> str:
    return {"seconds": "s", "milliseconds": "ms", "percent": "%", "bytes": "MB"}.get(unit, unit)


@cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(
        non_int_type=Decimal, autoconvert_offset_to_baseunit=True
    )
    registry.define("USD = [currency_usd] = usd")
    registry.define("EUR = [currency_eur] = eur")
    registry.define("request = [] = requests = events = event")
    return registry


def _pint_unit(unit: str) -> Any:
    import pint

    try:
        return _registry().Unit(_PINT_NAMES.get(unit, unit))
    except (pint.PintError, ValueError, AttributeError, TypeError, SyntaxError) as error:
        raise ValueError(
            f"`{unit}` is not a unit; write for example ms, s, %, MB, MB/s, USD or celsius"
        ) from error


def _convert_with_pint(quantity: Quantity, unit: str) -> Decimal:
    import pint

    try:
        converted = _registry().Quantity(quantity.value, _pint_unit(quantity.unit)).to(_pint_unit(unit))
    except pint.PintError as error:
        raise UnitMismatch(f"`{quantity}` cannot be compared with {_spoken(unit)}") from error
    return Decimal(converted.magnitude)
