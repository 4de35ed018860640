"""Lengths of time, in Prometheus' notation: `5m`, `1h30m`, `30d`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from promgen.base.decimals import divide

MILLISECONDS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
"""What a unit is worth; a week has 7 days, a year 365, as in Prometheus."""

_PRINTED_UNITS = tuple((unit, MILLISECONDS[unit]) for unit in ("d", "h", "m", "s", "ms"))
_WORDS = {"min": "m", "sec": "s", "hr": "h"}
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|sec|hr|s|m|h|d|w|y)")
_WHOLE = re.compile(rf"(?:{_PARTS.pattern}\s*)+")


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in whole milliseconds; prints in the largest units that are exact, weeks and years as days."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `5m`, `1h30m`, `500 ms` or `0.5h`; raise ValueError that says what is allowed."""
        if not _WHOLE.fullmatch(text.strip()):
            raise ValueError(
                f"`{text}` is not a duration; write a number and a unit (ms, s, m, h, d, w, y), such as 5m or 1h30m"
            )
        total = sum(
            Decimal(number) * MILLISECONDS[_WORDS.get(unit, unit)] for number, unit in _PARTS.findall(text)
        )
        if total != int(total):
            raise ValueError(f"`{text}` is finer than a millisecond, which Prometheus cannot express")
        return cls(int(total))

    @property
    def seconds(self) -> Decimal:
        return divide(Decimal(self.ms), Decimal(1000))

    def __str__(self) -> str:
        return _print(self.ms)

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.ms + other.ms)

    def __mul__(self, factor: int) -> Duration:
        return Duration(self.ms * factor)

    def __truediv__(self, other: Duration) -> Decimal:
        """How many times `other` fits, as an exact or 28-digit decimal."""
        return divide(Decimal(self.ms), Decimal(other.ms))


@cache
def _print(ms: int) -> str:
    text = ""
    for unit, worth in _PRINTED_UNITS:
        count, ms = divmod(ms, worth)
        if count:
            text += f"{count}{unit}"
    return text or "0s"


SECOND = Duration(1_000)
MINUTE = Duration(60_000)
HOUR = Duration(3_600_000)
DAY = Duration(86_400_000)


def format_clock(minute: int) -> str:
    """A minute of the day, of which 1440 is the end.

    >>> format_clock(510), format_clock(1440)
    ('08:30', '24:00')
    """
    return f"{minute // 60:02}:{minute % 60:02}"
