"""Time that does not count. The base pair stays true; windows and the period are corrected.

So an exclusion that is merged after the fact works on what was recorded before, and maintenance stays visible. The pair
looks back 5 minutes, so its samples are left out until 5 minutes after the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promgen.base import conventions as names
from promgen.base.durations import DAY, Duration
from promgen.compiler.lower.labels import labelled
from promgen.compiler.lower.slo.frame import STEP_SECONDS, Frame, matchers
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.slo import Exclusion
from promgen.promql import format_labels

_TERM_SECONDS = DAY.ms // 1000
"""A longer exclusion is taken off in several terms, so that none touches too many samples at once."""


def excluded_events(frame: Frame, pair: str, rolling: Duration | None) -> list[str]:
    """One negative term per exclusion: its events inside the period of a sum; never the same event twice.

    `rolling` is the length of a rolling period; None for a calendar one. Both the period's edge and the evaluation's
    instant are read from the recorded block start, so that the term follows the sum it is taken off.
    """
    start = f"{names.BLOCK_START}{frame.id} @ end()"
    if rolling is None:
        inside = f"vector(time() - 1) > on () {names.PERIOD_START}{frame.id} @ end()"
    else:
        inside = f"vector(time() - 1 + {rolling.ms // 1000}) > on () {start}"
    happened = f"vector(time() - 59.999) <= on () timestamp({start})"
    terms = []
    for place, exclusion in enumerate(frame.slo.exclusions):
        series = pair + matchers({**frame.labels, **exclusion.labels})
        earlier = [other for other in frame.slo.exclusions[:place] if _overlap(other, exclusion)]
        series += "".join(f" unless {mask}" for mask in masks(earlier, PAIR_WINDOW))
        for begin, end in _terms(exclusion):
            length = Duration((end - begin) * 1000 - 1)
            steps = f"({series} and on () ({inside}) and on () ({happened}))[{length}:1m] @ {end}"
            terms.append(f"-{STEP_SECONDS} * sum_over_time({steps})")
    return terms


def without_excluded(frame: Frame, pair: str, window: Duration) -> str:
    """The samples of the pair over a window, without those of excluded time."""
    kept = " ".join(
        [f"{pair}{frame.id}", *(f"unless {mask}" for mask in masks(frame.slo.exclusions, PAIR_WINDOW))]
    )
    return f"({kept})[{window}:1m]"


def masks(exclusions: Iterable[Exclusion], lasting: Duration) -> Iterator[str]:
    """The right side of an `unless` for each exclusion: true from its start until `lasting` after its end."""
    for exclusion in exclusions:
        start, end = _seconds(exclusion)
        mask = labelled(f"vector(time()) > {start} <= {end + lasting.ms // 1000}", exclusion.labels)
        yield f"on ({format_labels(exclusion.labels)}) ({mask})"


def _overlap(one: Exclusion, other: Exclusion) -> bool:
    """Whether two exclusions may leave out the same samples: at some time, counting the 5 minutes after, of some group."""
    tail = PAIR_WINDOW.ms // 1000
    (start, end), (other_start, other_end) = _seconds(one), _seconds(other)
    same_group = all(other.labels.get(label, value) == value for label, value in one.labels.items())
    return same_group and start < other_end + tail and other_start < end + tail


def _terms(exclusion: Exclusion) -> Iterator[tuple[int, int]]:
    start, end = _seconds(exclusion)
    end += PAIR_WINDOW.ms // 1000
    while start < end:
        stop = min(start + _TERM_SECONDS, end)
        yield start, stop
        start = stop


def _seconds(exclusion: Exclusion) -> tuple[int, int]:
    return int(exclusion.start.timestamp()), int(exclusion.end.timestamp())
