"""What all rules of one SLO touch, by Prometheus's own statistics, over 100 series of requests and 5 of errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promgen.base import conventions as names
from tests.real import History, Install, Prometheus, Series, counter, gauge, load_groups
from tests.real.history import parse_seconds
from tests.rules.past import DAY, HOUR, START, Past
from tests.rules.specs import shop, slo

END = START + 31 * DAY + 2 * HOUR + 1800
BUDGET = 1_200
MINUTES = range(END - 31 * DAY, END + 1, 60)
IDENTITY = {"slo": "availability", "service": "shop"}


@dataclass(frozen=True, slots=True)
class RuleCost:
    """One rule, and the samples it touches per second at its group's interval."""

    name: str
    expr: str
    samples: int
    per_second: float
    seconds: float


def measured(totals: int) -> Iterator[Series]:
    """Two hours of scrapes: longer windows do not read them."""
    times = range(END - 2 * HOUR, END + 1, 15)
    for number in range(totals):
        labels = {"pod": str(number)}
        yield counter("requests_total", {**labels, "code": "200"}, times, lambda _: 10)
        if number % 20 == 0:
            yield counter("requests_total", {**labels, "code": "500"}, times, lambda _: 1)


def recorded() -> Iterator[Series]:
    """A month of the series that the rules read, one sample a minute as on a live server."""
    for name in (
        names.TOTAL_EVENTS,
        names.BAD_EVENTS,
        names.TOTAL_BLOCK,
        names.BAD_BLOCK,
        names.OBSERVED_BLOCK,
    ):
        yield gauge(name, IDENTITY, MINUTES, lambda at: 60.0 + at % 7)
    yield gauge(names.BLOCK_START, IDENTITY, MINUTES, lambda at: (at - 1) // HOUR * HOUR)
    latest = range(END - HOUR, END + 1, 60)
    for name in (
        *(f"slo:error_ratio:rate{window}" for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")),
        names.PERIOD_ERROR_RATIO,
        names.PERIOD_COVERAGE,
        names.OBSERVED_PERIOD,
        names.TOTAL_PERIOD,
        names.BAD_PERIOD,
        names.BURN_RATE,
        names.BUDGET_REMAINING,
    ):
        yield gauge(name, IDENTITY, latest, lambda _: 0.5)


def costs(server: Prometheus, rule_file: Path) -> list[RuleCost]:
    """Every rule and alert once, at a moment like any other."""
    found = []
    for group in load_groups(rule_file):
        interval = parse_seconds(group["interval"])
        for rule in group["rules"]:
            cost = server.cost(str(rule["expr"]), at=END)
            name = rule.get("record") or f"{rule['alert']} {rule['labels'].get('tier', '')}"
            found.append(RuleCost(name, rule["expr"], cost.samples, cost.samples / interval, cost.seconds))
    return found


def cost_of(install: Install, folder: Path, totals: int) -> list[RuleCost]:
    """The costs over so many series of requests."""
    past = Past(install, folder, shop(slo("30d")))
    history = History(install, folder / "month")
    history.add(*measured(totals), *recorded())
    with history.serve() as server:
        return costs(server, past.rule_files[0])


def table(found: list[RuleCost]) -> str:
    """One line for each rule."""
    lines = [f"{one.per_second:9.1f} samples/s {one.samples:7} {one.name}" for one in found]
    return "\n".join(["", *lines, f"{sum(one.per_second for one in found):9.1f} samples/s in all"])


def test_cost(install: Install, tmp_path: Path) -> None:
    """The whole SLO stays within its budget, and only rules over measured series notice a second hundred of them."""
    found = cost_of(install, tmp_path / "once", 100)
    total = sum(one.per_second for one in found)
    print(f"\n{install.name}: {total:.0f} samples/s", table(found))
    assert total <= BUDGET, table(found)
    doubled = cost_of(install, tmp_path / "twice", 200)
    for one, other in zip(found, doubled, strict=True):
        if "requests_total" in one.expr:
            assert other.samples == pytest.approx(2 * one.samples, rel=0.02), one.name
        else:
            assert other.samples == one.samples, one.name
