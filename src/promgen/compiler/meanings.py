"""What each SLO measures, from one build to the next: a change of meaning asks what becomes of the recorded events."""

from __future__ import annotations

from collections.abc import Mapping

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.resolve.slos import meaning
from promgen.model.catalog import Catalog
from promgen.model.slo import Slo

Meanings = Mapping[str, Mapping[str, str]]
_SHOWN = 16


def meanings_of(catalog: Catalog) -> dict[str, dict[str, str]]:
    """The digest of what each SLO measures, and its revision, by environment, service and name."""
    return {
        _identity(slo): {"sli": meaning(slo.sli)[:_SHOWN], "revision": slo.revision} for slo in catalog.slos
    }


def check_meanings(resolved: Resolved, previous: Meanings, diagnostics: Diagnostics) -> None:
    """Report each SLO whose meaning changed without `history`, or whose earlier reset was taken back."""
    current = meanings_of(resolved.catalog)
    for slo in resolved.catalog.slos:
        before, now = previous.get(_identity(slo)), current[_identity(slo)]
        if before is None or before == now or slo.history is not None:
            continue
        span = resolved.span("slo", slo, "sli")
        if before["sli"] != now["sli"]:
            message = f"the SLI of `{slo.key}` measures something else than in the last build"
        else:
            message = f"`history: reset` of `{slo.key}` was taken back, so its older events would count again"
        diagnostics.error(problems.HISTORY, message, span, allowed="`history: keep` or `history: reset`")


def _identity(slo: Slo) -> str:
    return "/".join(filter(None, (slo.environment, slo.service, slo.name)))
