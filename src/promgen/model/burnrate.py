"""The mathematics of a burn-rate tier: what it means in errors, minutes and events.

With burn rate B, objective O, long window L and error ratio e, the threshold is B * (1 - O), and after a clean start it
is crossed when L * B * (1 - O) / e has passed (SRE workbook, chapter 5). What sampling adds was measured on Prometheus
2.42 and 3.5: a window of measured series adds one scrape and one evaluation at most; the base pair smears an event over
5 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from promgen.base.decimals import divide
from promgen.base.durations import HOUR, MINUTE, Duration
from promgen.model.slo import Slo, Tier

PAIR_WINDOW = MINUTE * 5
"""The window of the base pair; an indicator that measures time instead of events has no shorter one."""
RAW_WINDOW_LIMIT = HOUR
"""Up to here windows are taken from the measured series, so that detection stays exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFacts:
    """What a tier means for one objective."""

    threshold: Decimal
    """Error ratio."""
    detection: tuple[Duration, Duration]
    """From the first bad event of a total outage to firing: at the earliest and at the latest, without `for`."""
    one_failure_below: Decimal
    """Events per hour under which a single failure crosses the threshold, if nothing guards against it."""
    budget_share: Decimal
    """Share of the budget spent within the long window."""


def tier_facts(slo: Slo, tier: Tier, *, counted: bool, scrape: Duration, evaluation: Duration) -> TierFacts:
    """The numbers of one tier; `counted` says whether windows up to an hour come from measured series."""
    threshold = tier.threshold(slo.objective)
    return TierFacts(
        threshold=threshold,
        detection=_detection(
            threshold, tier.long, counted and tier.long <= RAW_WINDOW_LIMIT, scrape, evaluation
        ),
        one_failure_below=divide(Decimal(HOUR.ms), threshold * tier.long.ms),
        budget_share=tier.budget_share(slo.period.length),
    )


def _detection(
    threshold: Decimal, long: Duration, is_measured: bool, scrape: Duration, evaluation: Duration
) -> tuple[Duration, Duration]:
    crossing = Duration(int(threshold * long.ms))
    if is_measured:
        return crossing, crossing + scrape + evaluation
    if crossing >= PAIR_WINDOW:
        smeared = Duration(crossing.ms + (PAIR_WINDOW.ms - evaluation.ms) // 2)
        return smeared, smeared + scrape + evaluation
    steps = 1
    while steps * (steps + 1) // 2 * evaluation.ms * evaluation.ms < crossing.ms * PAIR_WINDOW.ms:
        steps += 1
    return evaluation * (steps - 1), evaluation * steps + scrape + evaluation
