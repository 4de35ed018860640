"""Proof cases of SLOs: every kind of indicator and alerting passes on both releases, and a broken rule fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from promgen.base import conventions as names
from promgen.base.durations import MINUTE
from promgen.compiler.ir.proofs import Case
from promgen.compiler.ir.rules import Rule
from promgen.compiler.pipeline import Output
from promgen.proof.execute import Task, execute
from promgen.proof.promtool import find_promtool
from tests.compiler.projects import compile_files, output_of
from tests.proofs.executed import ChangeRule, changed, refusals
from tests.proofs.test_peer_defects import without
from tests.real import Install
from tests.rules.specs import RATIO, exclusion, shop, slo

FORKY = 'target: {prometheus: "3.0"}\n'
GOOD = '{ratio: {total: {metric: requests_total}, good: {selector: {code: "200"}}}}'
LATENCY = "{latency: {histogram: request_seconds, below: 1s}}"
NATIVE = "{latency: {histogram: rpc_duration_seconds, below: 1s, type: native}}"
SEPARATE = "{promql: {total: 'rate(calls_total[$window])', bad: 'rate(errors_total{app!=\"x\"}[$window])'}}"
EITHER = (
    "{promql: {total: 'rate(a_total[$window]) or rate(b_total[$window])', good: 'rate(c_total[$window])'}}"
)
SLICED = "{{timeSlice: {{length: {}, maxErrorRatio: 6%, of: {}}}}}"
PROBE = "{probe: {selector: {job: blackbox}}}"
BY_REGION = "groupBy: [region]"
BRIEFLY = "alerting: {policy: brief}"
BRIEFLY_QUIET = "alerting: {policy: brief, lowTraffic: {minBadEvents: 5}}"
QUIET = "alerting: {lowTraffic: {minBadEvents: 5}}"
EXCLUDED = 1_794_103_200
"""2026-11-08T02:00:00Z."""
PATIENT = """\
apiVersion: promgen/v1
kind: BurnRatePolicy
metadata: {name: patient}
spec:
  tiers:
    - {name: page, burnRate: 10, long: 15m, short: 2m, severity: critical, for: 3m}
    - {name: ticket, burnRate: 2, long: 12h, short: 1h, severity: low}
"""


BRIEF = """\
apiVersion: promgen/v1
kind: BurnRatePolicy
metadata: {name: brief}
spec:
  tiers:
    - {name: page, burnRate: 10, long: 1h, short: 5m, severity: critical}
    - {name: ticket, burnRate: 4, long: 6h, short: 30m, severity: low}
