"""SLOs: from a merged specification to the domain's object."""

from __future__ import annotations

import hashlib

import orjson

from promgen.base import problems
from promgen.base.conventions import Severity
from promgen.base.durations import DAY, HOUR, MINUTE
from promgen.compiler.resolve.cases import slo_cases
from promgen.compiler.resolve.common import absence_of, help_of, labels_of, set_labels
from promgen.compiler.resolve.index import Item
from promgen.compiler.resolve.policies import BUILT_IN, tier_of_spec, tiers_by_period
from promgen.compiler.resolve.scope import Scope
from promgen.compiler.resolve.sli import resolve_sli
from promgen.compiler.source.nodes import Mapping
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.codec import encode
from promgen.model.proof import ABSENCE
from promgen.model.slo import (
    CalendarPeriod,
    Exclusion,
    Period,
    RollingPeriod,
    Sli,
    Slo,
    Tier,
    is_counted,
)

_SHORTEST, _LONGEST = HOUR, DAY * 366


def resolve_slo(spec: v1.SloSpec, node: Mapping, item: Item, scope: Scope) -> Slo | None:
    """The SLO; None when something it cannot do without is missing or wrong, which is reported."""
    sli = resolve_sli(spec.sli, node, scope) if spec.sli is not None else None
    period = _period(spec, node, scope)
    for field in ("objective", "window", "sli"):
        if getattr(spec, field) is None:
            message = f"SLO `{item.name}` has no `{field}`"
            allowed = "set it here, in the template or in Defaults"
            scope.diagnostics.error(problems.MISSING_KEY, message, item.name_span, allowed=allowed)
    if sli is None or period is None or spec.objective is None:
        return None
    alerting = spec.alerting
    tiers = () if alerting.disabled else _tiers(spec, node, scope, period, is_counted(sli))
    absence = (
        None if alerting.disabled else absence_of(alerting.absence, node, scope, ("alerting", "absence"))
    )
    names = [*(tier.name for tier in tiers), *([ABSENCE] if absence else [])]
    return Slo(
        name=item.name,
        service=item.service,
        system=scope.service.system,
        environment=scope.environment_name,
        owner=scope.service.owner,
        objective=spec.objective,
        period=period,
        sli=sli,
        group_by=_group_by(spec, node, scope),
        tiers=tiers,
        min_bad_events=alerting.low_traffic.min_bad_events if alerting.low_traffic else None,
        absence=absence,
        is_silent=alerting.disabled,
        doubt_severity=scope.lowered(Severity.LOW),
        exclusions=_exclusions(item, scope),
        history=spec.history,
        revision=meaning(sli)[:8] if spec.history == "reset" else "",
        labels=labels_of(spec, node, scope),
        help=help_of(spec, node, scope),
        tests=slo_cases(spec, node, names, scope),
        origin=item.file,
    )


