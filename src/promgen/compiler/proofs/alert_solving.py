"""Looks for the amount at which a quantity has a wanted value: tries usual ones until two lie around it, then closes in."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_ROUNDS = 60
_ACCURACY = 1e-4
"""Of the wanted value, relative to the scale."""
_DIGITS = 6
"""Significant digits of an amount, so that the samples read well."""
_NOTHING = 1e-9
"""An amount that is so small a share of those it lies between is zero."""
_FACTORS = (1, 0.5, 2, 0.1, 10, 0, 1e-2, 100, 1e-3, 1e3, 1e-5, 1e5, 1e-7, 1e7, 1e9, 1e11)
_SLOPES = (0, *(sign * 10.0**power for power in (-3, -1, 0, -5, 1, -7) for sign in (-1, 1)))

_Tried = tuple[float, float]
"""An amount, and how far its value lies from the wanted one."""


def level_amounts(usual: float) -> list[float]:
    """Amounts worth trying for what is never negative, around a usual one."""
    return [usual * factor for factor in _FACTORS]


def slope_amounts(start: float) -> list[float]:
    """Slopes per second worth trying for a gauge that begins at a value: up to its own size in a second."""
    return [start * slope for slope in _SLOPES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Looks for amounts of one source."""

    quantity: Callable[[float], float | None]
    """What an amount gives; None or NaN where it gives nothing to compare."""
    wanted: float
    scale: float
    """What the accuracy is a share of."""

    def find(self, amounts: Iterable[float], least: float = -math.inf) -> float | None:
        """An amount with the wanted value and few digits; None where the amounts to try do not lead to one."""
        known: list[_Tried] = []
        for amount in amounts:
            error = self._error(amount)
            if error is None:
                continue
            if not error:
                return amount
            place = bisect_left(known, (amount, error))
            known.insert(place, (amount, error))
            for pair in (known[max(place - 1, 0) : place + 1], known[place : place + 2]):
                found = self._between(*pair) if len(pair) == 2 else None
                if found is not None:
                    return found
            if len(known) == 2:
                found = self._beyond(known[0], known[1], least)
                if found is not None:
                    return found
        return None

    def _beyond(self, low: _Tried, high: _Tried, least: float) -> float | None:
        """Where two amounts point if the value depends on them in a straight line."""
        if low[1] == high[1]:
            return None
        amount = _crossing(low, high)
        if not amount >= least:
            return None
        error = self._error(amount)
        return amount if error is not None and abs(error) <= _ACCURACY * self.scale else None

    def _between(self, low: _Tried, high: _Tried) -> float | None:
        """Regula falsi; an end that stays is given half its weight, so that the other does not creep (Illinois)."""
        side = 0
        for _ in range(_ROUNDS if low[1] * high[1] < 0 else 0):
            amount = _crossing(low, high)
            error = self._error(amount)
            if error is None or abs(error) <= _ACCURACY * self.scale:
                return None if error is None else amount
            if error * high[1] > 0:
                high, low = (amount, error), (low[0], low[1] / 2) if side < 0 else low
                side = -1
            else:
                low, high = (amount, error), (high[0], high[1] / 2) if side > 0 else high
                side = 1
        return None

    def _error(self, amount: float) -> float | None:
        value = self.quantity(amount)
        return None if value is None or not math.isfinite(value) else value - self.wanted


def _crossing(low: _Tried, high: _Tried) -> float:
    """Where the line through both is zero, in few digits unless that leads nowhere."""
    exact = (low[0] * high[1] - high[0] * low[1]) / (high[1] - low[1])
    if abs(exact) < _NOTHING * max(abs(low[0]), abs(high[0])):
        return 0.0
    rounded = float(f"{exact:.{_DIGITS}g}")
    return exact if rounded in {low[0], high[0]} else rounded
