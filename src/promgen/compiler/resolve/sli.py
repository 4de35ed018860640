"""Indicators: each kind of the wire format as the domain's, its selectors turned into PromQL over `[$window]`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from promgen.base import problems
from promgen.base.decimals import format_decimal
from promgen.base.durations import HOUR, MINUTE
from promgen.base.quantities import Quantity, UnitMismatch, check_unit, convert, unit_of_metric
from promgen.compiler.resolve.scope import NATIVE_HISTOGRAMS_SINCE, Scope, matchers_of
from promgen.compiler.source.nodes import Mapping, Path
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    Part,
    ProbeSli,
    RawSli,
    Sli,
    TimeSliceSli,
)
from promgen.promql import WINDOW, Expression, LabelMatcher, format_selector, measured_metric


def resolve_sli(spec: v1.SliSpec, node: Mapping, scope: Scope) -> Sli | None:
    """The indicator below `node`'s `sli`; None when it is wrong, which is reported."""
    kinds = [name for name in type(spec).model_fields if getattr(spec, name) is not None]
    if len(kinds) != 1:
        wrong = f"`sli` has {' and '.join(kinds)}" if kinds else "`sli` is empty"
        known = [field.alias or name for name, field in type(spec).model_fields.items()]
        scope.report(problems.BAD_VALUE, wrong, node, ("sli",), allowed="exactly one of " + ", ".join(known))
        return None
    if spec.gauge is not None:
        return _gauge(spec.gauge, node, scope)
    if spec.probe is not None:
        return ProbeSli(
            expr=_selector(spec.probe.metric, matchers_of(spec.probe.selector), node, ("sli", "probe"), scope)
        )
    if spec.raw is not None:
        return _raw(spec.raw, node, scope)
    if spec.time_slice is not None:
        return _time_slice(spec.time_slice, node, scope)
    if spec.composite is not None:
        return _composite(spec.composite, node, scope)
    return _events(spec, node, ("sli",), scope)


def _events(spec: v1.EventSli, node: Mapping, path: Path, scope: Scope) -> EventSli | NativeLatencySli | None:
    if spec.ratio is not None:
        return _ratio(spec.ratio, node, (*path, "ratio"), scope)
    if spec.latency is not None:
        return _latency(spec.latency, node, (*path, "latency"), scope)
    if spec.promql is not None:
        return _promql(spec.promql, node, (*path, "promql"), scope)
    scope.report(
        problems.BAD_VALUE, "no events are given", node, path, allowed="one of ratio, promql, latency"
    )
    return None


def _one_side(
    bad: object, good: object, node: Mapping, path: Path, scope: Scope, names: str = "`bad` and `good`"
) -> bool:
    if (bad is None) == (good is None):
        wrong = "neither of" if bad is None else "both of"
        scope.report(
            problems.BAD_VALUE, f"{wrong} {names} are given", node, path, allowed="exactly one of them"
        )
        return False
    return True


def _rate(selector: str) -> str:
    return f"rate({selector}[{WINDOW}])"


def _selector(metric: str, matchers: Sequence[LabelMatcher], node: Mapping, path: Path, scope: Scope) -> str:
    """A selector with the scope's matchers; contradicting ones are reported."""
    merged: dict[LabelMatcher, None] = dict.fromkeys((*matchers, *scope.matchers))
    equals: dict[str, str] = {}
    for matcher in merged:
        if matcher.op == "=" and equals.setdefault(matcher.name, matcher.value) != matcher.value:
            message = (
                f"`{metric}` selects `{matcher.name}` as `{equals[matcher.name]}` and as `{matcher.value}`"
            )
            scope.report(problems.PROMQL_CONFLICT, message, node, path)
        scope.check_label(matcher.name, node, path)
    return format_selector(metric, merged)


