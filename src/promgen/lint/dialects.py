"""What rulers take, as data: fields of groups and rules, functions, names and limits, by dialect and version.

Read from the rulers' own sources and change logs; what 2.42 and 3.5 take is tested with their promtool. A version of
Thanos, Mimir or VictoriaMetrics is not declared, so for these only counts what no version has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, get_args

from promgen.base.versions import Version, dotted
from promgen.compiler.resolve.scope import UTF8_SINCE
from promgen.model.catalog import Dialect, Limits
from promgen.promql import LACKING_IN_METRICSQL, is_utf8_name

SPOKEN: Mapping[Dialect, str] = {
    "prometheus": "Prometheus",
    "thanos": "Thanos",
    "mimir": "Mimir",
    "victoriametrics": "vmalert",
    "prometheus-operator": "prometheus-operator",
}
"""What loads the rules, as messages call it."""

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_PROMETHEUS: frozenset[Dialect] = frozenset({"prometheus", "prometheus-operator"})
_ON_PROMETHEUS_CODE: frozenset[Dialect] = _PROMETHEUS | {"thanos", "mimir"}


class Field(NamedTuple):
    """Who knows a field, and from which Prometheus on."""

    known_to: frozenset[Dialect]
    since: Version = (0, 0)


def _of(*dialects: Dialect) -> Field:
    return Field(frozenset(dialects))


_EVERYWHERE = Field(frozenset(DIALECTS))

GROUP_FIELDS: Mapping[str, Field] = {
    "name": _EVERYWHERE,
    "interval": _EVERYWHERE,
    "rules": _EVERYWHERE,
    "limit": Field(frozenset(DIALECTS), (2, 31)),
    "labels": Field(frozenset(DIALECTS), (3, 0)),
    "query_offset": Field(_ON_PROMETHEUS_CODE, (2, 53)),
    "partial_response_strategy": _of("thanos", "prometheus-operator"),
    "source_tenants": _of("mimir"),
    "align_evaluation_time_on_interval": _of("mimir"),
    "evaluation_delay": _of("mimir"),
    "concurrency": _of("victoriametrics"),
    "debug": _of("victoriametrics"),
    "eval_alignment": _of("victoriametrics"),
    "eval_delay": _of("victoriametrics"),
    "eval_offset": _of("victoriametrics"),
    "headers": _of("victoriametrics"),
    "notifier_headers": _of("victoriametrics"),
    "params": _of("victoriametrics"),
    "tenant": _of("victoriametrics"),
    "type": _of("victoriametrics"),
}
"""Every field of a group that some ruler knows."""

RULE_FIELDS: Mapping[str, Field] = {
    "alert": _EVERYWHERE,
    "record": _EVERYWHERE,
    "expr": _EVERYWHERE,
    "for": _EVERYWHERE,
    "keep_firing_for": Field(frozenset(DIALECTS), (2, 42)),
    "labels": _EVERYWHERE,
    "annotations": _EVERYWHERE,
    "debug": _of("victoriametrics"),
    "update_entries_limit": _of("victoriametrics"),
}
"""Every field of a rule that some ruler knows."""

FUNCTIONS_SINCE: Mapping[str, Version] = {
    "histogram_stddev": (2, 47),
    "histogram_stdvar": (2, 47),
    "mad_over_time": (2, 49),
    "sort_by_label": (2, 49),
    "sort_by_label_desc": (2, 49),
    "histogram_avg": (2, 51),
    "limitk": (2, 54),
    "limit_ratio": (2, 54),
    "info": (2, 55),
    "double_exponential_smoothing": (3, 0),
    "ts_of_last_over_time": (3, 5),
    "ts_of_max_over_time": (3, 5),
    "ts_of_min_over_time": (3, 5),
    "first_over_time": (3, 7),
    "ts_of_first_over_time": (3, 7),
    "histogram_quantiles": (3, 11),
    "end": (3, 12),
    "range": (3, 12),
    "start": (3, 12),
    "step": (3, 12),
}
"""Functions and aggregations that Prometheus 2.42 lacks, some of them behind a feature flag ever since."""

NEWEST: Version = max(FUNCTIONS_SINCE.values())
"""The newest Prometheus of which something is known here."""

_OWN_LIMITS: Mapping[Dialect, Limits] = {"mimir": Limits(rules_per_group=20, groups=70)}
OBJECT_BYTES = 512 * 1024
"""What prometheus-operator takes of one PrometheusRule at most."""


def guess_dialect(group_fields: Iterable[str], rule_fields: Iterable[str]) -> Dialect:
    """Who knows all of the fields, Prometheus if it does; Prometheus as well where nobody does."""
    known = [GROUP_FIELDS[name].known_to for name in group_fields if name in GROUP_FIELDS]
    known += [RULE_FIELDS[name].known_to for name in rule_fields if name in RULE_FIELDS]
    able = frozenset(DIALECTS).intersection(*known)
    return next((dialect for dialect in DIALECTS if dialect in able), "prometheus")


def field_fault(field: Field | None, dialect: Dialect, version: Version | None) -> str:
    """Why a ruler does not take a field; empty where it does, and for a field that no ruler knows.

    `version` is that of Prometheus; None where it is not known, which is no fault.
    """
    if field is None:
        return ""
    if dialect not in field.known_to:
        whose = " and ".join(SPOKEN[one] for one in DIALECTS if one in field.known_to)
        return f"is a field of {whose}; {SPOKEN[dialect]} {_rejects(dialect)}"
    needed = _needs(field.since, version)
    return needed + (", where the operator drops it" if needed and dialect == "prometheus-operator" else "")


def function_fault(name: str, dialect: Dialect, version: Version | None) -> str:
    """Why a ruler cannot call a function or aggregation; empty where it can."""
    if dialect == "victoriametrics":
        return "is no function of MetricsQL" if name in LACKING_IN_METRICSQL else ""
    return _needs(FUNCTIONS_SINCE.get(name, (0, 0)), version)


def name_fault(name: str, version: Version | None) -> str:
    """Why a label or metric cannot have a name; empty where it can."""
    return _needs(UTF8_SINCE, version) if is_utf8_name(name.replace(":", "_")) else ""


def version_for(dialect: Dialect | None, version: Version) -> Version | None:
    """The version of Prometheus that evaluates; None for a ruler that has versions of its own."""
    return version if dialect is None or dialect in _PROMETHEUS else None


def takes_utf8_names(dialect: Dialect | None, version: Version) -> bool:
    """Whether names beyond letters, digits and underscores may be quoted; what is not declared is Prometheus."""
    known = version_for(dialect, version)
    return known is None or known >= UTF8_SINCE


def takes_alternatives(dialect: Dialect) -> bool:
    """Whether a selector may be `{a="1" or b="2"}`."""
    return dialect == "victoriametrics"


def limits_of(dialect: Dialect | None, declared: Limits) -> Limits:
    """The declared limits, and the dialect's own where nothing is declared; 0 is no limit."""
    own = _OWN_LIMITS.get(dialect, Limits()) if dialect is not None else Limits()
    return Limits(
        rules_per_group=_first(declared.rules_per_group, own.rules_per_group),
        groups=_first(declared.groups, own.groups),
    )


def _first(declared: int | None, own: int | None) -> int:
    return declared if declared is not None else own or 0


def _needs(since: Version, version: Version | None) -> str:
    if version is None or since <= version:
        return ""
    return f"needs Prometheus {dotted(since)}; the target is {dotted(version)}"


def _rejects(dialect: Dialect) -> str:
    if dialect == "prometheus-operator":
        return "drops it silently"
    return "refuses it" if dialect == "prometheus" else "does not know it"
