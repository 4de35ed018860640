"""Made-up samples, written as OpenMetrics text: the raw material of a history.

A month at a 15 s scrape is 172,800 samples a series, so points are produced lazily and formatted in one tight loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

Point = tuple[
    float, float | str
]  # Unix seconds and value; a text is written as it is ("NaN", or a number of the API)


@dataclass(frozen=True, slots=True)
class Series:
    """One series and its points in order of time; the points may be a generator, so they can be read once."""

    name: str
    labels: Mapping[str, str]
    points: Iterable[Point]


def counter(
    name: str,
    labels: Mapping[str, str],
    times: Iterable[int],
    increase: Callable[[int], float],
    *,
    start: float = 0,
) -> Series:
    """A counter scraped at ``times``; ``increase(t)`` is what happened in the scrape interval that ends at ``t``."""
    return Series(name, labels, _accumulated(times, increase, start))


def gauge(
    name: str, labels: Mapping[str, str], times: Iterable[int], value: Callable[[int], float]
) -> Series:
    """A gauge scraped at ``times``."""
    return Series(name, labels, ((time, value(time)) for time in times))


def _accumulated(times: Iterable[int], increase: Callable[[int], float], start: float) -> Iterator[Point]:
    value = start
    for time in times:
        value += increase(time)
        yield time, value


def write_openmetrics(series: Iterable[Series], path: Path) -> None:
    """Write series after series, without holding more than a slice of one in memory."""
    with path.open("w", encoding="utf-8") as file:
        for one in series:
            head = format_selector(one.name, one.labels)
            lines = (f"{head} {value} {time}\n" for time, value in one.points)
            while chunk := "".join(islice(lines, 50_000)):
                file.write(chunk)
        file.write("# EOF\n")


def format_selector(name: str, labels: Mapping[str, str]) -> str:
    """``name{label="value",…}`` with the three escapes of the text format."""
    pairs = ",".join(f'{label}="{_escape(value)}"' for label, value in labels.items())
    return f"{name}{{{pairs}}}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
