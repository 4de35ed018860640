"""Compares what the rules cost with what promgen.yaml allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from promgen.base import problems
from promgen.base.diagnostics import Diagnostic
from promgen.compiler.project import Project
from promgen.proof.cost import Costs, Item, total

_NAMED = 3
"""Offenders that a message names."""


def check_budget(project: Project, costs: Costs) -> tuple[Diagnostic, ...]:
    """An error for each part of the budget that is exceeded, naming what costs most; none without a budget."""
    return tuple(_exceeded(project, costs))


def format_amount(amount: float) -> str:
    """A number of samples or series as people read it: `12,345`, `45.8` or `0.25`."""
    if amount >= 100 or amount == int(amount):
        return f"{amount:,.0f}"
    return f"{amount:.1f}" if amount >= 10 else f"{amount:.2f}"


def _exceeded(project: Project, costs: Costs) -> Iterator[Diagnostic]:
    budget = project.settings.budget
    if budget is None:
        return
    slos = [item for item in costs.items if item.kind == "slo"]
    whole = total(costs.items)
    if budget.samples_per_second is not None and whole.read > budget.samples_per_second:
        message = f"the rules read {format_amount(whole.read)} samples per second"
        message += "; most by " + _worst(costs.items, _read)
        yield _over(project, message, budget.samples_per_second, "samplesPerSecond")
    if budget.series is not None and whole.series > budget.series:
        message = f"the rules record {format_amount(whole.series)} series"
        message += "; most by " + _worst(costs.items, lambda item: item.amounts.series)
        yield _over(project, message, budget.series, "series")
    allowed = budget.per_slo.samples_per_second
    over = [item for item in slos if allowed is not None and _read(item) > allowed]
    if allowed is not None and over:
        message = "too many samples per second are read by " + _worst(over, _read)
        yield _over(project, message, allowed, "perSlo", "samplesPerSecond")


def _read(item: Item) -> float:
    return item.amounts.read


def _worst(items: Iterable[Item], amount: Callable[[Item], float]) -> str:
    """Those that cost most, and how many there are besides."""
    found = sorted(items, key=lambda item: (-amount(item), str(item)))
    named = ", ".join(f"`{item}` {format_amount(amount(item))}" for item in found[:_NAMED])
    return named + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


def _over(project: Project, message: str, allowed: float, *setting: str) -> Diagnostic:
    return Diagnostic(
        problem=problems.OVER_BUDGET,
        message=message,
        span=project.span("budget", *setting),
        allowed=f"at most {format_amount(allowed)}; `promgen cost` shows all",
    )
