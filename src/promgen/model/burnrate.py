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
from promgen.model.slo import CompositeSli, Sli, Slo, Tier, TimeSliceSli, is_counted

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


def tier_facts(slo: Slo, tier: Tier, *, scrape: Duration, evaluation: Duration) -> TierFacts:
    """The numbers of one tier at an interval of scrapes and one of evaluations."""
    threshold = tier.threshold(slo.objective)
    crossing = Duration(int(threshold * tier.long.ms))
    late = scrape + evaluation
    if is_counted(slo.sli) and tier.long <= RAW_WINDOW_LIMIT:
        detection = crossing, crossing + late
    elif (onset := _onset(slo.sli)) is not None:
        steps = crossing.ms // evaluation.ms
        detection = evaluation * steps + onset, evaluation * (steps + 1) + onset + late
    else:
        detection = _from_pair(crossing, late, evaluation)
    return TierFacts(
        threshold=threshold,
        detection=detection,
        one_failure_below=divide(Decimal(HOUR.ms), threshold * tier.long.ms),
        budget_share=tier.budget_share(slo.period.length),
    )


def _onset(sli: Sli) -> Duration | None:
    """Where a minute is either good or bad: how long an outage lasts before it makes one bad. None for other indicators."""
    if isinstance(sli, TimeSliceSli) and sli.length >= PAIR_WINDOW:
        return Duration(int(sli.max_error_ratio * sli.length.ms))
    if isinstance(sli, CompositeSli) and sli.combine == "any_bad":
        return Duration(int(min(part.value for part in sli.parts) * PAIR_WINDOW.ms))
    return None


def _from_pair(crossing: Duration, late: Duration, evaluation: Duration) -> tuple[Duration, Duration]:
    """A window over the pair, each of whose samples is a mean of five minutes: the outage comes in gradually."""
    if crossing >= PAIR_WINDOW:
        smeared = Duration(crossing.ms + (PAIR_WINDOW.ms - evaluation.ms) // 2)
        return smeared, smeared + late
    steps = 1
    while steps * (steps + 1) // 2 * evaluation.ms * evaluation.ms < crossing.ms * PAIR_WINDOW.ms:
        steps += 1
    return evaluation * (steps - 1), evaluation * steps + late
