"""Silences from specifications: created, replaced when they change, and ended when their specification is gone.

A silence belongs to the project when the project created it and its comment ends with its name; no other one is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from promgen.base.conventions import SILENCE_MARK
from promgen.base.errors import OutsideError
from promgen.changes.difference import Status
from promgen.clients.alertmanager import SilenceApi
from promgen.delivery.push import Planned, Step

Silence = Mapping[str, Any]
"""As Alertmanager's API takes and gives it."""

_NAME = re.compile(re.escape(SILENCE_MARK).replace(re.escape("{}"), r"([^\]]+)") + r"\Z")


@dataclass(slots=True)
class _Created:
    """Remembers the id that a step was given, for its undoing."""

    identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan:
    """What becomes of each silence; what is held is listed with its id."""

    created: tuple[Silence, ...] = ()
    changed: tuple[tuple[Silence, Silence], ...] = ()
    """The one that is held and the one that replaces it."""
    expired: tuple[Silence, ...] = ()
    unchanged: tuple[Silence, ...] = ()


def owned_name(silence: Silence, creator: str) -> str:
    """The name under which a silence belongs to its creator; empty for those of others."""
    return name_of(silence) if silence.get("createdBy") == creator else ""


def name_of(silence: Silence) -> str:
    """The name in a silence's comment; empty where there is none."""
    match = _NAME.search(str(silence.get("comment", "")))
    return match[1] if match else ""


def plan_silences(
    wanted: Iterable[Silence], held: Iterable[Silence], creator: str, now: datetime
) -> SilencePlan:
    """What it takes from what is held to what is wanted; wanted ones that have ended are not created."""
    owned = [(owned_name(silence, creator), silence) for silence in held if owned_name(silence, creator)]
    due = {name_of(silence): silence for silence in wanted if _moment(silence, "endsAt") > now}
    kept: dict[str, Silence] = {}
    for name, silence in owned:
        if name in due and name not in kept and _meaning(silence, now) == _meaning(due[name], now):
            kept[name] = silence
    left = [(name, silence) for name, silence in owned if kept.get(name) is not silence]
    replaced = {name: silence for name, silence in left if name in due and name not in kept}
    return SilencePlan(
        created=tuple(due[name] for name in due if name not in kept and name not in replaced),
        changed=tuple((silence, due[name]) for name, silence in replaced.items()),
        expired=tuple(silence for name, silence in left if replaced.get(name) is not silence),
        unchanged=tuple(kept.values()),
    )


def silence_changes(plan: SilencePlan) -> tuple[Planned, ...]:
    """What becomes of each silence, in words."""
    rows = (
        *((Status.ADDED, silence) for silence in plan.created),
        *((Status.CHANGED, silence) for _, silence in plan.changed),
        *((Status.REMOVED, silence) for silence in plan.expired),
        *((Status.UNCHANGED, silence) for silence in plan.unchanged),
    )
    return tuple(
        Planned(status, "silence", name_of(silence), f"until {silence['endsAt']}") for status, silence in rows
    )


def silence_steps(api: SilenceApi, plan: SilencePlan) -> tuple[Step, ...]:
    """New ones are created before any ends, so that nothing is heard in between."""
    wanted = (*plan.created, *(new for _, new in plan.changed))
    ended = (*(old for old, _ in plan.changed), *plan.expired)
    return (*(_creation(api, silence) for silence in wanted), *(_ending(api, silence) for silence in ended))


def silence_differences(api: SilenceApi, before: Iterable[Silence]) -> list[str]:
    """Silences of the project that are not as they were."""
    plan = plan_silences(before, api.read(), api.creator, datetime.now(UTC))
    return [
        *(f"silence {name_of(silence)} is gone" for silence in plan.created),
        *(f"silence {name_of(silence)} is not as it was" for _, silence in plan.changed),
        *(f"silence {name_of(silence)} is new" for silence in plan.expired),
    ]


def _creation(api: SilenceApi, silence: Silence) -> Step:
    created = _Created()

    def do() -> None:
        created.identifier = api.create(_postable(silence))

    def undo() -> None:
        """Also one whose id never arrived, which is found by what it says."""
        now = datetime.now(UTC)
        for held in api.read():
            is_same = owned_name(held, api.creator) and _meaning(held, now) == _meaning(silence, now)
            if held.get("id") == created.identifier or (not created.identifier and is_same):
                api.expire(str(held["id"]))

    return Step(f"create silence {name_of(silence)}", do, undo)


def _ending(api: SilenceApi, silence: Silence) -> Step:
    identifier = str(silence["id"])

    def undo() -> None:
        """An ended silence cannot go on; another one of the same content does, unless it has not ended."""
        if all(held.get("id") != identifier for held in api.read()):
            api.create(_postable(silence))

    return Step(f"end silence {name_of(silence)}", partial(api.expire, identifier), undo)


def _postable(silence: Silence) -> dict[str, Any]:
    return {key: silence[key] for key in ("matchers", "startsAt", "endsAt", "createdBy", "comment")}


def _meaning(silence: Silence, now: datetime) -> tuple[object, ...]:
    """What counts; a beginning that has passed is any other, since Alertmanager replaces it by the moment of creation."""
    try:
        matchers = frozenset(
            (one["name"], one["value"], bool(one.get("isRegex")), bool(one.get("isEqual", True)))
            for one in silence["matchers"]
        )
    except (KeyError, TypeError) as error:
        raise OutsideError("a silence has no matchers as Alertmanager lists them") from error
    start = None if _has_begun(silence, now) else _moment(silence, "startsAt")
    return matchers, start, _moment(silence, "endsAt"), silence.get("comment")


def _has_begun(silence: Silence, now: datetime) -> bool:
    """By the server's clock where it says so, which may be ahead."""
    status = silence.get("status")
    is_active = isinstance(status, dict) and status.get("state") == "active"
    return is_active or _moment(silence, "startsAt") <= now


def _moment(silence: Silence, key: str) -> datetime:
    try:
        return datetime.fromisoformat(str(silence[key]))
    except (KeyError, ValueError) as error:
        raise OutsideError(f"a silence has no `{key}` that is a moment") from error
