"""What must hold at every evaluation while the severities of one alert replace each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of one series: what was compared, and which severities fired."""

    at: float
    value: float
    firing: frozenset[str]


def check_handover(evaluations: Sequence[Evaluation], lowest: float) -> None:
    """Once something fires, something fires for as long as the value stays above the lowest threshold; two only once.

    Two severities fire together at single evaluations, those of a handover; nothing fires at or below the threshold.
    """
    for before, now in pairwise(evaluations):
        if now.value <= lowest:
            assert not now.firing, f"fires at or below the lowest threshold: {now}"
        elif before.firing:
            assert now.firing, f"a hole between {before} and {now}"
        assert len(before.firing) < 2 or len(now.firing) < 2, f"two at once, twice: {before} and {now}"
        assert len(now.firing) <= 2, f"more than two at once: {now}"


def changes(evaluations: Sequence[Evaluation]) -> list[frozenset[str]]:
    """The sets of severities one after the other, each once."""
    states = [frozenset(), *(evaluation.firing for evaluation in evaluations)]
    return [now for before, now in pairwise(states) if before != now]


def join_evaluations(
    values: Mapping[float, float], firing: Mapping[str, frozenset[float]]
) -> list[Evaluation]:
    """Evaluations from the values by time, and the times at which each severity fires."""
    return [
        Evaluation(at, value, frozenset(severity for severity, times in firing.items() if at in times))
        for at, value in sorted(values.items())
    ]