"""
INDICATORS = {
    "good": GOOD,
    "latency": LATENCY,
    "separate": SEPARATE,
    "either": EITHER,
    "probe": PROBE,
    "gauge-below": "{gauge: {expr: queue_length, below: 100}}",
    "gauge-since": "{gauge: {expr: time() - max(done_timestamp_seconds), below: 15m, unit: seconds}}",
    "gauge-above": "{gauge: {expr: 200 - queue_length, above: 100}}",
    "raw-errors": '{raw: {errorRatio: "job:error_ratio"}}',
    "raw-successes": '{raw: {successRatio: "1 - job:error_ratio"}}',
    "slices-of-1m": SLICED.format("1m", RATIO),
    "slices-of-5m": SLICED.format("5m", GOOD),
    "slices-of-1h": SLICED.format("1h", RATIO),
    "native": NATIVE,
    "native-slices": SLICED.format("10m", NATIVE),
    "by-events": "{composite: {weighted: [{slo: probe, weight: 3}, {slo: good, weight: 1.5}]}}",
    "by-ratio": "{composite: {by: ratio, weighted: [{slo: probe, weight: 3}, {slo: good, weight: 1}]}}",
    "any-bad": "{composite: {anyBad: [{slo: probe, above: 60%}, {slo: good, above: 5%}]}}",
}
ALERTINGS = {
    "plain": slo("30d", objective="99.9%"),
    "quiet": slo("30d", QUIET, objective="99.9%"),
    "quiet-regions": slo("30d", f"{BY_REGION}\n{QUIET}"),
    "regions-of-good-events": slo("30d", BY_REGION, sli=LATENCY, objective="95%"),
    "zones": slo("7d", "groupBy: [region, zone]", sli=PROBE),
    "patient": slo("1d", "alerting: {policy: patient}"),
    "patient-and-quiet": slo("1d", "alerting: {policy: patient, lowTraffic: {minBadEvents: 1}}"),
    "absence-disabled": slo("90d", "alerting: {absence: {disabled: true}}"),
    "absence-at-once": slo("1y", "alerting: {absence: {after: 1m, severity: high}}", sli=PROBE),
    "calendar": slo("{calendar: month, utcOffset: '+05:45'}", "alerting: {policy: none}"),
    "silent": slo("7d", "alerting: {disabled: true}"),
    "unreachable": slo(
        "30d", "alerting: {unreachable: {drop: more than everything cannot fail}}", objective="90%"
    ),
}


def slo_cases(output: Output) -> Iterator[Case]:
    """The cases of windows and alerts among all that an SLO gets."""
    for proofs in output.proofs:
        for case in proofs.cases:
            if not any(group.endswith("/period") for group in case.groups) and " block " not in case.name:
                yield case


def compiled(folder: Path, *slos: str, more: dict[str, str] | None = None, project: str = "") -> Output:
    return output_of(compile_files(folder, shop(*slos, more=more), project))


def tasks(output: Output, cases: Iterable[Case], change: ChangeRule = lambda rule: [rule]) -> Iterator[Task]:
    """Each case with only those groups that it names, with their rules changed."""
    groups = {group.name: group for file in output.rule_files for group in changed(file, change).groups}
    for case in cases:
        yield Task(case, tuple(groups[name] for name in case.groups))


def failures(install: Install, output: Output, cases: Iterable[Case]) -> list[str]:
    """What promtool says about each case that fails."""
    readable = [task for task in tasks(output, cases) if task.case.since <= install.release]
    assert readable
    results = execute(readable, find_promtool(str(install.promtool)))
    return [
        f"{one.task.case.subject}: {one.task.case.name}: {one.failures}" for one in results if one.failures
    ]


def unnoticed(install: Install, broken: Mapping[str, Iterable[Task]]) -> set[str]:
    """Which of the tasks, by a name, all pass."""
    named = [(name, task) for name, some in broken.items() for task in some]
    results = execute([task for _, task in named], find_promtool(str(install.promtool)))
    failed = {id(one.task.case) for one in results if one.failures}
    return set(broken) - {name for name, task in named if id(task.case) in failed}


@pytest.mark.real
def test_every_kind_of_indicator_is_proved(install: Install, tmp_path: Path) -> None:
    slos = [slo("7d", BRIEFLY, sli=sli, name=name) for name, sli in INDICATORS.items()]
    output = compiled(tmp_path, *slos, more={"brief.yaml": BRIEF}, project=FORKY)
    cases = list(slo_cases(output))
    assert {case.subject for case in cases} == {f"shop/{name}" for name in INDICATORS}
    assert not [one for proofs in output.proofs for one in proofs.unproved if "measured" in one.what]
    assert failures(install, output, cases) == []


def test_only_what_is_measured_as_native_histograms_waits_for_a_newer_promtool(tmp_path: Path) -> None:
    slos = [slo(sli=INDICATORS[name], name=name) for name in ("native", "good")]
    output = compiled(tmp_path, *slos, project=FORKY)
    assert {case.subject for case in slo_cases(output) if case.since > (2, 42)} == {"shop/native"}


@pytest.mark.real
def test_every_kind_of_alerting_is_proved(install: Install, tmp_path: Path) -> None:
    slos = [text.replace("name: availability", f"name: {name}") for name, text in ALERTINGS.items()]
    output = compiled(tmp_path, *slos, more={"patient.yaml": PATIENT})
    cases = list(slo_cases(output))
    assert {case.subject for case in cases} == {f"shop/{name}" for name in ALERTINGS}
    assert failures(install, output, cases) == []


@pytest.mark.real
def test_the_other_groups_of_a_file_do_not_matter(installs: tuple[Install, ...], tmp_path: Path) -> None:
    output = compiled(tmp_path, slo("7d", BY_REGION), slo("1d", QUIET, name="second"))
    (file,) = output.rule_files
    assert refusals(installs[-1], file, slo_cases(output)) == []


@pytest.mark.real
def test_a_changed_meaning_is_proved(installs: tuple[Install, ...], tmp_path: Path) -> None:
    output = compiled(tmp_path, slo())
    slos = tuple(replace(one, revision="2") for one in output.catalog.slos)
    revised = Output(replace(output.catalog, slos=slos), output.project)
    assert failures(installs[-1], revised, slo_cases(revised)) == []


@pytest.mark.real
def test_exclusions_are_proved(install: Install, tmp_path: Path) -> None:
    """Of everything, and of one region that overlaps its end."""
    planned = exclusion("planned", EXCLUDED, EXCLUDED + 5400)
    regional = exclusion("regional", EXCLUDED + 4980, EXCLUDED + 9060, more="labels: {region: eu}")
    slos = [slo("30d", BY_REGION, sli=sli, name=name) for name, sli in (("counted", GOOD), ("probed", PROBE))]
    output = compiled(tmp_path, *slos, more=planned | regional)
    cases = [case for case in slo_cases(output) if "exclusion" in case.name]
    assert len(cases) == 2 * (4 + 1 + 4) + 2 * (4 + 4)
    assert failures(install, output, cases) == []


def some(edit: Callable[[str], str], name: str = names.BURN_ALERT) -> ChangeRule:
    """Rules of a name with their expression edited, where that changes it."""

    def change(rule: Rule) -> Iterable[Rule]:
        return [rule._replace(expr=edit(rule.expr)) if rule.name == name else rule]

    return change


def replaced(old: str, new: str, name: str = names.BURN_ALERT) -> ChangeRule:
    return some(lambda expr: expr.replace(old, new), name)


BROKEN: dict[str, tuple[str, ChangeRule]] = {
    "a threshold is a quarter too high": (BRIEFLY, replaced("> 0.1", "> 0.125")),
    "a threshold is a quarter too low": (BRIEFLY, replaced("> 0.1", "> 0.08")),
    "the window of another tier": (BRIEFLY, replaced("rate1h", "rate6h")),
    "one window is enough": (BRIEFLY, replaced("and", "or")),
    "a group is lost in the join": (
        f"{BRIEFLY}\n{BY_REGION}",
        replaced("or on (region)", "or on ()", names.BAD_EVENTS),
    ),
    "a service that never failed has no error ratio": (
        BRIEFLY,
        some(lambda expr: re.sub(r"\n\s*or on \(\).*", "", expr), names.BAD_EVENTS),
    ),
    "an idle hour has no error ratio": (
        BRIEFLY,
        some(lambda expr: re.sub(r"\n\s*or on \(\).*", "", expr), "slo:error_ratio:rate1h"),
    ),
    "a mean of instances": (BRIEFLY, replaced("sum(", "avg(", names.TOTAL_EVENTS)),
    "another SLO's failures": (BRIEFLY, replaced('slo="availability",', "", "slo:error_ratio:rate6h")),
    "an alert of another severity": (BRIEFLY, lambda rule: [_of_severity(rule, "info")]),
    "an alert a minute too late": (BRIEFLY, lambda rule: [_later(rule)]),
    "absence is noticed by nobody": (BRIEFLY, without(names.ABSENCE_ALERT)),
    "a lost group is forgotten in half an hour": (
        f"{BRIEFLY}\n{BY_REGION}",
        replaced("[1h]", "[30m]", names.LOST_GROUP_ALERT),
    ),
    "one failure is enough": (BRIEFLY_QUIET, replaced("4.5", "0.5")),
    "an empty window is a recovery": (
        BRIEFLY_QUIET,
        some(lambda expr: re.sub(r" or [^)]*\)? == 0", "", expr)),
    ),
}


def _of_severity(rule: Rule, severity: str) -> Rule:
    return rule._replace(labels={**rule.labels, names.SEVERITY_LABEL: severity}) if rule.is_alert else rule


def _later(rule: Rule) -> Rule:
    return rule._replace(hold=rule.hold + MINUTE) if rule.hold else rule


@pytest.mark.real
def test_a_broken_slo_fails(installs: tuple[Install, ...], tmp_path: Path) -> None:
    broken = {}
    for what, (more, change) in BROKEN.items():
        (tmp_path / what).mkdir()
        output = compiled(tmp_path / what, slo("7d", more), more={"brief.yaml": BRIEF})
        assert any(changed(file, change) != file for file in output.rule_files), what
        broken[what] = list(tasks(output, slo_cases(output), change))
    assert unnoticed(installs[-1], broken) == set()


EXCLUSION_BROKEN = {
    "it lasts as long as it says and not five minutes more": ("<= 1794108900", "<= 1794108600"),
    "it begins a minute late": ("> 1794103200", "> 1794103260"),
    "it ends a minute late": ("<= 1794108900", "<= 1794108960"),
    "it is about every region": ("on (region) (label_replace", "on () (label_replace"),
    "it never begins": ("> 1794103200", "> 2794103200"),
}


@pytest.mark.real
def test_a_broken_exclusion_fails(installs: tuple[Install, ...], tmp_path: Path) -> None:
    planned = exclusion("planned", EXCLUDED, EXCLUDED + 5400, more="labels: {region: eu}")
    broken = {}
    for what, (old, new) in EXCLUSION_BROKEN.items():
        (tmp_path / what).mkdir()
        output = compiled(tmp_path / what, slo("7d", BY_REGION), more=planned)
        change = replaced(old, new, "slo:error_ratio:rate6h")
        assert any(changed(file, change) != file for file in output.rule_files), what
        cases = [
            case for case in slo_cases(output) if "exclusion" in case.name and case.interval > MINUTE * 60
        ]
        broken[what] = list(tasks(output, cases, change))
    assert unnoticed(installs[-1], broken) == set()


def test_what_promtool_cannot_hold_is_said(tmp_path: Path) -> None:
    """A value for each interval since 1970: too many where an interval is of minutes."""
    short = exclusion("short", EXCLUDED, EXCLUDED + 600)
    policy = {"patient.yaml": PATIENT}
    output = compiled(tmp_path, slo("1d", "alerting: {policy: patient}"), more=short | policy)
    assert [one.what for proofs in output.proofs for one in proofs.unproved] == [
        "the exclusion short of windows below 10 minutes"
    ]


def test_groups_of_which_all_events_are_bad_are_not_proved(tmp_path: Path) -> None:
    """By the label that tells bad events from good ones."""
    output = compiled(tmp_path, slo("7d", "groupBy: [code]"))
    assert list(slo_cases(output)) == []
    (unproved,) = output.proofs[0].unproved
    assert (
        unproved.reason
        == "every series of the total is also one of the part, so their ratio is always the same"
    )
