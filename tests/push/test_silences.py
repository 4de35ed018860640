"""Silences from specifications on a real Alertmanager: created, replaced, ended, and never those of others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from promgen.base.errors import OutsideError
from promgen.changes.difference import Status
from promgen.clients.alertmanager import SilenceApi
from promgen.clients.exchange import Endpoint, Patience
from promgen.delivery.prepare import with_silences
from promgen.delivery.push import Push, PushError, Step, carry_out
from promgen.delivery.silences import owned_name, plan_silences
from tests.inventory.hostile import serving, text
from tests.real import Install
from tests.real.alertmanager import Alertmanager

NOW = datetime.now(UTC)
PATIENCE = Patience(first=0.05)
CONFIG = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


def silence(
    name: str, value: str = "cart", *, start: int = -60, end: int = 60, **more: Any
) -> dict[str, Any]:
    """A silence from so many minutes on, until so many; as `promgen build` writes them."""
    return {
        "matchers": [{"name": "service", "value": value, "isRegex": False, "isEqual": True}],
        "startsAt": (NOW + timedelta(minutes=start)).isoformat(timespec="seconds"),
        "endsAt": (NOW + timedelta(minutes=end)).isoformat(timespec="seconds"),
        "createdBy": "promgen",
        "comment": f"a test (people) [promgen:{name}]",
    } | more


@pytest.fixture
def alertmanager(install: Install, tmp_path: Path) -> Iterator[Alertmanager]:
    with Alertmanager(install, tmp_path / "alertmanager", CONFIG) as running:
        yield running


def prepare(url: str, wanted: list[dict[str, Any]], creator: str = "promgen") -> Push:
    push = Push(delivery="main", to="the test", planned=(), notes=(), steps=(), differences=list)
    return with_silences(push, wanted, Endpoint(url), PATIENCE, creator, datetime.now(UTC))


def push(running: Alertmanager, wanted: list[dict[str, Any]]) -> dict[str, Status]:
    found = prepare(running.url, wanted)
    carry_out(found, lambda text: None)
    return {one.name: one.status for one in found.planned}


def going(running: Alertmanager) -> dict[str, list[str]]:
    """Values of the matchers of every silence that has not ended, by its comment's end."""
    found: dict[str, list[str]] = {}
    for one in running.ask("GET", "silences"):
        if one["status"]["state"] != "expired":
            found.setdefault(owned_name(one, "promgen") or one["comment"], []).append(
                one["matchers"][0]["value"]
            )
    return found


def test_silences_are_created_replaced_and_ended_and_those_of_others_stay(alertmanager: Alertmanager) -> None:
    mine = silence("x", "mine") | {"createdBy": "ann", "comment": "by hand"}
    theirs = silence("a", "theirs") | {"createdBy": "ann"}
    alertmanager.ask("POST", "silences", mine)
    alertmanager.ask("POST", "silences", theirs)
    others = {"by hand": ["mine"], theirs["comment"]: ["theirs"]}
    first = [silence("a"), silence("b", start=30), silence("c")]
    assert push(alertmanager, first) == dict.fromkeys("abc", Status.ADDED)
    assert going(alertmanager) == others | {name: ["cart"] for name in "abc"}
    again = push(alertmanager, first)
    assert again == dict.fromkeys("abc", Status.UNCHANGED)
    second = [silence("a"), silence("b", "shop", start=30)]
    assert push(alertmanager, second) == {
        "a": Status.UNCHANGED,
        "b": Status.CHANGED,
        "c": Status.REMOVED,
    }
    assert going(alertmanager) == others | {"a": ["cart"], "b": ["shop"]}


