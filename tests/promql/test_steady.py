"""What an expression is worked out to give over made-up series is what Prometheus computes: both are asked the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import pytest

from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples
from promgen.promql import LabelMatcher, format_selector, parse, tree
from promgen.promql.courses import Course, Stretch
from promgen.promql.steady import Series, Stage
from promgen.promql.steady_ranges import Unsteady
from promgen.proof.execute import Task, execute
from promgen.proof.promtool import find_promtool
from promgen.proof.verdicts import NOTHING
from tests.real import Install

LENGTH = 120
STALE, BORN_LATE = Stretch(40, None), Stretch(0, None)
ROWS: list[tuple[str, dict[str, str], tuple[Stretch, ...]]] = [
    ("requests_total", {"code": "200", "pod": "a"}, (Stretch(0, 1e6, 600),)),
    ("requests_total", {"code": "200", "pod": "b"}, (Stretch(0, 0, 60), Stretch(55, 30, 90))),
    (
        "requests_total",
        {"code": "500", "pod": "a"},
        (Stretch(0, 5, 1), Stretch(30, 40), Stretch(60, 40, 12.5)),
    ),
    ("requests_total", {"code": "500", "pod": "b"}, (BORN_LATE, Stretch(50, 7, 3))),
    ("queue", {"pod": "a"}, (Stretch(0, 10), Stretch(20, 14, -0.25), Stretch(70, -3, 1.5))),
    ("queue", {"pod": "b"}, (Stretch(0, 2), STALE, Stretch(61, math.inf), Stretch(64, 5))),
    ("limit", {"pod": "a", "kind": "soft"}, (Stretch(0, 12),)),
    ("limit", {"pod": "b", "kind": "hard"}, (Stretch(0, math.nan), Stretch(25, 4))),
    ("up", {"job": "api"}, (Stretch(0, 1), Stretch(33, 0), Stretch(36, 1), Stretch(90, None))),
    *(
        ("seconds_bucket", {"le": bound, "pod": pod}, (Stretch(0, 100, slope),))
        for pod, slopes in {"a": (1, 4, 5), "b": (0, 2, 9)}.items()
        for bound, slope in zip(("0.1", "1", "+Inf"), slopes, strict=True)
    ),
]
SERIES = [Series(metric, labels) for metric, labels, _ in ROWS]
COURSES = tuple(Course(stretches) for _, _, stretches in ROWS)
MOMENTS = (0, 1, 4, 5, 21, 34, 37, 42, 56, 58, 62, 66, 97, 119)

OVER_TIME = ["avg", "max", "min", "sum", "count", "stddev", "stdvar", "last", "present"]
EXPRESSIONS = (
    "queue",
    "queue offset 5m",
    "{__name__='queue',pod!='b'}",
    "up == 0",
    "time() - 60",
    *(f"{name}_over_time(queue[{length}])" for name in OVER_TIME for length in ("4m", "25m")),
    *(
        f"{name}(requests_total[{length}])"
        for name in ("rate", "increase", "irate")
        for length in ("5m", "30m")
    ),
    *(f"{name}(queue[10m])" for name in ("delta", "idelta", "deriv", "changes", "resets")),
    "rate(requests_total[90s] offset 3m)",
    "predict_linear(queue[20m], 3600)",
    "predict_linear(queue[20m] offset 10m, 600)",
    "quantile_over_time(0.3, queue[15m])",
    "absent(up)",
    "absent(up{job!~'x',zone='z',shard=''})",
    "absent_over_time(up{zone='z'}[5m])",
    "absent(sum(up))",
    *(
        f"{name}(requests_total)"
        for name in ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
    ),
    "sum by (code) (rate(requests_total[5m]))",
    "avg without (code) (requests_total)",
    "max by (code, nothing) (requests_total)",
    "quantile(0.9, requests_total)",
    "topk(1, requests_total)",
    "bottomk by (pod) (1, requests_total)",
    "histogram_quantile(0.9, rate(seconds_bucket[10m]))",
    "histogram_quantile(0.02, sum by (le) (rate(seconds_bucket[10m])))",
    "histogram_quantile(0.5, seconds_bucket{le!='+Inf'})",
    "histogram_quantile(1.5, seconds_bucket)",
    "histogram_quantile(NaN, seconds_bucket)",
    "max_over_time(queue[10m:2m])",
    "max_over_time(sum(rate(requests_total[5m]))[20m:1m])",
    "avg_over_time((sum(queue) or vector(3))[15m:5m])",
    "count_over_time(vector(1)[10m:])",
    "sum_over_time(queue[10m:3m] offset 4m)",
    "rate(sum(requests_total)[10m:1m])",
    "deriv(avg_over_time(queue[5m])[30m:5m])",
    "queue / on (pod) limit",
    "queue > on (pod) limit",
    "queue > bool on (pod) limit",
    "queue * on (pod) group_left (kind) limit",
    "limit / on (pod) group_right sum by (pod, code) (requests_total)",
    "limit > on (pod) group_right (kind) sum by (pod, code) (requests_total)",
    "sum(rate(requests_total{code='500'}[5m])) / sum(rate(requests_total[5m]))",
    "queue and on (pod) limit",
    "queue and ignoring (kind) limit",
    "queue unless on () up",
    "queue or up",
    "limit or on (pod) queue",
    "10 < queue",
    "queue >= bool 10",
    "1 / (queue - queue)",
    "-queue ^ 2 % 7",
    "2 ^ queue",
    "(0 - queue) ^ 0.5",
    "queue atan2 2",
    "queue != queue",
    "limit != limit",
    "limit == NaN",
    "abs(queue - 12)",
    *(
        f"{name}(queue / 7)"
        for name in ("ceil", "floor", "round", "exp", "sqrt", "ln", "log2", "log10", "sgn")
    ),
    "sgn(limit)",
    "exp(queue * 100)",
    "round(queue, 0.3)",
    "clamp(queue, 3, 9)",
    "clamp_min(queue, 3) + clamp_max(limit * 0 + 20, 9) * 0",
    "scalar(up) + vector(2)",
    "scalar(queue) + up",
    "timestamp(queue offset 2m)",
    "timestamp(queue + 0)",
    "sort_desc(queue)",
    "label_replace(queue, 'node', 'node-$1', 'pod', '(a|b)')",
    "label_replace(queue, 'node', '${letter}$$x$9', 'pod', '(?P<letter>a)')",
    "label_replace(queue, 'pod', '', 'pod', 'b')",
)


@pytest.mark.parametrize("is_closed", [True, False], ids=["2.x", "3.x"])
def test_prometheus_computes_the_same(installs: tuple[Install, ...], *, is_closed: bool) -> None:
    install = installs[0] if is_closed else installs[-1]
    assert (install.release < (3, 0)) == is_closed
    stage = Stage(SERIES)
    asked = [(text, Duration(MINUTE.ms * moment)) for text in EXPRESSIONS for moment in MOMENTS]
    others = [
        (text, at, ours, theirs)
        for (text, at), theirs in zip(asked, ask(install, asked), strict=True)
        for ours in [worked_out(stage, text, at, is_closed=is_closed)]
        if ours != pytest.approx(theirs, rel=1e-9, abs=1e-9, nan_ok=True)
    ]
    assert others == []


REFUSED = (
    "queue @ 5",
    "sum(queue offset -5m)",
    "rate({__name__=~'queue|limit'}[5m])",
    "hour()",
    "absent(up{job='web',job!~'x'})",
    "limitk(1, queue)",
    "requests_total / on (pod) limit",
    "queue / on (__name__) limit",
    "sum by (__name__) (queue)",
    "label_replace(queue, 'node', '$1', '__name__', '(.*)')",
    "label_replace(queue, '__name__', 'other', 'pod', 'a')",
    "clamp(queue, 9, 3)",
    "queue @ start()",
    "last_over_time(queue[10m] offset -1m)",
    "sum_over_time(vector(time())[1h:1m])",
)


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(Unsteady):
        Stage(SERIES).result(tree(parse(text)), COURSES, MINUTE * 30)


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    """Values are remembered by course, so a course that changes and changes back is worked out anew or found again."""
    stage = Stage(SERIES)
    node = tree(parse("sum(rate(requests_total[5m])) + max_over_time(sum(queue)[10m:1m])"))
    before = COURSES
    after = tuple(course.followed(start=90, value=1, change=5) for course in before)
    first, second = (stage.result(node, courses, MINUTE * 100) for courses in (before, after))
    assert first != second
    assert stage.result(node, before, MINUTE * 100) == first
    assert Stage(SERIES).result(node, after, MINUTE * 100) == second


Result = dict[str, float]
"""Values by labels, as text and without the name of the metric."""
_SERIES = re.compile(r"(?P<labels>\{[^}]*\}) (?P<value>\S+?)(?:, |$)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def ask(install: Install, asked: list[tuple[str, Duration]]) -> list[Result]:
    """What promtool says it got, because nothing has the label that is expected."""
    unexpected = (Answer('{surely="not"}'),)
    questions = tuple(Question(at, text, unexpected) for text, at in asked)
    case = Case("any", "a/b", (), samples(), questions)
    (result,) = execute([Task(case, ())], find_promtool(str(install.promtool)), 1)
    assert [failure.error for failure in result.failures] == [""] * len(asked)
    return [read(failure.got) for failure in result.failures]


def samples() -> tuple[Samples, ...]:
    matchers = ([LabelMatcher(name, "=", text) for name, text in series.labels.items()] for series in SERIES)
    names = (format_selector(series.metric, own) for series, own in zip(SERIES, matchers, strict=True))
    return tuple(Samples(name, course.printed(LENGTH)) for name, course in zip(names, COURSES, strict=True))


def read(got: str) -> Result:
    if got == NOTHING:
        return {}
    return {
        printed(_LABEL.findall(found["labels"])): float(found["value"]) for found in _SERIES.finditer(got)
    }


def worked_out(stage: Stage, text: str, at: Duration, *, is_closed: bool) -> Result:
    found = stage.result(tree(parse(text)), COURSES, at, is_closed=is_closed)
    return {printed(one.labels): one.value for one in found} if isinstance(found, list) else {"": found}


def printed(labels: Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{name}={text}" for name, text in sorted(labels) if name != "__name__")