def meaning(sli: Sli) -> str:
    """A digest of what an indicator measures; it differs when and only when the lowered expression does."""
    return hashlib.sha256(orjson.dumps(encode(sli), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _period(spec: v1.SloSpec, node: Mapping, scope: Scope) -> Period | None:
    if spec.window is None:
        return None
    if isinstance(spec.window, v1.CalendarWindow):
        if spec.window.utc_offset % 900:
            allowed = "whole quarters of an hour"
            scope.report(
                problems.GRANULARITY, "this UTC offset", node, ("window", "utcOffset"), allowed=allowed
            )
        return CalendarPeriod(unit=spec.window.calendar, utc_offset=spec.window.utc_offset)
    if not _SHORTEST <= spec.window <= _LONGEST or spec.window.ms % MINUTE.ms:
        allowed = "whole minutes from 1h to 366d"
        scope.report(problems.WINDOW_RANGE, f"a period of {spec.window}", node, ("window",), allowed=allowed)
        return None
    if spec.window >= DAY * 7 and spec.window.ms % HOUR.ms:
        scope.report(
            problems.WINDOW_RANGE,
            f"a period of {spec.window}",
            node,
            ("window",),
            allowed="whole hours from 7d on",
        )
    return RollingPeriod(length=spec.window)


def _group_by(spec: v1.SloSpec, node: Mapping, scope: Scope) -> tuple[str, ...]:
    labels = spec.group_by or []
    overwritten = set_labels(spec, scope)
    for place, label in enumerate(labels):
        scope.check_label(label, node, ("groupBy", place))
        if label in overwritten:
            message = f"`{label}` cannot be a group label: the rules set it, and groups that differ only in it would collide"
            allowed = "another label of the measured series"
            scope.report(problems.GROUP_LABEL, message, node, ("groupBy", place), allowed=allowed)
    return tuple(dict.fromkeys((*labels, *scope.target.external_labels)))


def _tiers(spec: v1.SloSpec, node: Mapping, scope: Scope, period: Period, counted: bool) -> tuple[Tier, ...]:
    """The tiers of the policy; those that cannot fire are an error unless the specification says to drop them."""
    tiers = _policy_tiers(spec, node, scope, period, counted)
    assert spec.objective is not None
    objective = spec.objective
    reachable = tuple(tier for tier in tiers if tier.is_reachable(objective))
    if spec.alerting.unreachable is None:
        for tier in tiers:
            if tier not in reachable:
                _report_unreachable(tier, spec, node, scope)
    elif len(reachable) == len(tiers):
        message = "no tier is unreachable, so there is nothing to drop"
        scope.report(
            problems.TIER_UNREACHABLE, message, node, ("alerting", "unreachable"), allowed="leave it out"
        )
    return reachable


def _report_unreachable(tier: Tier, spec: v1.SloSpec, node: Mapping, scope: Scope) -> None:
    assert spec.objective is not None
    nearest_rate = int(10 / (1 - spec.objective) * 99 / 100) / 10
    message = (
        f"tier `{tier.name}` can never fire: burn rate {tier.burn_rate:f} times {1 - spec.objective:%} allowed errors"
        f" is {float(tier.threshold(spec.objective)):.0%} errors"
    )
    allowed = f"a burn rate of at most {nearest_rate:g} at this objective, or `alerting.unreachable.drop` with a reason"
    scope.report(problems.TIER_UNREACHABLE, message, node, ("objective",), allowed=allowed)


def _policy_tiers(spec: v1.SloSpec, node: Mapping, scope: Scope, period: Period, counted: bool) -> list[Tier]:
    least_short = max(scope.target.scrape_interval * 4, MINUTE if counted else PAIR_WINDOW)
    name = spec.alerting.policy
    if name is None:
        return [_lowered(tier, scope) for tier in tiers_by_period(period.length, least_short)]
    if name in BUILT_IN:
        return [_lowered(tier, scope) for tier in BUILT_IN[name]]
    entry = scope.index.policies.get(name)
    if entry is None:
        if ("BurnRatePolicy", name) not in scope.index.broken:
            known = [*scope.index.policies, *BUILT_IN]
            message = f"there is no BurnRatePolicy `{name}`"
            scope.report(
                problems.UNKNOWN_REFERENCE,
                message,
                node,
                ("alerting", "policy"),
                allowed=nearest(name, known),
            )
        return []
    tiers = []
    for place, tier in enumerate(entry.spec.tiers):
        severity = scope.severity(tier.severity, entry.envelope.spec, ("tiers", place, "severity"))
        resolved = tier_of_spec(tier, period.length, severity)
        if resolved is None:
            message = f"tier `{tier.name}` needs exactly one of burnRate, budgetShare and exhaustsIn, above 0"
            scope.report(problems.BAD_VALUE, message, entry.envelope.spec, ("tiers", place, "name"))
        else:
            tiers.append(resolved)
    return tiers


def _lowered(tier: Tier, scope: Scope) -> Tier:
    severity = scope.lowered(tier.severity)
    if severity is tier.severity:
        return tier
    return Tier(
        name=tier.name,
        burn_rate=tier.burn_rate,
        long=tier.long,
        short=tier.short,
        severity=severity,
        hold=tier.hold,
    )


def _exclusions(item: Item, scope: Scope) -> tuple[Exclusion, ...]:
    found = []
    for entry in scope.index.exclusions.values():
        spec = entry.spec
        in_scope = not spec.environments or scope.environment_name in spec.environments
        wanted = set(spec.slos)
        if in_scope and ({item.service, f"{item.service}/{item.name}"} & wanted):
            found.append(
                Exclusion(
                    name=entry.name,
                    start=spec.from_,
                    end=spec.to,
                    reason=spec.reason,
                    owner=spec.owner,
                    labels=dict(spec.labels),
                )
            )
    return tuple(sorted(found, key=lambda exclusion: (exclusion.start, exclusion.name)))
