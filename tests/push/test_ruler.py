"""A push to a ruler: what it changes, what it leaves alone, and what the server holds when something goes wrong."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promgen.base.errors import OutsideError
from promgen.changes.difference import Status
from promgen.clients.exchange import Endpoint, Patience
from promgen.delivery.group_order import in_order
from promgen.delivery.groups import group_text, read_namespaces
from promgen.delivery.push import Push, PushError, carry_out
from promgen.delivery.ruler import prepare_ruler
from promgen.model.delivery import Access, Ruler
from tests.push.mimir import PATH, Fault, Mimir, running

TENANT = "shop"
FOREIGN = {"others": {"mine": {"name": "mine", "rules": [{"record": "a:b", "expr": "up"}]}}}


def rule(name: str, expr: str = "up", **more: Any) -> dict[str, Any]:
    return {"record": name, "expr": expr, **more}


def alert(name: str, expr: str = "up == 0", **more: Any) -> dict[str, Any]:
    return {"alert": name, "expr": expr, **more}


def group(name: str, *rules: dict[str, Any], interval: str = "1m") -> dict[str, Any]:
    return {"name": name, "interval": interval, "rules": [*(rules or (rule(f"{name}:x"),))]}


def namespaces(groups: Mapping[str, list[dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """As the server keeps them."""
    return {name: {one["name"]: copy.deepcopy(one) for one in found} for name, found in groups.items()}


@pytest.fixture
def mimir() -> Iterator[Mimir]:
    with running(Mimir(groups={TENANT: copy.deepcopy(FOREIGN)})) as server:
        yield server


class Pauses:
    """Takes the place of waiting, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def prepare(
    mimir: Mimir,
    wanted: Mapping[str, list[dict[str, Any]]],
    *,
    pauses: Pauses | None = None,
    timeout: float = 10.0,
    authorization: str = "",
) -> Push:
    ruler = Ruler(kind="mimir", access=Access(url=mimir.url), tenant=TENANT)
    patience = Patience(attempts=3, first=0.5, sleep=pauses or Pauses())
    groups = {name: tuple(found) for name, found in wanted.items()}
    endpoint = Endpoint(mimir.url, authorization, timeout)
    return prepare_ruler("central", ruler, groups, endpoint, patience)


def push(mimir: Mimir, wanted: Mapping[str, list[dict[str, Any]]], **options: Any) -> Push:
    found = prepare(mimir, wanted, **options)
    carry_out(found, lambda text: None)
    return found


def statuses(found: Push) -> dict[str, Status]:
    return {one.name: one.status for one in found.planned}


# --- what is planned


def test_groups_are_created_changed_deleted_and_left_as_they_are(mimir: Mimir) -> None:
    push(mimir, {"promgen/cart": [group("same"), group("other"), group("old")]})
    changed = group("other", rule("other:x", "up * 2"))
    found = push(mimir, {"promgen/cart": [group("same"), changed], "promgen/shop": [group("new")]})
    assert statuses(found) == {
        "promgen/cart same": Status.UNCHANGED,
        "promgen/cart other": Status.CHANGED,
        "promgen/cart old": Status.REMOVED,
        "promgen/shop new": Status.ADDED,
    }
    assert list(mimir.held()["promgen/cart"]) == ["same", "other"]
    assert mimir.held()["promgen/cart"]["other"] == changed
    assert mimir.held()["others"] == FOREIGN["others"]


def test_a_second_push_has_nothing_to_do(mimir: Mimir) -> None:
    wanted = {"promgen/cart": [group("a", alert("A", "sum by (job) (up) == 0", **{"for": "24h"}))]}
    push(mimir, wanted)
    assert mimir.held()["promgen/cart"]["a"]["rules"][0]["for"] == "1d"
    writes = mimir.writes
    found = push(mimir, wanted)
    assert found.steps == ()
    assert mimir.writes == writes


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({"expr": "sum(up) by (job)"}, {"expr": "sum by (job) (\n  up\n)"}),
        ({"for": "90m"}, {"for": "1h30m"}),
        ({"for": "0s", "labels": {}, "annotations": None}, {}),
        ({"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "2", "a": "1"}}),
        ({"labels": {"code": 500, "is": True}}, {"labels": {"code": "500", "is": "true"}}),
    ],
)
def test_what_means_the_same_is_unchanged(mimir: Mimir, held: dict[str, Any], wanted: dict[str, Any]) -> None:
    base = {"alert": "A", "expr": "up == 0"}
    mimir.groups[TENANT]["promgen"] = {"a": {"name": "a", "rules": [base | held]}}
    found = prepare(mimir, {"promgen": [{"rules": [base | wanted], "name": "a"}]})
    assert statuses(found) == {"promgen a": Status.UNCHANGED}


