"""Versions of the servers that outputs are for, as (major, minor)."""

from __future__ import annotations

Version = tuple[int, int]


def dotted(version: Version) -> str:
    """As people write it.

    >>> dotted((0, 28))
    '0.28'
    """
    return ".".join(map(str, version))
