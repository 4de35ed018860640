"""A composite's parts exist where it does, do not contain it, and carry its group labels."""

from __future__ import annotations

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.catalog import Resolved
from promgen.model.slo import CompositeSli, Part, Slo

_SloKey = tuple[str, str, str]


def check_composites(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report parts that are not compiled or not grouped alike, and composites that contain themselves."""
    by_key = {(slo.environment, slo.service, slo.name): slo for slo in resolved.catalog.slos}
    for slo in resolved.catalog.slos:
        if isinstance(slo.sli, CompositeSli):
            span = resolved.span("slo", slo, "sli", "composite")
            for part in slo.sli.parts:
                found = by_key.get((slo.environment, part.service, part.slo))
                if (part.service, part.slo) in resolved.broken:
                    continue
                if found is None:
                    message = f"part `{part.service}/{part.slo}` is not compiled{_where(slo)}"
                    diagnostics.error(
                        problems.UNKNOWN_REFERENCE, message, span, allowed="an SLO that is not disabled"
                    )
                elif missing := [label for label in slo.group_by if label not in found.group_by]:
                    message = f"part `{part.service}/{part.slo}` is not grouped by {', '.join(missing)}"
                    diagnostics.error(
                        problems.GROUP_LABEL, message, span, allowed="labels that all parts are grouped by"
                    )
            if _contains(slo, slo, by_key, set()):
                diagnostics.error(problems.COMPOSITE_CYCLE, f"composite `{slo.key}` contains itself", span)


def _where(slo: Slo) -> str:
    return f" in {slo.environment}" if slo.environment else ""


def _contains(slo: Slo, wanted: Slo, by_key: dict[_SloKey, Slo], seen: set[str]) -> bool:
    parts: tuple[Part, ...] = slo.sli.parts if isinstance(slo.sli, CompositeSli) else ()
    for part in parts:
        found = by_key.get((slo.environment, part.service, part.slo))
        if found is wanted:
            return True
        if found is not None and found.key not in seen:
            seen.add(found.key)
            if _contains(found, wanted, by_key, seen):
                return True
    return False
