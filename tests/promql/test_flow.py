"""What is claimed about the labels and values of a result, by hand-picked cases and by the real Prometheus."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promgen.promql import (
    Binary,
    Labels,
    Node,
    Vector,
    bounds,
    flow,
    labelled,
    never_holds,
    parse,
    print_tree,
    tree,
    value_type,
    walk,
)
from tests.real import History, Install, Prometheus, QueryError, counter, gauge

START, END = 1_800_000_000, 1_800_001_800

SERIES = (
    ("up", {"job": "api", "instance": "1"}, 1.0),
    ("up", {"job": "api", "instance": "2"}, 0.0),
    ("up", {"job": "db", "instance": "1"}, 1.0),
    ("x", {"job": "api", "instance": "1", "le": "1"}, 3.0),
    ("x", {"job": "api", "instance": "2", "code": "500", "le": "+Inf"}, 5.0),
    ("x", {"job": "db"}, -2.0),
    ("y", {"job": "api", "instance": "1"}, 2.0),
    ("y", {"job": "db", "instance": "1", "code": "200"}, 0.5),
    ("z", {"job": "api"}, 4.0),
)


def labels_of(text: str) -> Labels:
    return flow(tree(parse(text)), lambda _: None)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("sum(x)", []),
        ("sum by (job, code) (x)", ["code", "job"]),
        ("sum by (job, code) (sum by (job) (x))", ["job"]),
        ("sum without (job) (sum by (job, code) (x))", ["code"]),
        ("topk(3, sum by (job) (x))", ["job"]),
        ('count_values("value", x)', ["value"]),
        ("vector(1)", []),
        ("time()", []),
        ("hour()", []),
        ("hour(sum by (job) (x))", ["job"]),
        ('absent(x{job="api",code=~"5.."})', ["job"]),
        ("absent(sum(x))", []),
        ("histogram_quantile(0.9, sum by (le, job) (x))", ["job"]),
        ('label_replace(sum(x), "a", "$1", "b", "(.*)")', ["a"]),
        ('label_join(sum(x), "a", "-", "b", "c")', ["a"]),
        ("sum by (job) (x) / y", ["job"]),
        ("x / on (job) y", ["job"]),
        ("sum by (job, code) (x) / ignoring (code) sum by (job) (x)", ["job"]),
        ("sum by (job) (x) * on (job) group_left (team) y", ["job", "team"]),
        ("sum by (job) (x) * on (job) group_left (team) sum by (job) (y)", ["job"]),
        ("y * on (job) group_right (team) sum by (job) (x)", ["job", "team"]),
        ("sum by (job) (x) and y", ["job"]),
        ("sum by (job) (x) or sum by (code) (x)", ["code", "job"]),
        ("-sum by (job) (x) * 2 > 1", ["job"]),
        ("max_over_time(sum by (job) (x)[1h:5m])", ["job"]),
    ],
)
def test_labels_that_a_result_can_have(text: str, possible: list[str]) -> None:
    found = labels_of(text).possible
    assert found is not None
    assert sorted(found) == possible


@pytest.mark.parametrize(
    "text", ["x", "rate(x[5m])", "x / y", "sum without (job) (x)", "x or vector(1)", "x * ignoring (a) y"]
)
def test_results_that_can_have_any_label(text: str) -> None:
    assert labels_of(text).possible is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ('x{a="1",b!="",c=~".+",d!~"",e!="1",f=~".*",g=~"a|"}', {"a", "b", "c", "d"}),
        ('sum by (a, b) (x{a="1",c="1"})', {"a"}),
        ('x{a="1"} or x{a="2"}', {"a"}),
        ('x{a="1"} or y', set()),
        ('label_replace(x, "a", "fixed", "", "")', {"a"}),
        ('label_replace(x, "a", "$1", "b", "(.*)")', set()),
        ('label_replace(x{a="1"}, "a", "-$1", "b", "(.+)")', {"a"}),
        ('label_join(x, "a", "", "b", "c")', set()),
        ('x / on (a) y{a="1"}', {"a"}),
        ('x{a="1"} * on (b) group_left (c) y{c="1",d="1"}', {"a", "c"}),
    ],
)
def test_labels_that_every_series_has(text: str, sure: set[str]) -> None:
    assert labels_of(text).sure == sure


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("max(sum by (job) (x)) or sum by (job) (x)", "code", "max(sum by (job) (x))"),
        ("max by (code) (sum by (job) (x))", "code", "sum by (job) (x)"),
        ('x{code=""}', "code", 'x{code=""}'),
        ("x * on (job) group_left (team) sum by (job) (y)", "team", "sum by (job) (y)"),
        ('label_replace(x, "code", "", "a", ".*")', "code", 'label_replace(x, "code", "", "a", ".*")'),
        ("sum without (code) (x) > 1", "code", "sum without (code) (x)"),
    ],
)
def test_a_missing_label_has_the_part_that_took_it_away(text: str, label: str, reason: str) -> None:
    found = labels_of(text)
    assert found.lacks(label)
    part = found.reason(label)
    assert part is not None
    assert print_tree(part) == reason


def test_a_fixed_value_survives_what_keeps_its_label() -> None:
    assert labels_of('sum by (a) (rate(x{a="1",b="2"}[5m])) > 0').fixed == {"a": "1"}
    assert labels_of('x{a="1"} or x{a="2"}').fixed == {}
    assert labels_of('label_replace(x{a="1"}, "a", "$1", "b", "(.+)")').fixed == {}


def test_a_known_series_is_restricted_by_its_matchers() -> None:
    recorded = labels_of("sum by (job, code) (x)")
    known = {"job_code:x:sum": labelled(recorded, "team", "core")}
    found = flow(tree(parse('job_code:x:sum{job="api"}')), lambda vector: known.get(vector.metric or ""))
    assert found.fixed == {"job": "api", "team": "core"}
    assert found.possible == {"job", "code", "team"}
    assert isinstance(found.reason("instance"), Vector)


@pytest.mark.parametrize(
    "text",
    [
        "count(x) == 0",
        "count by (job) (x) < 1",
        "up > 1",
        "up == 2",
        "absent(x) == 0",
        "(1 - avg(up)) * 100 > 100",
        "rate(x[5m]) < 0",
        "x > 5 < 5",
        "x == NaN",
        "clamp_max(x, 1) > 1",
        "day_of_week() > 6",
        "-sum(rate(x[5m])) > 0",
        "vector(1) != 1",
        "sum_over_time(up[5m]) < 0",
    ],
)
def test_comparisons_that_can_never_hold(text: str) -> None:
    assert compared(text)


@pytest.mark.parametrize(
    "text",
    [
        "(count(x) or vector(0)) == 0",
        "count(x) <= 1",
        "up >= 1",
        "sum(up) == 0",
        "x > 5 < 6",
        "x != NaN",
        "avg(x) < 0",
        "clamp_min(x, 1) > 1",
        "x - x == 0",
        "x / 0 > 5",
        "-x > 5",
    ],
)
def test_comparisons_that_may_hold(text: str) -> None:
    assert not compared(text)


def compared(text: str) -> bool:
    root = tree(parse(text))
    assert isinstance(root, Binary)
    return never_holds(root)


@pytest.fixture(scope="module")
def server(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Half an hour of a few gauges and counters whose labels overlap."""
    history = History(install, tmp_path_factory.mktemp("history"))
    times = range(START, END + 1, 60)
    made = [gauge(name, labels, times, lambda _, value=value: value) for name, labels, value in SERIES]
    made += [
        counter("c_total", labels, times, lambda _: 1) for labels in ({"job": "api", "a": "1"}, {"a": "2"})
    ]
    history.add(*made)
    with history.serve() as server:
        yield server


