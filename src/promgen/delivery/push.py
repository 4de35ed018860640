"""A push as a value: what would change, the steps that change it, and the way back. Knows no server and no folder.

A step that fails ends the push, and what was done is undone in reverse order. Each step must be safe to undo whether it was
done, half done or not at all; only one that was refused is known to have done nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from promgen.base.errors import OutsideError
from promgen.changes.difference import Change, Status
from promgen.clients.exchange import RefusedError

Say = Callable[[str], None]
"""Takes one line of progress."""


class Planned(NamedTuple):
    """One object of the target, and what becomes of it."""

    status: Status
    kind: str
    """Such as `group`, `file` or `silence`."""
    name: str
    note: str = ""
    changes: tuple[Change, ...] = ()


class Step(NamedTuple):
    """One change, and how it is taken back; both raise OutsideError."""

    what: str
    do: Callable[[], None]
    undo: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What it takes to make one target hold what it should."""

    delivery: str
    to: str
    """The target in words."""
    planned: tuple[Planned, ...]
    """Everything that belongs to the project there, the unchanged too."""
    notes: tuple[str, ...]
    """What somebody should know before it is done."""
    steps: tuple[Step, ...]
    differences: Callable[[], list[str]]
    """What is not as it was when this was planned, in words; asks the target, and raises OutsideError without an answer."""


class PushError(OutsideError):
    """A push failed; the message says what state the target is in. `is_undone` is true where it is what it was before."""

    def __init__(self, message: str, *, is_undone: bool) -> None:
        super().__init__(message)
        self.is_undone = is_undone


def carry_out(push: Push, say: Say) -> None:
    """Take the steps, all or none; raise PushError, and what interrupted it where that was somebody."""
    for number, step in enumerate(push.steps):
        try:
            say(f"{push.delivery}: {number + 1}/{len(push.steps)} {step.what}")
            step.do()
        except OutsideError as error:
            done = push.steps[: number + (not isinstance(error, RefusedError))]
            raise _undo(push, done, f"{step.what}: {error}", say) from error
        except BaseException as error:
            failure = _undo(push, push.steps[: number + 1], f"{step.what}: interrupted", say)
            if not failure.is_undone:
                raise failure from error
            raise


def nothing() -> None:
    """The undoing of a step that only looks."""


def _undo(push: Push, done: Iterable[Step], cause: str, say: Say) -> PushError:
    """Take everything back as far as it goes, and say what is left."""
    failed = []
    for step in reversed([*done]):
        say(f"{push.delivery}: undoing {step.what}")
        try:
            step.undo()
        except OutsideError as error:
            failed.append(f"undoing {step.what}: {error}")
    return _failure(push, cause, failed)


def _failure(push: Push, cause: str, failed: list[str]) -> PushError:
    head = f"push to {push.delivery} failed, {cause}\n"
    try:
        left = push.differences()
    except OutsideError as error:
        state = f"undoing it was tried, but what {push.to} holds now cannot be read: {error}"
        return PushError(head + "\n  ".join((state, *failed)), is_undone=False)
    if not left:
        return PushError(f"{head}{push.to} holds what it held before", is_undone=True)
    state = f"not everything could be undone; {push.to} differs from before:"
    return PushError(head + "\n  ".join((state, *failed, *left)), is_undone=False)
