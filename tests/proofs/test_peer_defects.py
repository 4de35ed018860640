"""What other SLO compilers got wrong, in our series: each shape fails a proof case that our own rules pass.

The numbers are those of the survey of peers that the design rests on. Nothing in the cases was written for a defect; they
are what every SLO of such a specification gets. Two of the survey are no shape of rules: 19 is the first increment of a new
counter, which no rule can see, and 22 is about charts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from promgen.base import conventions as names
from promgen.base import problems
from promgen.compiler.ir.rules import Rule
from promgen.compiler.output.tree import ArtifactKind
from tests.alerts.compiled import TEAM
from tests.alerts.specs import slo
from tests.cli.terminal import as_json
from tests.compiler.projects import compile_files, output_of, problems_of, write_project
from tests.proofs.executed import ChangeRule, changed, refusals
from tests.real import Install

ID = 'slo="availability",service="shop"'
RATIO = '{ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}'


def becomes(name: str, expr: str) -> ChangeRule:
    """The rule of that name with another expression."""
    return edits(name, lambda _: expr)


def edits(name: str, edit: Callable[[str], str]) -> ChangeRule:
    """The rules of that name with their expression edited; an edit that changes nothing would prove nothing."""

    def change(rule: Rule) -> Iterable[Rule]:
        if rule.name != name:
            return [rule]
        expr = edit(rule.expr)
        assert expr != rule.expr
        return [rule._replace(expr=expr)]

    return change


def without(name: str) -> ChangeRule:
    return lambda rule: [] if rule.name == name else [rule]


def joined_by_window(rule: Rule) -> Iterable[Rule]:
    """Both windows of a burn alert carry the window as a label, and are matched on all labels."""
    if rule.name != names.BURN_ALERT:
        return [rule]
    labelled = re.sub(
        r"(slo:error_ratio:rate(\w+)\{[^}]*\})",
        r'label_replace(\1, "window", "\2", "", "")',
        rule.expr,
    )
    return [rule._replace(expr=labelled)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A shape of rules that a peer shipped."""

    number: int
    what: str
    specification: str = slo()
    change: ChangeRule


DEFECTS = (
    Defect(
        number=1,
        what="the period is a mean of ratios, whatever the traffic",
        change=becomes(names.PERIOD_ERROR_RATIO, f"avg_over_time(slo:error_ratio:rate5m{{{ID}}}[30d])"),
    ),
    Defect(
        number=2,
        what="an idle service divides by zero, and its budget is no number for the whole period",
        change=edits(
            "slo:error_ratio:rate5m", lambda _: f"{names.BAD_EVENTS}{{{ID}}} / {names.TOTAL_EVENTS}{{{ID}}}"
        ),
    ),
    Defect(
        number=3,
        what="a service that never failed has no error ratio",
        change=becomes(names.BAD_EVENTS, 'sum(rate(requests_total{code="500"}[5m15s]))'),
    ),
    Defect(
        number=4,
        what="an error series that is younger than the window counts as if it had failed all the time",
        change=becomes(
            "slo:error_ratio:rate1h",
            'avg_over_time((sum(rate(requests_total{code="500"}[5m])) / sum(rate(requests_total[5m])))[1h:1m])',
        ),
    ),
    Defect(number=6, what="the two windows of an alert never match", change=joined_by_window),
    Defect(
        number=8,
        what="one failure pages for a quiet service",
        specification=slo(more="alerting: {lowTraffic: {minBadEvents: 5}}"),
        change=edits(names.BURN_ALERT, lambda expr: re.sub(r"\n\s*and 60 \* sum_over_time.*", "", expr)),
    ),
    Defect(
        number=11,
        what="the short window holds one scrape, and so no rate",
        change=becomes(
            "slo:error_ratio:rate5m",
            'sum(rate(requests_total{code="500"}[1m])) / sum(rate(requests_total[1m]))',
        ),
    ),
    Defect(
        number=12,
        what="absence is watched on errors, which a healthy service does not have",
        change=becomes(names.ABSENCE_ALERT, 'absent(sum(rate(requests_total{code="500"}[5m])))'),
    ),
    Defect(
        number=13,
        what="bad events and all events are asked for at different instants",
        change=edits(names.BAD_EVENTS, lambda expr: expr.replace("[5m15s]", "[5m15s] offset 10m")),
    ),
    Defect(
        number=14,
        what="a burn rate is rounded to one decimal",
        change=edits(names.BURN_RATE, lambda expr: f"round({expr}, 0.1)"),
    ),
    Defect(
        number=16,
        what="two SLOs of one metric record under one name",
        specification=slo(more=f"\n    - {{name: strict, objective: 99.99%, window: 30d, sli: {RATIO}}}"),
        change=lambda rule: [
            rule._replace(labels={k: v for k, v in rule.labels.items() if k != names.SLO_LABEL})
        ],
    ),
    Defect(
        number=18,
        what="groups are joined without their label, so that two clusters are a many-to-many match",
        specification=slo(more="groupBy: [cluster]"),
        change=edits(names.BAD_EVENTS, lambda expr: expr.replace("(cluster)", "()")),
    ),
    Defect(
        number=21,
        what="more bad events than events are noticed by nobody",
        change=without(names.SANITY_ALERT),
    ),
)


