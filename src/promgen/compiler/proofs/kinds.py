"""The measured series of SLIs that measure time, and proof that the base pair counts them as good or bad.

Their windows are all summed from the pair, so what is measured matters for five minutes only (or one slice).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.compiler.proofs.drivers import BeyondError, Growth, Role, driver_of
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, identity_labels, near, selector
from promgen.compiler.proofs.timeline import Moment, Piece, level
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.slo import (
    CompositeSli,
    GaugeSli,
    Part,
    ProbeSli,
    RawSli,
    TimeSliceSli,
)
from promgen.promql import (
    Aggregate,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Vector,
    example_labels,
    parse,
    tree,
    walk,
)

_INTERVALS = 8
"""A little more than the pair looks back."""
_INSTANCES = ("a", "b")
_ABOVE, _BELOW = 1.06, 0.94
_EVENTS = 6000.0
"""In an interval."""
_LOUD = 3
"""Times as much traffic."""


class Line(NamedTuple):
    """A value that changes with time: at the Unix epoch, and by how much a second."""

    at_zero: float
    slope: float = 0.0


class Steered(NamedTuple):
    """A selector and the value its series must have."""

    vector: Vector
    line: Line


@dataclass(frozen=True, slots=True)
class Reading:
    """The series that measure something, how much of it there is, and how much of it is bad."""

    samples: Sequence[tuple[str, Piece | Line]]
    total: float | None
    """None: it is not seen any more."""
    bad: float


def kind_moments(scene: Scene) -> list[Moment]:
    """One moment for each reading, at which the pair is asked for; raise BeyondError where none can be made."""
    return [_moment(scene, reading) for reading in _readings(scene)]


def _moment(scene: Scene, reading: Reading) -> Moment:
    moment = Moment()
    for series, values in reading.samples:
        if isinstance(values, Line):
            moment.lines[series] = (_INTERVALS, values.at_zero, values.slope)
        else:
            moment.add(series, [values])
    group = scene.subject.groups[0]
    if reading.total is None:
        moment.ask(scene.subject.series(names.TOTAL_EVENTS, group))
        moment.ask(scene.subject.series(names.BAD_EVENTS, group))
        return moment
    for metric, value in ((names.TOTAL_EVENTS, reading.total), (names.BAD_EVENTS, reading.bad)):
        moment.ask(*near(scene.subject.series(metric, group), value))
    return moment


def _readings(scene: Scene) -> Iterator[Reading]:
    sli = scene.subject.slo.sli
    match sli:
        case ProbeSli():
            yield from _probed(scene, sli)
        case GaugeSli():
            yield from _compared(scene, sli)
        case RawSli():
            bad = 0.3 if sli.measures == "errors" else 0.7
            yield from _levels(scene, sli.expr, [(0.3, bad)])
        case TimeSliceSli():
            yield from _sliced(scene, sli)
        case CompositeSli():
            yield from _composed(scene, sli)


def _probed(scene: Scene, sli: ProbeSli) -> Iterator[Reading]:
    """Two targets: both down, and one of them."""
    for states in ((0.0, 0.0), (1.0, 0.0)):
        lines = [(1.0 - state, state) for state in states]
        yield _levelled(scene, sli.expr, [state for _, state in lines], sum(bad for bad, _ in lines))


def _compared(scene: Scene, sli: GaugeSli) -> Iterator[Reading]:
    """Just beside the threshold, and on it, which is not good."""
    threshold = float(sli.threshold)
    beside = [threshold * _ABOVE, threshold * _BELOW] if threshold else [1.0, -1.0]
    good = min(beside) if sli.comparison == "<" else max(beside)
    yield from _levels(scene, sli.expr, [(value, float(value != good)) for value in (*beside, threshold)])


def _levels(scene: Scene, expr: str, values: Sequence[tuple[float, float]]) -> Iterator[Reading]:
    for value, bad in values:
        instances = 1 if _merges(expr) else len(_INSTANCES)
        yield _levelled(scene, expr, [value] * len(_INSTANCES), bad * instances)


def _merges(expr: str) -> bool:
    """Whether the instances of a series are one in the result."""
    return any(isinstance(node, Aggregate) for node in walk(tree(parse(expr))))


def _levelled(scene: Scene, expr: str, values: Sequence[float], bad: float) -> Reading:
    """An expression whose instances have these values."""
    samples: list[tuple[str, Piece | Line]] = []
    for instance, value in zip(_INSTANCES, values, strict=True):
        for vector, line in steer(tree(parse(expr)), Line(value)):
            samples.append((_series(vector, scene.subject.groups[0], instance), line))
    return Reading(samples, float(1 if _merges(expr) else len(values)), bad)


def _series(vector: Vector, group: Labels, instance: str) -> str:
    labels = example_labels(vector.matchers, (), group)
    if labels is None or vector.metric is None:
        raise BeyondError(f"no labels were found that the selector of {vector.metric} chooses")
    label = next(name for name in ("instance", "pod", "proof_replica") if name not in labels)
    return vector.metric + selector({**labels, label: instance})


def steer(node: Node, wanted: Line) -> list[Steered]:
    """Values for the selectors of an expression that give it a value; raise BeyondError where that is not seen through."""
    match node:
        case Vector(times=times) if times.range_ms is None and not times.offset_ms and not times.at:
            return [Steered(node, wanted)]
        case Aggregate(op="max" | "min" | "avg", expr=expr):
            return steer(expr, wanted)
        case Aggregate(op="sum", expr=expr):
            return steer(expr, Line(wanted.at_zero / len(_INSTANCES), wanted.slope / len(_INSTANCES)))
        case Negative(expr):
            return steer(expr, Line(-wanted.at_zero, -wanted.slope))
        case Call("rate" | "irate" | "deriv", (Vector() as vector,)) if not wanted.slope:
            return [Steered(vector, Line(0.0, wanted.at_zero))]
        case Call(
            "avg_over_time" | "max_over_time" | "min_over_time" | "last_over_time", (Vector() as vector,)
        ):
            if not wanted.slope:
                return [Steered(vector, wanted)]
        case Binary("+" | "-" | "*" | "/", left, right):
            return _steer_operation(node, left, right, wanted)
    raise BeyondError("its expression is more than arithmetic on series and their rates")


def _steer_operation(node: Binary, left: Node, right: Node, wanted: Line) -> list[Steered]:
    """One side is known, or is held at 100 while the other is steered."""
    known = _known(left)
    if known is not None:
        return steer(right, _right_of(node.op, known, wanted))
    fixed = _known(right)
    if fixed is not None:
        return steer(left, _left_of(node.op, fixed, wanted))
    held = Line(100.0)
    return [*steer(left, _left_of(node.op, held, wanted)), *steer(right, held)]


def _known(node: Node) -> Line | None:
    match node:
        case Number(value):
            return Line(value)
        case Call("time", ()):
            return Line(0.0, 1.0)
    return None


def _left_of(op: str, right: Line, wanted: Line) -> Line:
    """What the left side must be for the operation to give what is wanted."""
    if op == "+":
        return Line(wanted.at_zero - right.at_zero, wanted.slope - right.slope)
    if op == "-":
        return Line(wanted.at_zero + right.at_zero, wanted.slope + right.slope)
    if right.slope or not right.at_zero:
        raise BeyondError("its expression multiplies by something that changes, or by zero")
    factor = right.at_zero if op == "/" else 1 / right.at_zero
    return Line(wanted.at_zero * factor, wanted.slope * factor)


def _right_of(op: str, left: Line, wanted: Line) -> Line:
    if op == "-":
        return Line(left.at_zero - wanted.at_zero, left.slope - wanted.slope)
    if op == "/":
        if left.slope or wanted.slope or not wanted.at_zero:
            raise BeyondError("its expression divides something that changes")
        return Line(left.at_zero / wanted.at_zero)
    return _left_of(op, left, wanted)


# --- slices and composites


def _sliced(scene: Scene, sli: TimeSliceSli) -> Iterator[Reading]:
    """A slice with just too many errors, and one with just not too many; without events; and series that have ended."""
    subject = scene.subject
    driver = driver_of(sli.events, subject.slo.group_by, subject.groups[0])
    highest = float(sli.max_error_ratio)
    slots = sli.length.ms // scene.interval.ms

    def reading(
        growth: Sequence[Growth], total: float | None, bad: float, ended: int = 0, without: Role | None = None
    ) -> Reading:
        age = ended + sum(step.times for step in growth)
        return Reading(list(driver.samples(subject.groups[0], age, growth, without)), total, bad)

    for ratio, bad in ((min(highest * _ABOVE, (1 + highest) / 2), 1.0), (highest * _BELOW, 0.0)):
        yield reading(_slice(scene, sli, ratio), 1.0, bad)
    idle = [Growth(slots, 0.0, 0.0)]
    yield reading(idle, 1.0, 0.0)
    if sli.length >= PAIR_WINDOW:
        yield reading(idle, 1.0, 0.0, ended=slots // 2)
        yield reading(idle, None, 0.0, ended=slots + 1)
        failing = [Growth(slots, _EVENTS, _EVENTS)]
        yield reading(failing, 1.0, 1.0, ended=slots // 2, without="good")


def _slice(scene: Scene, sli: TimeSliceSli, ratio: float) -> list[Growth]:
    """Events of a slice, oldest first, with much more traffic but no errors before them and in the newest."""
    intervals, pair = (length.ms // scene.interval.ms for length in (sli.length, PAIR_WINDOW))
    counted = intervals - 1
    recent = min(pair, counted // 3)
    share = ratio * (counted + (_LOUD - 1) * recent) / max(1, counted - recent)
    if intervals < pair or recent == 0 or share > 1:
        return [Growth(intervals + pair + 1, _EVENTS, _EVENTS * ratio)]
    return [
        Growth(intervals, _LOUD * _EVENTS, 0.0),
        Growth(counted - recent, _EVENTS, _EVENTS * share),
        Growth(recent, _LOUD * _EVENTS, 0.0),
    ]


def _composed(scene: Scene, sli: CompositeSli) -> Iterator[Reading]:
    """No part is bad; each is, on top of a little that all have; and each is the only one that there is."""
    for bad_part in (None, *sli.parts):
        yield _composition(scene, sli, [(part, *_of_part(sli, part, part == bad_part)) for part in sli.parts])
    for part in sli.parts:
        yield _composition(scene, sli, [(part, *_of_part(sli, part, is_bad=False))])


def _composition(scene: Scene, sli: CompositeSli, rows: Sequence[tuple[Part, float, float]]) -> Reading:
    """Parts, each with all and bad events per second."""
    samples = [sample for part, total, bad in rows for sample in _part_series(scene, sli, part, total, bad)]
    total, bad = _combined(sli, rows)
    return Reading(samples, total, bad)


def _of_part(sli: CompositeSli, part: Part, is_bad: bool) -> tuple[float, float]:
    """All and bad events of a part per second; of `any_bad` just above and just below what it may have."""
    if sli.combine == "any_bad":
        highest = float(part.value)
        return 10.0, 10.0 * (min(highest * _ABOVE, (1 + highest) / 2) if is_bad else highest * _BELOW)
    place = sli.parts.index(part) + 1
    return 10.0 * place, 5.0 * place if is_bad else 1.0


def _part_series(
    scene: Scene, sli: CompositeSli, part: Part, total: float, bad: float
) -> Iterator[tuple[str, Piece | Line]]:
    """What the rules of a part recorded, and what was measured, should its rules be there too."""
    subject = scene.subject
    found = subject.find_slo(part.service, part.slo)
    own = {label: value for label, value in subject.groups[0].items() if label in found.group_by}
    others = {label: "one" for label in found.group_by if label not in own}
    group = {**own, **others}
    labels = selector({**identity_labels(found), **group})
    if sli.combine == "events":
        yield names.TOTAL_EVENTS + labels, level(_INTERVALS, [total] * _INTERVALS)
        yield names.BAD_EVENTS + labels, level(_INTERVALS, [bad] * _INTERVALS)
    else:
        yield names.error_ratio(PAIR_WINDOW) + labels, level(_INTERVALS, [bad / total] * _INTERVALS)


def _combined(sli: CompositeSli, rows: Sequence[tuple[Part, float, float]]) -> tuple[float, float]:
    if sli.combine == "any_bad":
        return 1.0, float(any(bad / total > float(part.value) for part, total, bad in rows))
    if sli.combine == "ratio":
        weights = [float(part.value) for part, _, _ in rows]
        return sum(weights), sum(w * bad / total for w, (_, total, bad) in zip(weights, rows, strict=True))
    return (
        sum(float(part.value) * total for part, total, _ in rows),
        sum(float(part.value) * bad for part, _, bad in rows),
    )
