"""The alerts of an SLO: one per burn-rate tier, and those that say that the SLO itself cannot be trusted.

All but the coverage alert stand last in the group whose records they read, so that they see the same evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.base.decimals import format_decimal
from promgen.base.durations import HOUR, MINUTE, Duration
from promgen.compiler.ir.rules import Rule
from promgen.compiler.lower.labels import alert_annotations, alert_labels
from promgen.compiler.lower.slo.frame import STEP_SECONDS, Frame
from promgen.model.slo import Absence, Tier, is_counted
from promgen.promql import format_labels, is_utf8_name, quote

PASS = "alerts"
COVERAGE_GOAL = Decimal("0.99")
_QUIET_HOLD = MINUTE * 15
_SANITY_HOLD = MINUTE * 15
_COVERAGE_HOLD = HOUR
_MARGIN = "1.001"
"""Absorbs float noise and scrape skew between the two halves of the pair."""


def lower_burn_alerts(frame: Frame) -> Iterable[Rule]:
    """One alert per tier, the fastest first: both windows above burn rate times (1 - objective)."""
    for tier in frame.slo.tiers:
        yield Rule(
            names.BURN_ALERT,
            _burning(frame, tier),
            _labels(frame, tier.severity, {names.TIER_LABEL: tier.name}),
            PASS,
            is_alert=True,
            hold=tier.hold,
            keep_firing_for=_QUIET_HOLD if frame.slo.min_bad_events else None,
            annotations=_burn_annotations(frame, tier),
        )


def lower_absence(frame: Frame) -> Iterable[Rule]:
    """The total is missing: of the whole SLO, or of one group that was there within the last hour."""
    absence = frame.slo.absence
    if absence is None:
        return
    name = f"SLO {frame.slo.name} of {frame.slo.service}"
    yield _alert(
        frame,
        names.ABSENCE_ALERT,
        f"absent({frame.total})",
        absence,
        f"{name} has no data",
        "Nothing is counted, so neither an outage nor a recovery would be seen. Is the service up, and scraped?",
    )
    if frame.slo.group_by:
        which = ", ".join(f"{label} {{{{ {_value_of(label)} }}}}" for label in frame.slo.group_by)
        yield _alert(
            frame,
            names.LOST_GROUP_ALERT,
            f"last_over_time({frame.total}[1h])\n  unless {frame.total}",
            absence,
            f"{name} has no data for {which}",
            "This group was counted within the last hour and is not any more. It clears after an hour if that is meant.",
        )


def lower_sanity(frame: Frame) -> Iterable[Rule]:
    """More bad events than events: the two halves do not count the same things."""
    if frame.slo.is_silent:
        return
    yield _alert(
        frame,
        names.SANITY_ALERT,
        f"{frame.bad} > {_MARGIN} * {frame.total}",
        Absence(after=_SANITY_HOLD, severity=frame.slo.doubt_severity),
        f"SLO {frame.slo.name} of {frame.slo.service} counts more bad events than events",
        "The bad events are not a part of the total, so its error budget means nothing. Correct the SLI.",
    )


def lower_coverage_alert(frame: Frame) -> Iterable[Rule]:
    """Too much of the period was not observed; silent while the SLO is younger than its period."""
    if frame.slo.is_silent:
        return
    age = f"last_over_time({frame.total}[1h] offset {frame.slo.period.longest})"
    yield _alert(
        frame,
        names.COVERAGE_ALERT,
        f"{names.PERIOD_COVERAGE}{frame.id} < {format_decimal(COVERAGE_GOAL)}\n  and {frame.total}\n  and {age}",
        Absence(after=_COVERAGE_HOLD, severity=frame.slo.doubt_severity),
        f"SLO {frame.slo.name} of {frame.slo.service} was observed only {{{{ $value | humanizePercentage }}}} of its period",
        "Events that happened while nothing was scraped or evaluated are in no budget; at average traffic the true error"
        " ratio is off by up to the share that is missing.",
    )


def _burning(frame: Frame, tier: Tier) -> str:
    threshold = format_decimal(tier.threshold(frame.slo.objective))
    long, short = (
        f"{names.error_ratio(window)}{frame.id} > {threshold}" for window in (tier.long, tier.short)
    )
    if frame.slo.min_bad_events is None:
        return f"{long}\n  and {short}"
    total = frame.total if tier.short <= MINUTE * 5 else f"sum_over_time({frame.total}[{tier.short}])"
    least = format_decimal(frame.slo.min_bad_events - Decimal("0.5"))  # a measured count is rounded
    enough = f"{STEP_SECONDS} * sum_over_time({frame.bad}[{tier.long}]) >= {least}"
    return f"{long}\n  and ({short} or {total} == 0)\n  and {enough}"


def _burn_annotations(frame: Frame, tier: Tier) -> dict[str, str]:
    slo = frame.slo
    burn_rate, share = (
        format_decimal(round(tier.burn_rate, 2)),
        _percent(tier.budget_share(slo.period.length)),
    )
    what = "events are" if is_counted(slo.sli) else "the time was"
    where = "".join(f", {label} {{{{ {_value_of(label)} }}}}" for label in slo.group_by)
    facts = (
        f"More than {_percent(tier.threshold(slo.objective))} of {what} bad over {tier.long} and over {tier.short}"
        f" (objective {_percent(slo.objective)} over {slo.period}). Sustained, this spends the whole budget in"
        f" {_exhaustion(slo.period.length, tier)}; when it fires {share} of it is gone."
    )
    return alert_annotations(
        slo.help,
        f"{slo.service}: SLO {slo.name}{where} burns its error budget at {burn_rate}x",
        f"{slo.help.description}\n{facts}" if slo.help.description else facts,
        **{names.BUDGET_ANNOTATION: _budget_left(frame)},
        burn_rate=burn_rate,
        budget_share=share,
        long_window=str(tier.long),
        short_window=str(tier.short),
    )


def _budget_left(frame: Frame) -> str:
    """A template that asks for the budget when the alert fires; of its own group, where the SLO has groups."""
    selector = f"{names.BUDGET_REMAINING}{frame.id}"
    asked = f"query {quote(selector)}"
    if groups := frame.slo.group_by:
        own = ",".join(format_labels([label]).replace("%", "%%") + "=%q" for label in groups)
        values = " ".join(map(_value_of, groups))
        pattern = selector.removesuffix("}").replace("%", "%%") + "," + own + "}"
        asked = f"printf {quote(pattern)} {values} | query"
    return f"{{{{ with {asked} }}}}{{{{ . | first | value | humanizePercentage }}}}{{{{ else }}}}unknown{{{{ end }}}}"


def _value_of(label: str) -> str:
    """A label's value in a template."""
    return f"(index $labels {quote(label)})" if is_utf8_name(label) else f"$labels.{label}"


def _exhaustion(period: Duration, tier: Tier) -> Duration:
    """Period divided by burn rate, to the minute."""
    return Duration(int(period.ms / tier.burn_rate) // MINUTE.ms * MINUTE.ms)


def _percent(ratio: Decimal) -> str:
    return format_decimal(round(ratio * 100, 3)) + "%"


def _labels(frame: Frame, severity: Severity, more: dict[str, str] | None = None) -> dict[str, str]:
    return alert_labels(
        frame.slo.labels, {**frame.labels, **(more or {})}, frame.service, severity, frame.target
    )


def _alert(frame: Frame, name: str, expr: str, fires: Absence, summary: str, description: str) -> Rule:
    annotations = alert_annotations(frame.slo.help, summary, description)
    labels = _labels(frame, fires.severity)
    return Rule(name, expr, labels, PASS, is_alert=True, hold=fires.after, annotations=annotations)