@pytest.mark.parametrize(
    "difference",
    [
        {"expr": "up == 1"},
        {"for": "5m"},
        {"keep_firing_for": "5m"},
        {"labels": {"severity": "high"}},
        {"annotations": {"summary": "other"}},
        {"unknown_to_promgen": 3},
    ],
)
def test_every_field_of_a_rule_is_seen(mimir: Mimir, difference: dict[str, Any]) -> None:
    base = {"alert": "A", "expr": "up == 0"}
    mimir.groups[TENANT]["promgen"] = {"a": {"name": "a", "rules": [base | difference]}}
    found = prepare(mimir, {"promgen": [{"name": "a", "rules": [base]}]})
    assert statuses(found) == {"promgen a": Status.CHANGED}
    assert found.planned[0].changes


@pytest.mark.parametrize(
    "difference",
    [
        {"interval": "5m"},
        {"limit": 7},
        {"query_offset": "0s"},
        {"labels": {"team": "a"}},
        {"source_tenants": ["a", "b"]},
        {"align_evaluation_time_on_interval": True},
        {"rules": [rule("b:x"), rule("a:x")]},
    ],
)
def test_every_field_of_a_group_and_the_order_of_its_rules_are_seen(
    mimir: Mimir, difference: dict[str, Any]
) -> None:
    base = {"name": "a", "rules": [rule("a:x"), rule("b:x")]}
    mimir.groups[TENANT]["promgen"] = {"a": base | difference}
    found = prepare(mimir, {"promgen": [base]})
    assert statuses(found) == {"promgen a": Status.CHANGED}
    assert found.planned[0].changes


def test_only_namespaces_of_the_project_are_its_own(mimir: Mimir) -> None:
    for name in ("promgen", "promgen/a", "promgen2", "x/promgen", "Promgen/a"):
        mimir.groups[TENANT][name] = namespaces({name: [group("g")]})[name]
    found = push(mimir, {})
    assert statuses(found) == {"promgen g": Status.REMOVED, "promgen/a g": Status.REMOVED}
    left = {name for name, groups in mimir.held().items() if groups}
    assert left == {"promgen2", "x/promgen", "Promgen/a", "others"}
    assert found.notes == ("4 namespaces of others left alone",)


def test_what_is_read_is_written_before_its_readers_and_deletions_come_last(mimir: Mimir) -> None:
    push(mimir, {"promgen/a": [group("gone")]})
    mimir.requests.clear()
    wanted = {
        "promgen/a": [group("top", rule("top:x", "mid:x")), group("alone")],
        "promgen/b": [group("mid", rule("mid:x", "base:x + top:none"))],
        "promgen/c": [group("base", rule("base:x"))],
    }
    found = push(mimir, wanted)
    assert [step.what for step in found.steps] == [
        "create promgen/c base",
        "create promgen/b mid",
        "create promgen/a top",
        "create promgen/a alone",
        "delete promgen/a gone",
        "read back",
    ]


def test_groups_that_record_one_metric_are_told_apart_by_labels() -> None:
    def recorder(name: str, value: str) -> dict[str, Any]:
        return group(name, rule("x:ratio", "up", labels={"slo": value}))

    def reader(name: str, selector: str) -> dict[str, Any]:
        return group(name, alert(name, f"x:ratio{{{selector}}} > 1"))

    groups = [
        reader("first", 'slo="b"'),
        recorder("a", "a"),
        reader("second", 'slo=~"c|d",other="x"'),
        recorder("b", "b"),
        recorder("c", "c"),
    ]
    ordered = in_order({("promgen", str(one["name"])): one for one in groups})
    assert [name for _, name in ordered] == ["b", "first", "a", "c", "second"]


def test_groups_that_read_each_other_are_written_all_the_same(mimir: Mimir) -> None:
    push(mimir, {"promgen": [group("a", rule("a:x", "b:x")), group("b", rule("b:x", "a:x"))]})
    assert set(mimir.held()["promgen"]) == {"a", "b"}


def test_a_request_has_one_group_in_yaml_a_tenant_and_an_escaped_namespace(mimir: Mimir) -> None:
    mimir.authorization = "Bearer secret"
    push(mimir, {"promgen/shop": [group("slo/a b")]}, authorization="Bearer secret")
    _, path, headers = next(one for one in mimir.requests if one[0] == "POST")
    assert path == f"{PATH}/promgen%2Fshop"
    assert headers["Content-Type"] == "application/yaml"
    assert headers["X-Scope-Orgid"] == TENANT
    assert "slo/a b" in mimir.held()["promgen/shop"]
    push(mimir, {}, authorization="Bearer secret")
    assert mimir.requests[-2][:2] == ("DELETE", f"{PATH}/promgen%2Fshop/slo%2Fa%20b")


