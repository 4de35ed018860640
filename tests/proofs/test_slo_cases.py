"""Proof cases of SLOs: every kind of indicator and alerting passes on both releases, and a broken rule fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promgen.base import conventions as names
from promgen.compiler.ir.proofs import Case
from promgen.compiler.pipeline import Output
from tests.compiler.projects import compile_files, output_of
from tests.proofs.executed import ChangeRule, changed, refusals
from tests.proofs.test_peer_defects import edits, without
from tests.real import Install
from tests.rules.specs import RATIO, exclusion, of_job, shop, slo

FORKY = 'target: {prometheus: "3.0"}\n'
GOOD = '{ratio: {total: {metric: requests_total}, good: {selector: {code: "200"}}}}'
LATENCY = "{latency: {histogram: request_seconds, below: 1s}}"
NATIVE = "{latency: {histogram: rpc_duration_seconds, below: 1s, type: native}}"
SEPARATE = "{promql: {total: 'rate(calls_total[$window])', bad: 'rate(errors_total{app!=\"x\"}[$window])'}}"
EITHER = (
    "{promql: {total: 'rate(a_total[$window]) or rate(b_total[$window])', good: 'rate(c_total[$window])'}}"
)
SLICED = "{{timeSlice: {{length: {}, maxErrorRatio: 6%, of: {}}}}}"
PARTS = (of_job("web"), of_job("worker"))
BY_REGION = "groupBy: [region]"
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


def slo_cases(output: Output) -> Iterator[Case]:
    """The cases of windows and alerts among all that an SLO gets."""
    for proofs in output.proofs:
        for case in proofs.cases:
            if not any(group.endswith("/period") for group in case.groups) and " block " not in case.name:
                yield case


def compiled(folder: Path, *slos: str, more: dict[str, str] | None = None, project: str = "") -> Output:
    return output_of(compile_files(folder, shop(*slos, more=more), project))


def assert_proved(install: Install, folder: Path, output: Output) -> None:
    (file,) = output.rule_files
    assert refusals(install, folder / "proofs", file, slo_cases(output)) == ""


@pytest.mark.real
@pytest.mark.parametrize(
    "sli",
    [
        GOOD,
        LATENCY,
        SEPARATE,
        EITHER,
        "{probe: {selector: {job: blackbox}}}",
        "{gauge: {expr: queue_length, below: 100}}",
        "{gauge: {expr: time() - max(done_timestamp_seconds), below: 15m}}",
        "{gauge: {expr: 200 - queue_length, above: 100}}",
        '{raw: {errorRatio: "job:error_ratio"}}',
        '{raw: {successRatio: "1 - job:error_ratio"}}',
        SLICED.format("1m", RATIO),
        SLICED.format("5m", GOOD),
        SLICED.format("1h", RATIO),
    ],
)
def test_an_indicator_is_proved(install: Install, tmp_path: Path, sli: str) -> None:
    assert_proved(install, tmp_path, compiled(tmp_path, slo(sli=sli)))


@pytest.mark.real
@pytest.mark.parametrize("sli", [NATIVE, SLICED.format("10m", NATIVE)])
def test_native_histograms_are_proved_where_promtool_reads_them(
    install: Install, tmp_path: Path, sli: str
) -> None:
    output = compiled(tmp_path, slo(sli=sli), project=FORKY)
    unread = [case for case in slo_cases(output) if case.since > (2, 42)]
    assert unread
    if install.release >= (3, 0):
        assert_proved(install, tmp_path, output)


@pytest.mark.real
@pytest.mark.parametrize(
    "sli",
    [
        "{composite: {weighted: [{slo: one, weight: 3}, {slo: two, weight: 1.5}]}}",
        "{composite: {by: ratio, weighted: [{slo: one, weight: 3}, {slo: two, weight: 1}]}}",
        "{composite: {anyBad: [{slo: one, above: 60%}, {slo: two, above: 5%}]}}",
    ],
)
def test_a_composite_is_proved(install: Install, tmp_path: Path, sli: str) -> None:
    parts = [
        slo(sli=part, name=name, more=BY_REGION) for name, part in zip(("one", "two"), PARTS, strict=True)
    ]
    output = compiled(tmp_path, *parts, slo(sli=sli, name="both", more=BY_REGION))
    (file,) = output.rule_files
    cases = [case for case in slo_cases(output) if case.subject == "shop/both"]
    assert refusals(install, tmp_path / "proofs", file, cases) == ""


@pytest.mark.real
@pytest.mark.parametrize(
    ("window", "more", "objective"),
    [
        ("30d", QUIET, "99.9%"),
        ("30d", f"{BY_REGION}\n{QUIET}", "99%"),
        ("7d", "groupBy: [region, code]", "95%"),
        ("1d", "alerting: {policy: patient}", "99%"),
        ("1d", "alerting: {policy: patient, lowTraffic: {minBadEvents: 1}}", "99%"),
        ("90d", "alerting: {absence: {disabled: true}}", "99%"),
        ("1y", "alerting: {absence: {after: 0s, severity: high}}", "99%"),
        ("{calendar: month, utcOffset: '+05:45'}", "alerting: {policy: none}", "99%"),
        ("7d", "alerting: {disabled: true}", "99%"),
        ("30d", "alerting: {unreachable: {drop: more than everything cannot fail}}", "90%"),
    ],
)
def test_alerting_is_proved(install: Install, tmp_path: Path, window: str, more: str, objective: str) -> None:
    output = compiled(tmp_path, slo(window, more, objective=objective), more={"patient.yaml": PATIENT})
    assert_proved(install, tmp_path, output)


@pytest.mark.real
def test_a_changed_meaning_is_proved(install: Install, tmp_path: Path) -> None:
    output = compiled(tmp_path, slo())
    slos = tuple(replace(one, revision="2") for one in output.catalog.slos)
    assert_proved(install, tmp_path, Output(replace(output.catalog, slos=slos), output.project))


@pytest.mark.real
@pytest.mark.parametrize("sli", [RATIO, GOOD, "{probe: {selector: {job: blackbox}}}"])
def test_exclusions_are_proved(install: Install, tmp_path: Path, sli: str) -> None:
    """Of everything, and of one region that overlaps its end and is off the minute."""
    planned = exclusion("planned", EXCLUDED, EXCLUDED + 5400)
    regional = exclusion("regional", EXCLUDED + 5000, EXCLUDED + 9030, more="labels: {region: eu}")
    output = compiled(tmp_path, slo("30d", BY_REGION, sli=sli), more=planned | regional)
    cases = [case for case in slo_cases(output) if "exclusion" in case.name]
    assert len(cases) == (12 if sli != "{probe: {selector: {job: blackbox}}}" else 10)
    (file,) = output.rule_files
    assert refusals(install, tmp_path / "proofs", file, cases) == ""


def replaced(old: str, new: str, times: int = -1) -> ChangeRule:
    """In the burn alerts."""
    return edits(names.BURN_ALERT, lambda expr: expr.replace(old, new, times))


BROKEN: dict[str, tuple[str, ChangeRule]] = {
    "a threshold is a quarter too high": ("", replaced("0.144", "0.18")),
    "a threshold is a quarter too low": ("", replaced("0.144", "0.1152")),
    "the windows of a tier are swapped": ("", replaced("rate1h", "rate6h")),
    "one window is enough": ("", replaced("and", "or")),
    "a group is lost in the join": (
        BY_REGION,
        edits(names.BAD_EVENTS, lambda expr: expr.replace("or on (region)", "or on ()")),
    ),
    "a service that never failed has no error ratio": (
        "",
        edits(names.BAD_EVENTS, lambda expr: re.sub(r"\n\s*or on \(\).*", "", expr)),
    ),
    "an idle hour has no error ratio": (
        "",
        edits("slo:error_ratio:rate1h", lambda expr: re.sub(r"\n\s*or on \(\).*", "", expr)),
    ),
    "a mean of instances": ("", edits(names.TOTAL_EVENTS, lambda expr: expr.replace("sum(", "avg("))),
    "another SLO's failures": (
        "",
        edits("slo:error_ratio:rate6h", lambda expr: expr.replace('slo="availability",', "")),
    ),
    "an alert of another severity": (
        "",
        lambda rule: [rule._replace(labels={**rule.labels, names.SEVERITY_LABEL: "info"})],
    ),
    "absence is noticed by nobody": ("", without(names.ABSENCE_ALERT)),
    "a lost group is forgotten in half an hour": (
        BY_REGION,
        edits(names.LOST_GROUP_ALERT, lambda expr: expr.replace("[1h]", "[30m]")),
    ),
    "one failure is enough": (QUIET, edits(names.BURN_ALERT, lambda expr: re.sub(r"4\.5", "0.5", expr))),
    "an empty window is a recovery": (
        QUIET,
        edits(names.BURN_ALERT, lambda expr: re.sub(r" or [^)]* == 0", "", expr)),
    ),
}


@pytest.mark.real
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_slo_fails(installs: tuple[Install, ...], tmp_path: Path, what: str) -> None:
    more, change = BROKEN[what]
    output = compiled(tmp_path, slo("30d", more))
    (file,) = output.rule_files
    broken = changed(file, change)
    assert "FAILED" in refusals(installs[-1], tmp_path / "broken", broken, slo_cases(output))


EXCLUSION_BROKEN = {
    "it lasts as long as it says and not five minutes more": ("<= 1794108900", "<= 1794108600"),
    "it begins a minute late": ("> 1794103200", "> 1794103260"),
    "it ends a minute late": ("<= 1794108900", "<= 1794108960"),
    "it is about every region": ("on (region) (label_replace", "on () (label_replace"),
    "it never begins": ("> 1794103200", "> 2794103200"),
}


@pytest.mark.real
@pytest.mark.parametrize("what", EXCLUSION_BROKEN)
def test_a_broken_exclusion_fails(installs: tuple[Install, ...], tmp_path: Path, what: str) -> None:
    planned = exclusion("planned", EXCLUDED, EXCLUDED + 5400, more="labels: {region: eu}")
    output = compiled(tmp_path, slo("7d", BY_REGION), more=planned)
    (file,) = output.rule_files
    old, new = EXCLUSION_BROKEN[what]
    broken = changed(file, edits("slo:error_ratio:rate6h", lambda expr: expr.replace(old, new)))
    cases = [case for case in slo_cases(output) if "exclusion" in case.name]
    assert "FAILED" in refusals(installs[-1], tmp_path / "broken", broken, cases)


def test_what_promtool_cannot_hold_is_said(tmp_path: Path) -> None:
    """A value for each interval since 1970: too many where an interval is of minutes."""
    short = exclusion("short", EXCLUDED, EXCLUDED + 600)
    policy = {"patient.yaml": PATIENT}
    output = compiled(tmp_path, slo("1d", "alerting: {policy: patient}"), more=short | policy)
    assert [one.what for proofs in output.proofs for one in proofs.unproved] == [
        "the exclusion short of windows below 10 minutes"
    ]
    output = compiled(tmp_path, slo("30d"), more=short)
    assert "the exclusion short of windows that are summed from blocks" in [
        one.what for proofs in output.proofs for one in proofs.unproved
    ]
