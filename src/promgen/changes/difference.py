"""What a comparison finds, in words: fields that differ, objects that came, went or differ. Plain data."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Effect(StrEnum):
    """What is certain to follow from a change."""

    LOOSER = "looser"
    """Fires later or less often."""
    TIGHTER = "tighter"
    """Fires earlier or more often."""
    IDENTITY = "identity"
    """The alert is another one to the server: what is pending or firing starts again."""
    HISTORY = "history"
    """The recorded series are other ones: what was recorded does not count for them."""


class Status(StrEnum):
    """What became of an object."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Change(NamedTuple):
    """One field that differs, its values as text; None where a side has none."""

    field: str
    before: str | None
    after: str | None
    effect: Effect | None = None


class Difference(NamedTuple):
    """One object that came, went or differs."""

    kind: str
    """Such as `SLO` or `receiver`."""
    name: str
    status: Status
    changes: tuple[Change, ...] = ()
    was: str = ""
    """Its earlier name, where it was renamed."""
    system: str = ""
    service: str = ""
    environments: tuple[str, ...] = ()
    """Those for which the same is true; empty for what has none."""