def test_texts_of_all_kinds_arrive_as_they_are(mimir: Mimir) -> None:
    text = "line\n  indented: {{ $value }} 'q' \"d\" # no\n\ttab ü é \u2028 end "
    expr = 'sum by (a) (\n  rate(x{b=~"c.*"}[5m])\n)'
    push(mimir, {"promgen": [group("a", alert("A", expr, annotations={"d": text, "empty": "0x1f"}))]})
    held = mimir.held()["promgen"]["a"]["rules"][0]
    assert held["annotations"] == {"d": text, "empty": "0x1f"}
    assert held["expr"] == expr


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])),
        max_size=4,
    )
)
def test_any_text_is_restored_as_it_was(texts: dict[str, str]) -> None:
    """What undoing writes is what was read, for a server's reader of YAML and for promgen's own."""
    data = group("a", alert("A", annotations=texts, labels=texts))
    text = group_text(data).decode()
    assert yaml.safe_load(text) == data
    listed = yaml.safe_dump({"promgen": [data]})
    assert read_namespaces(listed, "a test", lambda _: True)[0] == {"promgen": (data,)}


def test_a_tenant_with_more_rules_than_one_document_may_have_is_read(mimir: Mimir) -> None:
    rules = [rule(f"r{number}:x", labels={"a": "b"}) for number in range(200)]
    mimir.groups[TENANT] |= {f"other-{number}": {"g": {"name": "g", "rules": rules}} for number in range(100)}
    assert statuses(prepare(mimir, {"promgen": [group("a")]})) == {"promgen a": Status.ADDED}