@pytest.mark.real
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.number}")
def test_a_shape_that_a_peer_shipped_fails_what_ours_passes(
    install: Install, tmp_path: Path, defect: Defect
) -> None:
    output = output_of(compile_files(tmp_path, {"crew.yaml": TEAM, "shop.yaml": defect.specification}))
    (ours,), (proofs,) = output.rule_files, output.proofs
    assert refusals(install, ours, proofs.cases) == []
    theirs = changed(ours, defect.change)
    assert refusals(install, theirs, proofs.cases)


REFUSED = {
    7: (slo("90%"), problems.TIER_UNREACHABLE),
    9: (slo("100%"), problems.OBJECTIVE_RANGE),
    10: (slo(more="alerting: {policy: short}"), problems.WINDOW_SCRAPES),
    17: (slo(more=f"\n    - {{name: availability, objective: 99%, sli: {RATIO}}}"), problems.NAME_COLLISION),
}
SHORT = """\
apiVersion: promgen/v1
kind: BurnRatePolicy
metadata: {name: short}
spec: {tiers: [{name: fast, burnRate: 2, long: 5m, short: 30s, severity: critical}]}
"""


@pytest.mark.parametrize("number", REFUSED)
def test_what_a_peer_compiles_to_a_dead_alert_is_refused_at_its_place(tmp_path: Path, number: int) -> None:
    """7: a threshold beyond 100 %. 9: nothing to divide by. 10: a window without a scrape. 17: two of one name."""
    specification, problem = REFUSED[number]
    compilation = compile_files(
        tmp_path, {"crew.yaml": TEAM, "short.yaml": SHORT, "shop.yaml": specification}
    )
    assert compilation.output is None
    assert any(found.startswith(f"{problem.slug}: ") for found in problems_of(compilation))


def test_5_a_label_of_a_user_changes_no_recorded_series(tmp_path: Path) -> None:
    """So no window ever holds the series of both the old and the new label."""

    def recorded(team: str) -> list[tuple[str, str, dict[str, str]]]:
        files = {"crew.yaml": TEAM, "shop.yaml": slo(more=f"labels: {{squad: {team}}}")}
        folder = tmp_path / team
        folder.mkdir()
        (file,) = output_of(compile_files(folder, files)).rule_files
        rules = [rule for group in file.groups for rule in group.rules if not rule.is_alert]
        return [(rule.name, rule.expr, rule.labels) for rule in rules if rule.name != names.INFO]

    assert recorded("red") == recorded("blue")


def test_15_no_number_is_printed_with_the_noise_of_a_float(tmp_path: Path) -> None:
    """14.4 * 0.001 is 0.0144."""
    output = output_of(compile_files(tmp_path, {"crew.yaml": TEAM, "shop.yaml": slo("99.9%")}))
    rules = (artifact for artifact in output.tree.values() if artifact.kind is ArtifactKind.RULES)
    text = "\n".join(artifact.content.decode() for artifact in rules)
    assert "> 0.0144" in text
    assert not re.findall(r"\d\.\d*(?:0{6}|9{6})\d+", text)


def test_20_bad_events_that_are_not_among_all_events_are_found_where_they_are_written(tmp_path: Path) -> None:
    specification = (
        slo()
        .replace("requests_total}", "requests_total, selector: {route: /pay}}")
        .replace("bad: {selector", "bad: {metric: requests_total, selector")
    )
    write_project(tmp_path, {"crew.yaml": TEAM, "shop.yaml": specification})
    found = as_json(tmp_path, "lint", "--only", "slo/bad-not-subset")
    assert found.code == 1
    assert [problem["subject"] for problem in found.data["problems"]] == ["shop/availability"]