@pytest.mark.parametrize(
    "change",
    [
        silence("a", end=90),
        silence("a", start=30),
        silence("a", comment="another reason [promgen:a]"),
        silence("a", matchers=[{"name": "service", "value": "cart", "isRegex": True, "isEqual": True}]),
        silence("a", matchers=[{"name": "service", "value": "cart", "isRegex": False, "isEqual": False}]),
        silence("a", matchers=[{"name": "other", "value": "cart", "isRegex": False, "isEqual": True}]),
    ],
    ids=["end", "start", "comment", "regex", "unequal", "label"],
)
def test_every_part_of_a_silence_is_compared(change: dict[str, Any]) -> None:
    held = silence("a") | {"id": "1"}
    assert plan_silences([silence("a")], [held], "promgen", NOW).unchanged
    assert plan_silences([change], [held], "promgen", NOW).changed == ((held, change),)


def test_an_ended_silence_is_not_created() -> None:
    plan = plan_silences([silence("a", start=-90, end=-30)], [], "promgen", NOW)
    assert not plan.created


def test_a_second_silence_of_one_name_is_ended() -> None:
    held = [silence("a") | {"id": "1"}, silence("a") | {"id": "2"}, silence("a", "old") | {"id": "3"}]
    plan = plan_silences([silence("a")], held, "promgen", NOW)
    assert [one["id"] for one in plan.unchanged] == ["1"]
    assert [one["id"] for one in plan.expired] == ["2", "3"]


def fail() -> None:
    raise OutsideError("the test wants it so")


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_after_a_failure_the_silences_are_as_they_were(alertmanager: Alertmanager, at: int) -> None:
    push(alertmanager, [silence("a"), silence("b")])
    before = going(alertmanager)
    found = prepare(alertmanager.url, [silence("a", "shop"), silence("c")])
    assert [step.what for step in found.steps] == [
        "create silence c",
        "create silence a",
        "end silence a",
        "end silence b",
    ]
    steps = [*found.steps]
    steps.insert(at, Step("fail", fail, lambda: None))
    broken = Push(
        delivery=found.delivery,
        to=found.to,
        planned=found.planned,
        notes=found.notes,
        steps=tuple(steps),
        differences=found.differences,
    )
    with pytest.raises(PushError, match="the test wants it so") as failure:
        carry_out(broken, lambda text: None)
    assert failure.value.is_undone
    assert going(alertmanager) == before


def test_what_alertmanager_refuses_is_said(alertmanager: Alertmanager) -> None:
    bad = silence("b", matchers=[{"name": "service", "value": "(", "isRegex": True, "isEqual": True}])
    with pytest.raises(PushError, match=r"create silence b: .* answered 400: .*regex") as failure:
        push(alertmanager, [silence("a"), bad])
    assert failure.value.is_undone
    assert going(alertmanager) == {}


def test_a_silence_that_is_unknown_or_has_ended_counts_as_ended(alertmanager: Alertmanager) -> None:
    api = SilenceApi(endpoint=Endpoint(alertmanager.url), patience=PATIENCE, creator="promgen")
    api.expire("4f5e9f6a-5b1c-4b1a-9f0e-0d3c6b1a2c3d")
    identifier = api.create(silence("a"))
    api.expire(identifier)
    api.expire(identifier)
    assert api.read() == []


@pytest.mark.parametrize("answer", ["{}", "nothing", '[{"createdBy": "promgen", "comment": "[promgen:a]"}]'])
def test_an_answer_that_is_no_list_of_silences_is_refused(answer: str) -> None:
    with serving(text(answer)) as url, pytest.raises(OutsideError, match=r"silence|JSON"):
        prepare(url, [silence("a")])


def test_another_project_s_silences_of_the_same_names_are_left_alone(alertmanager: Alertmanager) -> None:
    push(alertmanager, [silence("a", "cart")])
    theirs = prepare(alertmanager.url, [silence("a", "till", createdBy="bank")], "bank")
    carry_out(theirs, lambda text: None)
    carry_out(prepare(alertmanager.url, []), lambda text: None)
    left = {
        one["createdBy"]: one["matchers"][0]["value"]
        for one in alertmanager.ask("GET", "silences")
        if one["status"]["state"] == "active"
    }
    assert left == {"bank": "till"}
