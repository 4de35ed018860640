"""The cases of alerts: the compiled rules pass them on every promtool, and rules with a mistake in them do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent

import pytest

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Case, Proofs
from promgen.compiler.ir.rules import Rule, RuleFile
from promgen.proof.execute import Result, Task, execute
from promgen.proof.promtool import find_promtool
from tests.alerts.compiled import TEAM
from tests.compiler.projects import compile_files, output_of
from tests.proofs.executed import ChangeRule, changed
from tests.real import Install

ALERTS = {
    "OneThreshold": "expr: queue_length\nabove: {high: 100}\nfor: 5m",
    "AtOnce": "expr: queue_length\nabove: {high: 100}",
    "Below": "expr: min by (pod) (free)\nbelow: {critical: 50}\nfor: 3m",
    "Kept": "expr: queue_length\nabove: {high: 100}\nfor: 2m\nkeepFiringFor: 10m",
    "TwoSeverities": "expr: queue_length\nabove: {medium: 70, critical: 85}\nfor: {medium: 10m, critical: 2m}",
    "ThreeSeverities": "expr: 1 - free / size\nabove: {low: 0.6, medium: 0.7, critical: 0.85}\nfor: 5m",
    "CloseSeverities": "expr: queue_length\nabove: {medium: 99, critical: 100}\nfor: 5m",
    "KeptSeverities": "expr: queue_length\nabove: {medium: 70, high: 90}\nkeepFiringFor: 10m",
    "KeptAfterFor": "expr: queue_length\nabove: {medium: 30, high: 120}\nfor: 10m\nkeepFiringFor: 10m",
    "Overridden": """\
expr: max by (queue) (queue_length)
above: {medium: 100, high: 200}
for: 5m
overrides:
  - {labels: {queue: bulk}, above: {medium: 5000, high: 9000}}
  - {labels: {queue: urgent}, above: {medium: 10}}""",
    "Watched": "expr: rate(events_total[5m])\nbelow: {high: 0.1}\nfor: 5m\nabsence: {after: 10m}",
    "WatchedElsewhere": """\
expr: errors > 5
severity: high
absence: {after: 5m, severity: low, expr: 'up{job="shop"}'}""",
    "Ratio": """\
expr: sum by (region) (rate(requests_total{code=~"5.."}[5m])) / sum by (region) (rate(requests_total[5m]))
above: {high: 0.05}
for: 5m""",
    "Negated": 'expr: sum(rate(requests_total{code!~"2..|404",method!="GET"}[10m]))\nabove: {high: 3}\nfor: 2m',
    "Quantile": """\
expr: histogram_quantile(0.95, sum by (le, route) (rate(span_bucket[5m])))
above: {medium: 0.5, high: 2}
for: 5m""",
    "Forecast": "expr: predict_linear(disk_free[1h], 4 * 3600)\nbelow: {high: 0}\nfor: 10m",
    "Slope": "expr: deriv(memory_bytes[30m])\nabove: {high: 1000}\nfor: 5m",
    "Restarts": "expr: changes(start_time_seconds[10m]) > 3\nseverity: high",
    "Exists": "expr: leader and on () follower\nseverity: high\nfor: 2m",
    "And": "expr: queue_length > 10 and on (pod) workers < 2\nseverity: high\nfor: 5m",
    "Or": "expr: queue_length > 10 or workers == 0\nseverity: high",
    "Unless": "expr: queue_length > 10 unless on () maintenance == 1\nseverity: high\nfor: 5m",
    "Absent": 'expr: absent(heartbeat{job="shop"})\nseverity: critical\nfor: 5m',
    "TwoMetrics": "expr: max by (pod) (used) > max by (pod) (granted)\nseverity: high\nfor: 5m",
    "NotANumber": "expr: loss != loss\nseverity: high",
    "Subquery": "expr: max_over_time(sum(rate(events_total[5m]))[30m:5m])\nabove: {high: 100}",
    "Spread": "expr: abs(load - avg_over_time(load[1h])) / stddev_over_time(load[1h])\nabove: {high: 3}",
    "LastWeek": "expr: sum(rate(events_total[1h])) / sum(rate(events_total[1h] offset 1w))\nbelow: {medium: 0.5}",
    "LongWindow": "expr: avg_over_time(queue_length[2d])\nabove: {medium: 10, high: 20}\nfor: 1h",
    "Guarded": "expr: errors / (requests > 100)\nabove: {high: 0.1}\nfor: 5m",
    "Templated": "expr: queue_length\nabove: {high: 100}\nlabels: {where: '{{ $labels.pod }}', team: crew}",
}


SERVICE = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: %s, system: store}
spec:
  owner: crew
  alerts:
    - name: %s
%s
"""


