"""What SLOs and alerts have in common: layers of values, labels, help texts and absence alerts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from promgen.base import problems
from promgen.base.conventions import RESERVED_LABELS, Severity
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import MINUTE
from promgen.compiler.resolve.index import Index, Item
from promgen.compiler.resolve.scope import Scope
from promgen.compiler.resolve.templates import expand
from promgen.compiler.source.nodes import Mapping
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest
from promgen.model.catalog import Target
from promgen.model.slo import Absence, Help
from promgen.promql import LabelMatcher

_ABSENCE_AFTER = MINUTE * 10
_ABSENCE_SEVERITY = Severity.HIGH


def layered(
    item: Item, part: str, system: str, service_class: str | None, index: Index, diagnostics: Diagnostics
) -> Mapping | None:
    """An SLO or alert (`part`) over its template, over the defaults of its class, its system and the project.

    None when its template cannot be expanded, which is reported.
    """
    node = expand(item.node, part, index, diagnostics)
    if node is None:
        return None
    for defaults in _defaults_for(index, system, service_class):
        layer = defaults.get(part)
        if isinstance(layer, Mapping):
            node = _over(node, layer)
    return node


def service_layered(spec: Mapping, system: str, index: Index) -> Mapping:
    """A service's own fields over the defaults of its class, its system and the project."""
    node = spec.without("slos", "alerts")
    for defaults in _defaults_for(index, system, spec.text("class")):
        layer = defaults.get("service")
        if isinstance(layer, Mapping):
            node = node.over(layer)
    return node


def _defaults_for(index: Index, system: str, service_class: str | None) -> Iterable[Mapping]:
    """The Defaults that apply, the most specific first."""
    applying = [
        entry
        for entry in index.defaults
        if entry.envelope.system in {"", system} and entry.spec.service_class in {None, service_class}
    ]
    applying.sort(
        key=lambda entry: (entry.spec.service_class is None, entry.envelope.system == "", entry.name)
    )
    return [entry.envelope.spec for entry in applying]


def _over(node: Mapping, base: Mapping) -> Mapping:
    """`node` over `base`; an indicator of another kind replaces the one below instead of mixing with it."""
    own, below = node.get("sli"), base.get("sli")
    if isinstance(own, Mapping) and isinstance(below, Mapping) and own.entries.keys() != below.entries.keys():
        base = base.without("sli")
    return node.over(base)


def labels_of(spec: v1.SharedFields, node: Mapping, scope: Scope) -> dict[str, str]:
    """User labels: the environment's, the service's and the object's own; one that promgen sets itself is reported."""
    for label in spec.labels.keys() & reserved_labels(scope.target):
        scope.report(
            problems.BAD_VALUE,
            f"label `{label}` is set by promgen",
            node,
            ("labels", label),
            allowed="another name",
        )
    for label in spec.labels:
        scope.check_label(label, node, ("labels", label))
    return _labels(spec, scope)


def set_labels(spec: v1.SharedFields, scope: Scope) -> frozenset[str]:
    """Labels that every alert is given, whatever its expression says."""
    return reserved_labels(scope.target).union(
        label for label, value in _labels(spec, scope).items() if value
    )


def reserved_labels(target: Target) -> frozenset[str]:
    """Labels that promgen sets itself, for a site."""
    return RESERVED_LABELS | {target.severity_label}


def _labels(spec: v1.SharedFields, scope: Scope) -> dict[str, str]:
    environment = scope.environment.spec.labels if scope.environment else {}
    return {**environment, **scope.service.labels, **spec.labels}


def help_of(spec: v1.SharedFields, node: Mapping, scope: Scope) -> Help:
    """What the paged person is told; a runbook given by name becomes the URL of its file where the project has one."""
    runbook = spec.runbook or ""
    is_file = bool(runbook) and "://" not in runbook
    if is_file and runbook not in scope.files.runbooks:
        allowed = f"{nearest(runbook, scope.files.runbooks)}; a file in runbooks/ without .md, or a URL"
        scope.report(
            problems.UNKNOWN_REFERENCE,
            f"there is no runbook `{runbook}`",
            node,
            ("runbook",),
            allowed=allowed,
        )
    if is_file and scope.target.runbook_url:
        runbook = f"{scope.target.runbook_url.rstrip('/')}/{runbook}.md"
    dashboard = spec.dashboard or scope.service.links.get("dashboard", "")
    return Help(
        description=spec.description or "",
        annotations=dict(spec.annotations),
        runbook=runbook,
        dashboard=dashboard,
    )


def absence_of(
    spec: v1.AbsenceSpec | None,
    node: Mapping,
    scope: Scope,
    path: tuple[str, ...],
    matchers: Iterable[LabelMatcher] = (),
) -> Absence | None:
    """The absence alert as meant; None where it is disabled."""
    spec = spec or v1.AbsenceSpec()
    if spec.disabled:
        return None
    severity = scope.lowered(_ABSENCE_SEVERITY)
    if spec.severity is not None:
        severity = scope.severity(spec.severity, node, (*path, "severity"))
    expr = ""
    if (
        spec.expr is not None
        and (expression := scope.expression(spec.expr, node, (*path, "expr"), matchers)) is not None
    ):
        expr = expression.canonical
    return Absence(after=spec.after or _ABSENCE_AFTER, severity=severity, expr=expr)


def output_path(file: str, inputs: Iterable[str], environment: str) -> str:
    """Where the rules of a specification file go, below the folder of the rules and without a suffix.

    >>> output_path("slo-specs/shop/cart.yaml", ["slo-specs"], "production")
    'production/shop/cart'
    """
    path = PurePosixPath(file)
    below = next((path.relative_to(folder) for folder in inputs if path.is_relative_to(folder)), path)
    return str(PurePosixPath(environment) / below.with_suffix(""))