def _ratio(spec: v1.RatioSli, node: Mapping, path: Path, scope: Scope) -> EventSli | None:
    if not _one_side(spec.bad, spec.good, node, path, scope):
        return None
    total = matchers_of(spec.total.selector)
    side, part = ("bad", spec.bad) if spec.bad is not None else ("good", spec.good)
    assert part is not None
    if part.metric is None and not part.selector:
        message = f"`{side}` selects the same series as `total`"
        scope.report(
            problems.BAD_VALUE, message, node, (*path, side), allowed="a `selector` or a `metric` of its own"
        )
    inherited = total if part.metric is None else ()
    matchers = (*inherited, *matchers_of(part.selector))
    rate = _rate(_selector(part.metric or spec.total.metric, matchers, node, (*path, side), scope))
    whole = _rate(_selector(spec.total.metric, total, node, (*path, "total"), scope))
    return EventSli(total=whole, bad=rate) if side == "bad" else EventSli(total=whole, good=rate)


def _promql(spec: v1.PromqlSli, node: Mapping, path: Path, scope: Scope) -> EventSli | None:
    if not _one_side(spec.bad, spec.good, node, path, scope):
        return None
    side, text = ("bad", spec.bad) if spec.bad is not None else ("good", spec.good)
    assert text is not None
    total = _windowed(spec.total, node, (*path, "total"), scope)
    part = _windowed(text, node, (*path, side), scope)
    if total is None or part is None:
        return None
    return EventSli(total=total, bad=part) if side == "bad" else EventSli(total=total, good=part)


def _windowed(text: str, node: Mapping, path: Path, scope: Scope) -> str | None:
    if f"[{WINDOW}]" not in text:
        allowed = f"a rate over [{WINDOW}], such as rate(requests_total[{WINDOW}])"
        scope.report(
            problems.PROMQL_VARIABLE, f"the expression does not use `[{WINDOW}]`", node, path, allowed=allowed
        )
        return None
    expression = scope.expression(text, node, path)
    return None if expression is None else expression.canonical


def _latency(
    spec: v1.LatencySli, node: Mapping, path: Path, scope: Scope
) -> EventSli | NativeLatencySli | None:
    unit = _declared_unit(spec.unit, node, path, scope) or unit_of_metric(spec.histogram)
    threshold = to_unit(spec.below, unit, node, (*path, "below"), scope)
    if threshold is None:
        return None
    matchers = matchers_of(spec.selector)
    if spec.type == "native":
        if scope.target.prometheus < NATIVE_HISTOGRAMS_SINCE:
            message = scope.needs("a native histogram", NATIVE_HISTOGRAMS_SINCE)
            scope.report(
                problems.TARGET_LACKS,
                message,
                node,
                (*path, "type"),
                allowed="type: classic, or a newer target",
            )
            return None
        return NativeLatencySli(
            rate=_rate(_selector(spec.histogram, matchers, node, path, scope)), threshold=threshold
        )
    border = _border(threshold)
    good = _selector(f"{spec.histogram}_bucket", (*matchers, border), node, path, scope)
    return EventSli(
        total=_rate(_selector(f"{spec.histogram}_count", matchers, node, path, scope)), good=_rate(good)
    )


def _border(threshold: Decimal) -> LabelMatcher:
    """The bucket up to a threshold; a whole number is exposed as `1` or, from Prometheus 3 on, as `1.0`."""
    text = format_decimal(threshold)
    return LabelMatcher("le", "=", text) if "." in text else LabelMatcher("le", "=~", text + "(\\.0)?")


def _gauge(spec: v1.GaugeSli, node: Mapping, scope: Scope) -> GaugeSli | None:
    path = ("sli", "gauge")
    if not _one_side(spec.below, spec.above, node, path, scope, "`below` and `above`"):
        return None
    expression = scope.expression(spec.expr, node, (*path, "expr"))
    if expression is None:
        return None
    unit = _declared_unit(spec.unit, node, path, scope) or unit_of_expression(expression)
    side, quantity = ("below", spec.below) if spec.below is not None else ("above", spec.above)
    assert quantity is not None
    threshold = to_unit(quantity, unit, node, (*path, side), scope)
    if threshold is None:
        return None
    return GaugeSli(
        expr=expression.canonical, comparison="<" if side == "below" else ">", threshold=threshold
    )