@dataclass(frozen=True, slots=True)
class Proved:
    """The rules and the cases of all these alerts, each of a service of its own."""

    file: RuleFile
    proofs: Proofs

    def cases(self, alert: str) -> list[Case]:
        return [case for case in self.proofs.cases if case.subject == key(alert)]


def key(alert: str) -> str:
    return f"{alert.lower()}/{alert}"


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Proved:
    """Compiled once; the rules are changed in memory."""
    services = (SERVICE % (name.lower(), name, indent(fields, "      ")) for name, fields in ALERTS.items())
    files = {"crew.yaml": TEAM, "store.yaml": "---\n".join(services)}
    output = output_of(compile_files(tmp_path_factory.mktemp("alerts"), files))
    (file,), (proofs,) = output.rule_files, output.proofs
    return Proved(file, proofs)


def run(install: Install, file: RuleFile, cases: Iterable[Case]) -> list[Result]:
    groups = {group.name: group for group in file.groups}
    tasks = [Task(case, tuple(groups[name] for name in case.groups)) for case in cases]
    return list(execute(tasks, find_promtool(str(install.promtool))))


def test_every_alert_is_proved_in_all_that_it_says(proved: Proved) -> None:
    assert proved.proofs.unproved == ()
    assert {case.subject for case in proved.proofs.cases} == set(map(key, ALERTS))


@pytest.mark.real
def test_the_compiled_rules_pass(install: Install, proved: Proved) -> None:
    results = run(install, proved.file, proved.proofs.cases)
    assert len(results) == len(proved.proofs.cases)
    assert [(result.task.case.subject, result.failures) for result in results if result.failures] == []


@pytest.mark.parametrize(
    ("alert", "cases"),
    [
        ("OneThreshold", ["thresholds"]),
        ("Exists", ["condition"]),
        ("Watched", ["thresholds", "missing data"]),
        ("Overridden", ["thresholds", "thresholds where queue is bulk", "thresholds where queue is urgent"]),
        ("Guarded", ["thresholds", "thresholds, but not what must hold besides"]),
        ("LongWindow", ["thresholds, the lowest", "thresholds of the recorded value"]),
    ],
)
def test_what_is_shown_of_an_alert(proved: Proved, alert: str, cases: Sequence[str]) -> None:
    assert [case.name for case in proved.cases(alert)] == cases


def test_only_what_looks_far_back_is_evaluated_seldom(proved: Proved) -> None:
    """So that a `for` is seen to the minute wherever promtool can afford it."""
    coarse = {case.subject for case in proved.proofs.cases if case.step > MINUTE}
    assert coarse == {key("LastWeek"), key("LongWindow")}


def replaces(before: str, after: str) -> ChangeRule:
    """The rules with another text in their expressions."""
    return lambda rule: [rule._replace(expr=rule.expr.replace(before, after))]


def holds(minutes: int) -> ChangeRule:
    return lambda rule: [rule._replace(hold=Duration(MINUTE.ms * minutes) if minutes else None)]


def keeps(minutes: int) -> ChangeRule:
    return lambda rule: [rule._replace(keep_firing_for=Duration(MINUTE.ms * minutes) if minutes else None)]


def severity(before: str, after: str) -> ChangeRule:
    def change(rule: Rule) -> Iterable[Rule]:
        is_it = rule.labels.get(names.SEVERITY_LABEL) == before
        return [rule._replace(labels={**rule.labels, names.SEVERITY_LABEL: after}) if is_it else rule]

    return change


def gone(is_gone: Callable[[Rule], bool]) -> ChangeRule:
    return lambda rule: [] if is_gone(rule) else [rule]


def of_alert(name: str, change: ChangeRule) -> ChangeRule:
    """A change of the rules of one alert, which must change something."""

    def only(rule: Rule) -> Iterable[Rule]:
        own = {name, name + names.NO_DATA_SUFFIX}
        return change(rule) if rule.name in own or rule.labels.get(names.ALERT_LABEL) in own else [rule]

    return only


