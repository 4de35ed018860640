"""What an inventory says about a selector: the values it meets, roughly how many series, how often they are scraped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from promgen.base.durations import HOUR, Duration
from promgen.lint.matching import accepts, is_followed, literals
from promgen.lint.rules import Rule
from promgen.lint.series import needed_vectors
from promgen.model.inventory import Inventory, Metric
from promgen.model.selection import selected
from promgen.model.slo import ProbeSli, Sli
from promgen.promql import LabelMatcher, Vector, parse, tree


def met_values(metric: Metric, matcher: LabelMatcher) -> tuple[str, ...] | None:
    """The recorded values that a matcher accepts; None where not all values or not the expression can be known."""
    values = metric.labels.get(matcher.name, ("",))
    if values is None:
        return None
    answers = {value: accepts(matcher, value) for value in values}
    return None if None in answers.values() else tuple(value for value, is_met in answers.items() if is_met)


def series_count(metric: Metric, matchers: Sequence[LabelMatcher]) -> int:
    """An estimate of the series selected; a regular expression that cannot be followed is taken to match everything."""
    return selected(metric, filter(is_followed, matchers)).count


def scrape_interval(
    inventory: Inventory, metric: Metric, matchers: Sequence[LabelMatcher]
) -> Duration | None:
    """The shortest interval of the jobs that a selector may meet; None where one of them is not known."""
    jobs = next((literals(one) for one in matchers if one.name == "job" and literals(one) is not None), None)
    wanted = jobs if jobs is not None else metric.labels.get("job")
    if not wanted or any(job not in inventory.scrape_intervals for job in wanted):
        return None
    return min(inventory.scrape_intervals[job] for job in wanted)


def known_metric(inventory: Inventory, vector: Vector) -> Metric | None:
    """The metric that a selector names, where the inventory has it."""
    return inventory.metrics.get(vector.metric or "")


def known_matchers(inventory: Inventory, rule: Rule) -> Iterator[tuple[Metric, LabelMatcher]]:
    """The matchers that a rule cannot do without, with the metrics they choose among, where the inventory has them."""
    for vector in dict.fromkeys(needed_vectors(rule)):
        if (metric := known_metric(inventory, vector)) is not None:
            for matcher in vector.matchers:
                yield metric, matcher


def alike(name: str, names: Iterable[str]) -> str:
    """The `allowed` part of a message: the name spelled most alike, if any is."""
    first = name.partition("_")[0]
    candidates = [one for one in names if one.startswith(first[:3])]  # thousands of names are slow to compare
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.8)
    return f"did you mean `{found[0]}`?" if found else ""


def scrapes_per_hour(sli: Sli, inventory: Inventory) -> float | None:
    """How many scrapes of a probe an hour has, over all its series; None for other indicators, and where not known."""
    vector = tree(parse(sli.expr)) if isinstance(sli, ProbeSli) else None
    metric = known_metric(inventory, vector) if isinstance(vector, Vector) else None
    if metric is None or not isinstance(vector, Vector):
        return None
    interval = scrape_interval(inventory, metric, vector.matchers)
    series = series_count(metric, vector.matchers)
    return None if interval is None or not series else series * HOUR.ms / interval.ms
