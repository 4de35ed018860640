"""Rules are found again by group, name and labels, and whatever else became of them is said."""

from __future__ import annotations

import pytest

from promgen.base.durations import MINUTE
from promgen.changes.difference import Effect, Status
from promgen.changes.rules import FileChange, GroupChange, compare_rules
from promgen.compiler.ir.rules import Group, Rule, RuleFile

ALERT = Rule("Down", "up == 0", {"severity": "page"}, "a pass", is_alert=True, hold=MINUTE * 5)
RECORD = Rule("job:up:sum", "sum by (job) (up)", {}, "a pass")


def files(*rules: Rule, group: str = "shop", path: str = "shop/cart") -> tuple[RuleFile, ...]:
    return (RuleFile(path, "cart.yaml", (Group(group, MINUTE, rules, "cart"),)),)


def only(found: tuple[FileChange, ...]) -> GroupChange:
    """The one group of the one file."""
    ((group,),) = (file.groups for file in found)
    return group


def test_what_is_laid_out_otherwise_is_unchanged() -> None:
    other = ALERT._replace(expr="(up) == 0 # down", labels=dict(reversed(ALERT.labels.items())))
    group = only(compare_rules(files(ALERT), files(other)))
    assert (group.status, group.rules) == (Status.UNCHANGED, ())


def test_no_waiting_time_is_none_at_all() -> None:
    before, after = ALERT._replace(hold=None), ALERT._replace(hold=MINUTE * 0)
    assert only(compare_rules(files(before), files(after))).status is Status.UNCHANGED


@pytest.mark.parametrize(("minutes", "effect"), [(1, Effect.TIGHTER), (10, Effect.LOOSER)])
def test_a_waiting_time_has_an_effect(minutes: int, effect: Effect) -> None:
    group = only(compare_rules(files(ALERT), files(ALERT._replace(hold=MINUTE * minutes))))
    assert group.rules[0].changes == (("for", "5m", f"{minutes}m", effect),)


def test_other_labels_are_another_alert_to_the_server() -> None:
    after = ALERT._replace(labels={"severity": "ticket", "team": "a"})
    (change,) = only(compare_rules(files(ALERT), files(after))).rules
    assert change.status is Status.CHANGED
    assert change.changes == (
        ("label severity", "page", "ticket", Effect.IDENTITY),
        ("label team", None, "a", Effect.IDENTITY),
    )


def test_other_labels_of_a_recorded_series_start_its_history_again() -> None:
    after = RECORD._replace(labels={"team": "a"})
    (change,) = only(compare_rules(files(RECORD), files(after))).rules
    assert [one.effect for one in change.changes] == [Effect.HISTORY]


def test_a_rule_with_another_name_alone_was_renamed() -> None:
    (change,) = only(compare_rules(files(ALERT, RECORD), files(ALERT._replace(name="Gone"), RECORD))).rules
    assert (change.status, change.was, change.rule.name) == (Status.RENAMED, "Down", "Gone")


def test_rules_come_and_go() -> None:
    group = only(compare_rules(files(ALERT), files(RECORD)))
    assert {(one.rule.name, one.status) for one in group.rules} == {
        ("Down", Status.REMOVED),
        ("job:up:sum", Status.ADDED),
    }


def test_of_several_rules_with_one_name_each_is_found_again() -> None:
    others = [ALERT._replace(expr=f"up == {number}") for number in range(1, 4)]
    group = only(compare_rules(files(ALERT, *others), files(ALERT, others[0], others[2])))
    assert [(one.status, one.rule.expr) for one in group.rules] == [(Status.REMOVED, "up == 2")]


def test_the_order_of_rules_is_seen() -> None:
    group = only(compare_rules(files(RECORD, ALERT), files(ALERT, RECORD)))
    assert group.rules == ()
    first, second = "job:up:sum", "Down{severity=page}"
    assert group.changes == (("order", f"{first} before {second}", f"{second} before {first}", None),)


def test_a_rule_that_is_put_in_between_changes_no_order() -> None:
    between = RECORD._replace(name="between")
    group = only(compare_rules(files(RECORD, ALERT), files(RECORD, between, ALERT)))
    assert group.changes == ()


def test_the_order_of_groups_is_none() -> None:
    one, other = (Group(name, MINUTE, (ALERT,), "cart") for name in ("one", "other"))
    before, after = (RuleFile("a", "a.yaml", groups) for groups in ((one, other), (other, one)))
    assert [file.status for file in compare_rules([before], [after])] == [Status.UNCHANGED]


def test_an_alert_that_moves_starts_again_and_a_recorded_series_does_not() -> None:
    before, after = files(ALERT, RECORD), files(ALERT._replace(hold=None), RECORD, group="other")
    removed, added = sorted(
        compare_rules(before, after)[0].groups, key=lambda group: group.status is Status.ADDED
    )
    assert {one.moved_to for one in removed.rules} == {"shop/cart: other"}
    alert, record = added.rules
    assert alert.changes == (
        ("group", "shop/cart: shop", "shop/cart: other", Effect.IDENTITY),
        ("for", "5m", None, Effect.TIGHTER),
    )
    assert [change.effect for change in record.changes] == [None]


def test_what_stands_twice_has_not_moved() -> None:
    added = compare_rules(files(ALERT), files(ALERT, ALERT, group="other"))[0].groups[0]
    assert [(one.status, one.moved_from) for one in added.rules] == [(Status.ADDED, "")] * 2


def test_files_and_groups_come_and_go_with_all_their_rules() -> None:
    gone, come = compare_rules(files(ALERT, path="b"), files(RECORD, path="a"))[::-1]
    assert (gone.path, gone.status, gone.groups[0].status) == ("b", Status.REMOVED, Status.REMOVED)
    assert (come.path, come.status, come.groups[0].status) == ("a", Status.ADDED, Status.ADDED)
    assert [one.rule for one in come.groups[0].rules] == [RECORD]


def test_what_a_server_cannot_know_can_be_left_out() -> None:
    known = files(ALERT)[0]
    group = known.groups[0]._replace(subject="", rules=(ALERT._replace(origin=""),))
    read = known._replace(source="", groups=(group,))
    assert compare_rules([known], [read])[0].status is Status.CHANGED
    assert compare_rules([known], [read], with_origins=False)[0].status is Status.UNCHANGED