MISTAKES = [
    ("OneThreshold", replaces("> 100", "> 50"), "half the threshold"),
    ("OneThreshold", replaces("> 100", "> 115"), "a threshold that is a little higher"),
    ("OneThreshold", replaces("> 100", ">= 90"), "a threshold that is a little lower"),
    ("OneThreshold", replaces(">", "<"), "the other side"),
    ("OneThreshold", holds(4), "a shorter `for`"),
    ("OneThreshold", holds(6), "a longer `for`"),
    ("OneThreshold", severity("high", "low"), "another severity"),
    ("AtOnce", holds(1), "a `for` where there is none"),
    ("Below", replaces("min by", "max by"), "another aggregation"),
    ("Below", replaces("by (pod)", "by (node)"), "another label"),
    ("Kept", keeps(0), "no `keep_firing_for`"),
    ("Kept", keeps(9), "a shorter `keep_firing_for`"),
    ("TwoSeverities", severity("critical", "medium"), "one severity twice"),
    (
        "TwoSeverities",
        gone(lambda rule: rule.labels.get(names.SEVERITY_LABEL) == "medium"),
        "a severity less",
    ),
    ("TwoSeverities", replaces('alertstate="firing"', 'alertstate="pending"'), "no handover"),
    ("ThreeSeverities", replaces("> 0.7", "> 0.8"), "another threshold in the middle"),
    ("ThreeSeverities", replaces("> 0.85 and ", "> 0.85 or "), "the lowest ends before the worst has fired"),
    ("KeptAfterFor", replaces("> 30 and ", "> 30 or "), "kept although it never fired"),
    ("KeptSeverities", replaces("[10m]", "[5m]"), "kept for less"),
    ("Overridden", replaces('"bulk"', '"bulky"'), "an override of another label"),
    ("Overridden", replaces("> 5000", "> 100"), "an override dropped"),
    ("Overridden", replaces('"")) > 10', '"")) > 100'), "an override of one severity dropped"),
    ("Watched", gone(lambda rule: rule.name.endswith(names.NO_DATA_SUFFIX)), "nothing watches the data"),
    ("Watched", replaces("absent(", "count("), "the watch says the opposite"),
    ("WatchedElsewhere", replaces('job="shop"', 'job="other"'), "something else is watched"),
    ("Ratio", replaces('code=~"5.."', 'code!~"5.."'), "a matcher the other way round"),
    ("Ratio", replaces('{code=~"5.."}', ""), "a matcher less"),
    ("Ratio", replaces("[5m]", "[15m]"), "a longer window"),
    ("Negated", replaces(',method!="GET"', ""), "a negative matcher less"),
    ("Quantile", replaces("0.95", "0.9"), "another quantile"),
    ("Forecast", replaces("4 * 3600", "2 * 3600"), "a nearer future"),
    ("And", replaces(" and ", " or "), "one of two conditions"),
    ("Or", replaces("workers == 0", "workers == 1"), "another number"),
    ("Unless", replaces(" unless ", " and "), "a condition turned round"),
    ("Absent", replaces("absent(", "("), "presence for absence"),
    ("TwoMetrics", replaces(" > ", " < "), "the metrics exchanged"),
    ("Subquery", replaces("[30m:5m]", "[15m:5m]"), "a shorter history"),
    ("LastWeek", replaces("< 0.5", "< 0.625"), "a threshold that is a quarter higher"),
    ("LongWindow", holds(30), "a shorter `for` of the recorded value"),
    ("Guarded", replaces("> 100", "> 80"), "a guard that lets more through"),
    ("Templated", lambda rule: [rule._replace(labels={**rule.labels, "team": "other"})], "another label"),
]


@pytest.mark.real
def test_rules_with_a_mistake_do_not_pass(installs: tuple[Install, ...], proved: Proved) -> None:
    rules = {group.name: group for group in proved.file.groups}
    tasks: dict[int, str] = {}
    every = []
    for alert, change, what in MISTAKES:
        theirs = {group.name: group for group in changed(proved.file, of_alert(alert, change)).groups}
        assert theirs != rules, (alert, what)
        for case in proved.cases(alert):
            task = Task(case, tuple(theirs[name] for name in case.groups))
            tasks[id(task)] = f"{alert}: {what}"
            every.append(task)
    found = execute(every, find_promtool(str(installs[-1].promtool)))
    noticed = {tasks[id(result.task)] for result in found if result.failures}
    assert set(tasks.values()) - noticed == set()
