"""Looks for the amount at which a quantity has a wanted value: tries usual ones until two lie around it, then closes in."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable

Quantity = Callable[[float], float | None]
"""What an amount gives; None or NaN where it gives nothing to compare."""

_ROUNDS = 60
_ACCURACY = 1e-7
"""Of the wanted value, relative to the scale."""
_DIGITS = 6
"""Significant digits of an amount, so that the samples read well."""
_TOLERANCE = 1e-3
"""How far the rounded amount may lie from the wanted value, relative to the scale."""
_FACTORS = (1, 0.5, 2, 0.1, 10, 0, 1e-2, 100, 1e-3, 1e3, 1e-5, 1e5, 1e-7, 1e7, 1e9, 1e11)
_SLOPES = (0, *(sign * 10.0**power for power in (-3, -1, 0, -5, 1, -7) for sign in (-1, 1)))


def level_amounts(usual: float) -> list[float]:
    """Amounts worth trying for what is never negative, around a usual one."""
    return [usual * factor for factor in _FACTORS]


def slope_amounts(start: float) -> list[float]:
    """Slopes per second worth trying for a gauge that begins at a value: up to its own size in a second."""
    return [start * slope for slope in _SLOPES]


def find_amount(quantity: Quantity, wanted: float, scale: float, amounts: Iterable[float]) -> float | None:
    """An amount that gives the wanted value, rounded; None where the amounts tried do not lead to one."""
    known: list[tuple[float, float]] = []
    for amount in amounts:
        value = quantity(amount)
        if value is None or math.isnan(value) or math.isinf(value):
            continue
        if value == wanted:
            return amount
        place = bisect_left(known, (amount, value - wanted))
        known.insert(place, (amount, value - wanted))
        for low, high in ((place - 1, place), (place, place + 1)):
            if low >= 0 and high < len(known) and known[low][1] * known[high][1] < 0:
                found = _closer(quantity, wanted, scale, known[low], known[high])
                if found is not None:
                    return found
    return None


def _closer(
    quantity: Quantity, wanted: float, scale: float, low: tuple[float, float], high: tuple[float, float]
) -> float | None:
    """Regula falsi; an end that stays is given half its weight, so that the other does not creep (Illinois)."""
    side = 0
    for _ in range(_ROUNDS):
        amount = (low[0] * high[1] - high[0] * low[1]) / (high[1] - low[1])
        value = quantity(amount)
        if value is None or math.isnan(value):
            return None
        error = value - wanted
        if abs(error) <= _ACCURACY * scale:
            return _rounded(quantity, wanted, scale, amount)
        if error * high[1] > 0:
            high = (amount, error)
            low = (low[0], low[1] / 2) if side < 0 else low
            side = -1
        else:
            low = (amount, error)
            high = (high[0], high[1] / 2) if side > 0 else high
            side = 1
    return None


def _rounded(quantity: Quantity, wanted: float, scale: float, amount: float) -> float:
    rounded = float(f"{amount:.{_DIGITS}g}")
    value = quantity(rounded)
    return rounded if value is not None and abs(value - wanted) <= _TOLERANCE * scale else amount