NAMES = st.sampled_from(["job", "instance", "code", "a", "le"])
GROUPS = st.lists(NAMES, max_size=3, unique=True).map(", ".join)
SELECTORS = st.sampled_from(
    [
        *("up", "x", "y", "z", "rate(c_total[5m])"),
        *('x{code=""}', 'y{job="api"}', 'up{job=~"a.+",instance!=""}'),
        *('absent(nothing{job="api",a=~"1"})', "absent(up)", "vector(1)", "hour()"),
    ]
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    aggregate = st.sampled_from(["sum", "count", "max", "avg", "group"])
    grouping = st.builds(
        "{} {} ({}) ({})".format, aggregate, st.sampled_from(["by", "without"]), GROUPS, inner
    )
    choosing = st.builds("topk by ({}) (1, {})".format, GROUPS, inner)
    values = st.builds('count_values by ({}) ("a", {})'.format, GROUPS, inner)
    function = st.sampled_from(
        [
            'label_replace(?, "a", "$1", "job", "(a.*)")',
            'label_replace(?, "job", "", "code", ".*")',
            'label_replace(?, "code", "v-$1", "a", "(.*)")',
            'label_join(?, "a", "-", "job", "code")',
            'label_join(?, "a", "", "code")',
            "histogram_quantile(0.5, ?)",
            "abs(?)",
            "clamp(?, 0, 1)",
            "(?) * 2 - 1",
            "1 - (?) / 4",
            "(?) > 1",
            "(?) == bool 1",
            "max_over_time((?)[5m:1m])",
            "-(?)",
        ]
    )
    called = st.builds(lambda text, part: text.replace("?", part), function, inner)
    operator = st.sampled_from(["+", "-", "*", "/", ">", "== bool", "and", "or", "unless"])
    plain = st.builds("({}) {} ({})".format, inner, operator, inner)
    matched = st.builds(
        "({}) {} {} ({}) ({})".format, inner, operator, st.sampled_from(["on", "ignoring"]), GROUPS, inner
    )
    side = st.sampled_from(["group_left", "group_right"])
    grouped = st.builds(
        "({}) * on ({}) {} ({}) ({})".format,
        inner,
        st.sampled_from(["", "job", "job, instance"]),
        side,
        st.sampled_from(["", "code", "a, le"]),  # no label can be both matched and taken
        inner,
    )
    return grouping | choosing | values | called | plain | matched | grouped


EXPRESSIONS = st.recursive(SELECTORS, larger, max_leaves=5)


@given(EXPRESSIONS)
@settings(max_examples=400)
def test_no_claim_is_contradicted_by_a_server(server: Prometheus, text: str) -> None:
    """Labels and values of every part of an expression; parts that the server refuses are no claim."""
    for node in walk(tree(parse(text))):
        if value_type(parse(print_tree(node))) not in {"vector", "scalar"}:
            continue
        try:
            samples = server.query(print_tree(node), END)
        except QueryError:
            continue
        assert_kept(node, [(sample.labels, sample.value) for sample in samples])


def assert_kept(node: Node, samples: list[tuple[dict[str, str], float]]) -> None:
    claimed, values = flow(node, lambda _: None), bounds(node)
    where = print_tree(node)
    for labels, value in samples:
        own = {name: text for name, text in labels.items() if name != "__name__"}
        assert claimed.sure <= own.keys(), where
        assert not [name for name in own if claimed.lacks(name)], where
        assert claimed.fixed.items() <= own.items(), where
        assert math.isnan(value) or values.low - 1e-9 <= value <= values.high + 1e-9, where
    if isinstance(node, Binary) and not node.returns_bool and never_holds(node):
        assert not samples, where
