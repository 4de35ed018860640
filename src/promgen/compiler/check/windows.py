"""Windows of tiers are long enough for what is scraped, and in the right order."""

from __future__ import annotations

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import MINUTE
from promgen.compiler.check.scraping import slowest_scrape
from promgen.compiler.resolve.catalog import Resolved
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.slo import CompositeSli, ProbeSli, Slo, Tier, is_counted

_SCRAPES = 4


def check_windows(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report windows that are too short, too long or in the wrong order."""
    for slo in resolved.catalog.slos:
        scrape = slowest_scrape(slo, resolved.catalog)
        least = scrape * _SCRAPES
        span = resolved.span("slo", slo, "alerting", "policy")
        if least > PAIR_WINDOW and not isinstance(slo.sli, ProbeSli | CompositeSli):
            message = f"the base window of {PAIR_WINDOW} is shorter than {_SCRAPES} scrapes of {scrape}"
            diagnostics.error(
                problems.WINDOW_SCRAPES, message, span, allowed="a scrape interval of at most 75s"
            )
        for tier in slo.tiers:
            if wrong := _wrong_with(tier, slo):
                diagnostics.error(problems.WINDOW_RANGE, f"tier `{tier.name}` of `{slo.key}`: {wrong}", span)
            if tier.short < least:
                what = f"tier `{tier.name}` of `{slo.key}`"
                message = f"{what}: its short window of {tier.short} is shorter than {_SCRAPES} scrapes"
                allowed = f"at least {least} at a scrape interval of {scrape}"
                diagnostics.error(problems.WINDOW_SCRAPES, message, span, allowed=allowed)


def _wrong_with(tier: Tier, slo: Slo) -> str:
    if tier.short >= tier.long:
        return f"its short window ({tier.short}) is not shorter than its long one ({tier.long})"
    if tier.long > slo.period.length:
        return f"its long window ({tier.long}) is longer than the period ({slo.period})"
    if tier.short < PAIR_WINDOW and not is_counted(slo.sli):
        return f"its short window ({tier.short}) is below {PAIR_WINDOW}, the shortest for an indicator that measures time"
    if tier.long.ms % MINUTE.ms or (tier.short.ms % MINUTE.ms and tier.short > PAIR_WINDOW):
        return "windows beyond 5m are whole minutes"
    return ""
