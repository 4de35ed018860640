"""Proof of the blocks: what each minute recorded belongs to the block of the clock that it lies in, and to no other.

Evaluations are a third of a block and twenty seconds apart: one lies within a block, one at the first minute of the next,
exactly, and one within that. Each minute has another number of events, so a minute more or less is noticed; two minutes
were not observed. An evaluation between two minutes counts a minute of its own, with what was told of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Case
from promgen.compiler.proofs.budgets import recorded_bad
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, near, selector
from promgen.compiler.proofs.timeline import Moment, Piece, case_at, level, number
from promgen.model.catalog import EVALUATION_INTERVAL

_SECONDS = EVALUATION_INTERVAL.ms // 1000
_GAP = (2, 3)
"""Minutes of the first block that were not observed."""
_ASKED = (2, 3, 4)
"""The evaluations, counted from the one at the epoch."""
_THIRDS = 3
_SHIFT = Duration(EVALUATION_INTERVAL.ms // _THIRDS)
_BAD = 0.25
_LOUD = 1e9


class Reading(NamedTuple):
    """What a block holds at an evaluation, in minutes since the epoch."""

    now: int
    start: int
    """Of the block."""
    told: list[int]
    """Minutes of which everything is given."""
    own: list[int]
    """Minutes in which an evaluation recorded something itself."""


def _reading(place: int, third: int) -> Reading:
    length = third * _THIRDS
    exact, now = length + 1, place * third + place // _THIRDS
    start = (now - 1) // length * length
    told = [minute for minute in range(start + 1, now + 1) if minute not in _GAP and minute != exact]
    return Reading(now, start, told, sorted({minute for minute in (exact, now) if start < minute <= now}))


def block_case(scene: Scene, block: Duration) -> Case:
    """Events and observed seconds of the current block."""
    third = block.ms // EVALUATION_INTERVAL.ms // _THIRDS
    readings = {place: _reading(place, third) for place in _ASKED}
    moments = [Moment() for _ in range(_ASKED[-1])]
    last = readings[_ASKED[-1]].now
    for scale, group in enumerate(scene.subject.groups, 1):
        _tell(moments[-1], scene, group, scale, last, third * _THIRDS + 1)
    for identity in scene.subject.decoys():
        for metric in (names.TOTAL_EVENTS, names.BAD_EVENTS, names.BLOCK_START):
            series = metric + selector({**identity, **scene.subject.groups[0]})
            moments[-1].add(series, [Piece(last, last + 1, f"{number(_LOUD)}x{last}")])
    for place, reading in readings.items():
        _ask(moments[place - 1], scene, reading)
    return case_at(
        scene.subject,
        "a block holds the minutes since it began, up to the newest, and none of another block",
        moments,
        step=EVALUATION_INTERVAL * third + _SHIFT,
        groups=(scene.subject.main,),
        interval=EVALUATION_INTERVAL,
    )


def _tell(moment: Moment, scene: Scene, group: Labels, scale: int, last: int, exact: int) -> None:
    """The pair of a group from the first minute to the last; what the evaluation at a minute records is left out of it."""
    seen = [minute for minute in range(1, last + 1) if minute not in _GAP]
    given = [minute for minute in seen if scene.driver is None or minute != exact]
    total = [(minute, _total(scale, minute)) for minute in seen]
    bad = [(minute, _total(scale, minute) * _BAD) for minute in given]
    for metric, values in ((names.TOTAL_EVENTS, total), (names.BAD_EVENTS, bad)):
        moment.add(scene.subject.series(metric, group), _pieces(values, last))


def _total(scale: int, minute: int) -> float:
    return scale * (10.0 + minute)


def _pieces(values: Sequence[tuple[int, float]], last: int) -> Iterator[Piece]:
    """One piece for all minutes in a row; the one before the gap ends, so that nothing bridges it."""
    first = 0
    for place, (minute, _) in enumerate(values, 1):
        if place == len(values) or values[place][0] > minute + 1:
            row = [value for _, value in values[first:place]]
            yield level(last - values[first][0], row, ends=minute + 1 in _GAP)
            first = place


def _ask(moment: Moment, scene: Scene, reading: Reading) -> None:
    moment.ask(*near(scene.subject.series(names.BLOCK_START), reading.start * _SECONDS))
    for scale, group in enumerate(scene.subject.groups, 1):
        told = sum(_total(scale, minute) for minute in reading.told)
        own = [_total(scale, minute) for minute in reading.own]
        own_bad = sum(recorded_bad(scene, amount, amount * _BAD) for amount in own)
        for metric, amount in (
            (names.TOTAL_BLOCK, told + sum(own)),
            (names.BAD_BLOCK, told * _BAD + own_bad),
            (names.OBSERVED_BLOCK, float(len(reading.told) + len(own))),
        ):
            moment.ask(*near(scene.subject.series(metric, group), amount * _SECONDS))