def _raw(spec: v1.RawSli, node: Mapping, scope: Scope) -> RawSli | None:
    path = ("sli", "raw")
    if not _one_side(
        spec.error_ratio, spec.success_ratio, node, path, scope, "`errorRatio` and `successRatio`"
    ):
        return None
    side, text = (
        ("errorRatio", spec.error_ratio)
        if spec.error_ratio is not None
        else ("successRatio", spec.success_ratio)
    )
    assert text is not None
    expression = scope.expression(text, node, (*path, side))
    if expression is None:
        return None
    return RawSli(expr=expression.canonical, measures="errors" if side == "errorRatio" else "successes")


def _time_slice(spec: v1.TimeSliceSli, node: Mapping, scope: Scope) -> TimeSliceSli | None:
    path = ("sli", "timeSlice")
    if not MINUTE <= spec.length <= HOUR or spec.length.ms % MINUTE.ms:
        scope.report(
            problems.WINDOW_RANGE,
            f"a slice of {spec.length}",
            node,
            (*path, "length"),
            allowed="whole minutes from 1m to 1h",
        )
    events = _events(spec.of, node, (*path, "of"), scope)
    if events is None:
        return None
    return TimeSliceSli(length=spec.length, max_error_ratio=spec.max_error_ratio, events=events)


def _composite(spec: v1.CompositeSli, node: Mapping, scope: Scope) -> CompositeSli | None:
    path = ("sli", "composite")
    if not _one_side(spec.weighted, spec.any_bad, node, path, scope, "`weighted` and `anyBad`"):
        return None
    if spec.weighted is not None:
        wanted = [(part.slo, part.weight) for part in spec.weighted]
    else:
        wanted = [(part.slo, part.above) for part in spec.any_bad or ()]
    side = "weighted" if spec.weighted is not None else "anyBad"
    parts = []
    for place, (reference, value) in enumerate(wanted):
        service, _, name = reference.rpartition("/")
        key = (service.rpartition("/")[2] or scope.service.name, name)
        if key not in scope.index.slos:
            known = [
                slo if owner == scope.service.name else f"{owner}/{slo}" for owner, slo in scope.index.slos
            ]
            at = (*path, side, place, "slo")
            scope.report(
                problems.UNKNOWN_REFERENCE,
                f"there is no SLO `{reference}`",
                node,
                at,
                allowed=nearest(reference, known),
            )
            continue
        parts.append(Part(service=key[0], slo=key[1], value=value))
    if len(parts) != len(wanted):
        return None
    return CompositeSli(combine="any_bad" if side == "anyBad" else spec.by, parts=tuple(parts))


def unit_of_expression(expression: Expression) -> str | None:
    """The unit of the value when its shape leaves no doubt."""
    metric = measured_metric(expression)
    return unit_of_metric(metric) if metric is not None else None


def _declared_unit(unit: str | None, node: Mapping, path: Path, scope: Scope) -> str | None:
    if unit is not None:
        try:
            check_unit(unit)
        except ValueError as error:
            scope.report(problems.BAD_UNIT, str(error), node, (*path, "unit"))
    return unit


def to_unit(quantity: Quantity, unit: str | None, node: Mapping, path: Path, scope: Scope) -> Decimal | None:
    """The number a quantity is in the unit of what it is compared with; None when they do not fit, reported."""
    if unit is None:
        if quantity.unit == "":
            return quantity.value
        message = f"`{quantity}` has a unit, but that of the expression is not known"
        scope.report(
            problems.BAD_UNIT,
            message,
            node,
            path,
            allowed="`unit` beside it, such as `unit: seconds` or `unit: ratio`",
        )
        return None
    try:
        return convert(quantity, unit)
    except ValueError as error:
        allowed = "" if isinstance(error, UnitMismatch) else "a known unit"
        scope.report(problems.BAD_UNIT, str(error), node, path, allowed=allowed or f"a quantity in {unit}")
        return None
