"""Groups that are larger than a ruler takes: nothing is lost, nothing depends on chance, and readers come last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promgen.base.durations import MINUTE
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.lower.split import namespace_of, ruler_files, split_group
from promgen.model.delivery import Access, Delivery, Ruler

RULER = Ruler(kind="mimir", access=Access(url="http://mimir"))


def record(name: str, *read: str) -> Rule:
    return Rule(name, " + ".join(read) or "up", {}, "test")


def alert(name: str, expr: str) -> Rule:
    return Rule(name, expr, {}, "test", is_alert=True)


def group(*rules: Rule) -> Group:
    return Group("slo/shop/cart", MINUTE, rules, "shop/cart")


def names(parts: tuple[Group, ...]) -> list[str]:
    return [" ".join(rule.name for rule in part.rules) for part in parts]


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """Rules that read raw metrics and any of the records above them."""
    rules: list[Rule] = []
    for number in range(draw(st.integers(1, 30))):
        above = [rule.name for rule in rules]
        read = draw(st.lists(st.sampled_from(above), max_size=3)) if above else []
        rules.append(record(f"r{number}", *read))
    return group(*rules)


@given(whole=groups(), limit=st.integers(1, 12))
def test_every_rule_is_in_one_part_that_fits(whole: Group, limit: int) -> None:
    parts = split_group(whole, limit)
    assert sorted(rule.name for part in parts for rule in part.rules) == sorted(
        rule.name for rule in whole.rules
    )
    assert all(0 < len(part.rules) <= limit for part in parts)
    assert [part.name for part in parts] == [
        whole.name,
        *(f"{whole.name}/{number}" for number in range(2, len(parts) + 1)),
    ]
    assert {(part.interval, part.subject) for part in parts} == {(whole.interval, whole.subject)}


@given(whole=groups(), limit=st.integers(1, 12))
def test_what_a_rule_reads_is_never_recorded_after_it(whole: Group, limit: int) -> None:
    order = [rule.name for part in split_group(whole, limit) for rule in part.rules]
    for rule in whole.rules:
        for name in rule.expr.split(" + "):
            assert name == "up" or order.index(name) < order.index(rule.name)


@given(whole=groups(), limit=st.integers(2, 12), added=st.integers(1, 20))
def test_rules_that_are_added_at_the_end_move_none_of_whole_parts(
    whole: Group, limit: int, added: int
) -> None:
    more = group(*whole.rules, *(record(f"new{number}") for number in range(added)))
    before, after = split_group(whole, limit), split_group(more, limit)
    assert after[: len(before) - 1] == before[:-1]


def test_a_group_within_the_limit_is_left_as_it_is() -> None:
    whole = group(record("a"), record("b", "a"))
    assert split_group(whole, 2) == (whole,)
    assert split_group(whole, 0) == (whole,)


def test_rules_that_read_each_other_stay_together() -> None:
    whole = group(record("a"), record("b"), record("a2", "a"), record("b2", "b"), record("b3", "b2"))
    assert names(split_group(whole, 3)) == ["a a2", "b b2 b3"]


def test_a_chain_that_does_not_fit_is_cut_along_its_order() -> None:
    whole = group(*(record(f"r{place}", *([f"r{place - 1}"] if place else [])) for place in range(5)))
    assert names(split_group(whole, 2)) == ["r0 r1", "r2 r3", "r4"]


def test_alerts_that_hand_over_to_each_other_are_not_cut_apart() -> None:
    high = alert("Slow", 'x > 2 or ALERTS{alertname="Slow",severity="high"}')
    low = alert("Slow", 'x > 1 unless ALERTS{alertname="Slow",severity="low"}')
    whole = group(record("x"), record("y", "x"), record("z", "y"), high, low)
    assert names(split_group(whole, 3)) == ["x y z", "Slow Slow"]


def test_a_selector_without_a_name_may_read_any_record_that_it_matches() -> None:
    whole = group(record("b"), record("a:rate"), alert("Any", '{__name__=~"a:.*"} > 0'))
    assert names(split_group(whole, 2)) == ["b", "a:rate Any"]


def test_a_delivery_has_the_files_of_its_environments() -> None:
    files = tuple(
        RuleFile(f"{name}/cart", "cart.yaml", (), environment=name) for name in ("production", "staging")
    )
    delivery = Delivery(name="mimir", to=RULER, environments=("staging",))
    assert ruler_files(files, delivery) == files[1:]
    assert ruler_files(files, Delivery(name="mimir", to=RULER)) == files
    assert ruler_files(files, Delivery(name="mimir", to=RULER, files=("logs.yaml",))) == ()


def test_a_long_path_becomes_a_short_namespace_of_its_own() -> None:
    paths = ["/".join(["deep"] * 60 + [last]) for last in ("one", "two")]
    spaces = [namespace_of(RuleFile(path, "", ()), RULER) for path in paths]
    assert len(set(spaces)) == 2
    assert all(space.startswith("promgen/") and len(space) < 100 for space in spaces)