# --- what the server refuses


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "rules of a group": (
        {"rules_per_group": 2},
        "per-user rules per rule group limit \\(limit: 2 actual: 3\\) exceeded",
    ),
    "groups of a tenant": ({"groups_per_tenant": 3}, "per-user rule groups limit"),
    "protected namespace": ({"protected": {"promgen/b"}}, "403: namespace promgen/b is protected"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_server_refuses_is_said_in_its_words_and_nothing_stays(mimir: Mimir, name: str) -> None:
    limits, message = REFUSALS[name]
    push(mimir, {"promgen/a": [group("old")]})
    before = mimir.held()
    for key, value in limits.items():
        setattr(mimir, key, value)
    wanted = {"promgen/a": [group("one")], "promgen/b": [group("big", rule("a:x"), rule("b:x"), rule("c:x"))]}
    pauses = Pauses()
    with pytest.raises(PushError, match=message) as failure:
        push(mimir, wanted, pauses=pauses)
    assert failure.value.is_undone
    assert "holds what it held before" in str(failure.value)
    assert mimir.held() == before | {"promgen/a": before["promgen/a"]}
    assert pauses.seconds == []


@pytest.mark.parametrize(("tenant", "authorization"), [("", ""), ("shop", "Bearer other")])
def test_without_tenant_or_with_other_credentials_nothing_is_planned(
    mimir: Mimir, tenant: str, authorization: str
) -> None:
    mimir.authorization = "Bearer secret" if authorization else ""
    ruler = Ruler(kind="mimir", access=Access(url=mimir.url), tenant=tenant)
    with pytest.raises(OutsideError, match="401") as failure:
        prepare_ruler("central", ruler, {}, Endpoint(mimir.url, authorization), Patience())
    assert "other" not in str(failure.value)


def test_a_server_that_forgets_what_it_took_is_found_out(mimir: Mimir) -> None:
    mimir.forgets = True
    with pytest.raises(PushError, match="holds something else for promgen a") as failure:
        push(mimir, {"promgen": [group("a")]})
    assert failure.value.is_undone


@pytest.mark.parametrize("answer", ["- a list", "promgen: 3", "promgen: [{name: 1}]", "a: [", "promgen: [x]"])
def test_an_answer_that_is_no_list_of_groups_is_refused(mimir: Mimir, answer: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(yaml, "safe_dump", lambda *_, **__: answer)
    with pytest.raises(OutsideError, match="does not hold groups"):
        prepare(mimir, {})


# --- what goes wrong


def test_a_busy_server_is_asked_again_after_the_time_it_wants(mimir: Mimir) -> None:
    mimir.faults = {1: "busy"}
    pauses = Pauses()
    push(mimir, {"promgen": [group("a")]}, pauses=pauses)
    assert pauses.seconds == [2.0]
    assert "a" in mimir.held()["promgen"]


@pytest.mark.parametrize("fault", ["fail", "drop before", "drop after"])
def test_a_failure_that_passes_is_not_noticed(mimir: Mimir, fault: Fault) -> None:
    mimir.faults = {1: fault, 2: fault}
    pauses = Pauses()
    push(mimir, {"promgen": [group("a")]}, pauses=pauses)
    assert pauses.seconds == [0.5, 1.0]
    assert "a" in mimir.held()["promgen"]


def test_a_slow_answer_is_asked_for_again(mimir: Mimir) -> None:
    mimir.faults = {1: "slow"}
    push(mimir, {"promgen": [group("a")]}, timeout=0.1)
    assert mimir.writes == 2
    assert "a" in mimir.held()["promgen"]


def failure_of(found: Push) -> PushError | None:
    """What became of a push; None for one that was carried out."""
    try:
        carry_out(found, lambda text: None)
    except PushError as failure:
        return failure
    return None


GROUPS = st.dictionaries(
    st.sampled_from(["promgen", "promgen/a", "promgen/b"]),
    st.lists(
        st.builds(
            lambda name, factor: group(name, rule(f"{name}:x", f"up * {factor}")),
            st.sampled_from("abcd"),
            st.integers(1, 2),
        ),
        max_size=3,
        unique_by=lambda one: str(one["name"]),
    ),
)


@settings(max_examples=100)
@given(
    before=GROUPS,
    after=GROUPS,
    fault=st.sampled_from([fault for fault in get_args(Fault) if fault not in {"busy", "slow"}]),
    at=st.integers(1, 8),
    room=st.integers(0, 6),
)
def test_after_a_push_the_server_holds_all_of_it_or_what_it_held_before(
    before: dict[str, list[dict[str, Any]]],
    after: dict[str, list[dict[str, Any]]],
    fault: Fault,
    at: int,
    room: int,
) -> None:
    """Whatever goes wrong, for as long as it takes that it is no longer tried, and at any place.

    Where undoing is kept from its work by a second failure, the message names exactly what is left.
    """
    with running(Mimir(groups={TENANT: copy.deepcopy(FOREIGN) | namespaces(before)})) as mimir:
        held = {name: groups for name, groups in mimir.held().items() if groups}
        mimir.groups_per_tenant = sum(map(len, held.values())) + room
        found = prepare(mimir, after)
        mimir.faults = dict.fromkeys(range(at, at + (1 if fault == "refuse" else 3)), fault)
        failure = failure_of(found)
        now = {name: groups for name, groups in mimir.held().items() if groups}
        if failure is not None and not failure.is_undone:
            assert "limit" in str(failure), "two things went wrong: the limit, and what the test wants"
            assert named(failure) == differing(held, now)
        else:
            expected = held if failure else namespaces(after) | FOREIGN
            assert now == {name: groups for name, groups in expected.items() if groups}


Held = Mapping[str, Mapping[str, Any]]


def named(failure: PushError) -> set[str]:
    """The groups that a message says are not as before."""
    return set(re.findall(r"group (\S+ \S+) is", str(failure)))


def differing(before: Held, after: Held) -> set[str]:
    return {
        f"{space} {name}"
        for space in {*before, *after}
        for name in {*before.get(space, {}), *after.get(space, {})}
        if before.get(space, {}).get(name) != after.get(space, {}).get(name)
    }


def test_when_undoing_fails_as_well_the_message_says_what_is_left(mimir: Mimir) -> None:
    push(mimir, {"promgen": [group("a"), group("b"), group("c")]})
    mimir.broken_from = mimir.writes + 3
    changed = [group("a", rule("a:x", "up * 2")), group("b", rule("b:x", "up * 2")), group("d")]
    with pytest.raises(PushError) as failure:
        push(mimir, {"promgen": changed})
    assert not failure.value.is_undone
    text = str(failure.value)
    assert "create promgen d:" in text
    assert "group promgen a is not as it was" in text
    assert "group promgen b is not as it was" in text
    assert "promgen c" not in text
    assert "promgen d is new" not in text


def test_a_person_who_interrupts_finds_everything_as_it_was(mimir: Mimir) -> None:
    push(mimir, {"promgen": [group("a"), group("b")]})
    before = mimir.held()
    found = prepare(mimir, {"promgen": [group("c"), group("d")]})

    def interrupt(text: str) -> None:
        if "create promgen d" in text and "undoing" not in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(found, interrupt)
    assert mimir.held() == before
