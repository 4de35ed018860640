"""Sets of minutes, as sorted stretches that do not touch: each from a minute to the first one after it."""

from __future__ import annotations

from collections.abc import Iterable

Stretches = tuple[tuple[int, int], ...]


def joined(stretches: Iterable[tuple[int, int]]) -> Stretches:
    """The minutes of any of the stretches, which may overlap and stand in any order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return tuple(found)


def common(one: Stretches, other: Stretches) -> Stretches:
    """The minutes of both."""
    found: list[tuple[int, int]] = []
    first = second = 0
    while first < len(one) and second < len(other):
        start = max(one[first][0], other[second][0])
        end = min(one[first][1], other[second][1])
        if start < end:
            found.append((start, end))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return tuple(found)


def without(whole: Stretches, taken: Stretches) -> Stretches:
    """The minutes of the whole that are not taken."""
    if not whole:
        return ()
    start, end = whole[0][0], whole[-1][1]
    starts = [start, *(stop for _, stop in taken)]
    ends = [*(begin for begin, _ in taken), end]
    gaps = tuple(gap for gap in zip(starts, ends, strict=True) if gap[0] < gap[1])
    return common(whole, gaps)
