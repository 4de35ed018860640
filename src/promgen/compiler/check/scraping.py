"""What rules select is scraped, where the project says what is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promgen.base import problems
from promgen.base.conventions import is_recorded
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.durations import Duration
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.source import nodes
from promgen.compiler.spec.read import nearest
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog
from promgen.model.scraping import Scraped, ScrapeJob, target_labels
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    ProbeSli,
    RawSli,
    Sli,
    Slo,
    TimeSliceSli,
)
from promgen.promql import LabelMatcher, Selector, matches, parse, selectors

_ABOUT_SCRAPES = ("up", "scrape_")
"""Beginnings of the names of series that Prometheus itself adds to each scrape."""


def check_scraping(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Warn of selectors of a job that no target has, in systems whose scraping the project describes."""
    catalog = resolved.catalog
    scraped = catalog.scraped
    described = {one.system for one in scraped}
    by_environment = _labels_of_environments(resolved)
    for thing in catalog.things:
        if described & {"", thing.system}:
            for selector in _measured(thing):
                if fault := _fault(selector, scraped, by_environment):
                    _warn(f"`{thing.key}` {fault[0]}", fault[1], thing, resolved, diagnostics)


def slowest_scrape(slo: Slo, catalog: Catalog) -> Duration:
    """The longest interval at which anything that an SLO selects by its job is scraped; at least the target's own."""
    scraped = catalog.scraped
    found = (
        one.interval
        for selector in (_measured(slo) if scraped else ())
        if (of_job := _matchers_of_job(selector))
        for one in scraped
        if any(_holds(of_job, labels) for labels in target_labels(one))
    )
    return max((catalog.target.scrape_interval, *found))


def _warn(
    message: str, allowed: str, thing: Slo | Alert, resolved: Resolved, diagnostics: Diagnostics
) -> None:
    kind, path = ("slo", "sli") if isinstance(thing, Slo) else ("alert", "expr")
    diagnostics.add(
        Diagnostic(
            problem=problems.NOT_SCRAPED,
            message=message,
            span=resolved.span(kind, thing, path),
            allowed=allowed,
            level=Level.WARNING,
            subject=thing.key,
        )
    )


def _labels_of_environments(resolved: Resolved) -> set[str]:
    """Labels that some environment selects by; a target that is not shared has them."""
    selections = (
        document.spec.get("selector") for document in resolved.documents if document.kind == "Environment"
    )
    return {label for one in selections if isinstance(one, nodes.Mapping) for label in one.entries}


def _fault(selector: Selector, scraped: tuple[Scraped, ...], around: set[str]) -> tuple[str, str] | None:
    """What is wrong with a selector of a job, and what is allowed."""
    of_job = _matchers_of_job(selector)
    if not of_job:
        return None
    chosen = [one for one in scraped if any(_holds(of_job, labels) for labels in target_labels(one))]
    spoken = ",".join(map(str, of_job))
    if not chosen:
        known = {labels["job"] for one in scraped for labels in target_labels(one)}
        return f"selects `{spoken}`, and no ScrapeJob or Probe has such a job", nearest(
            of_job[0].value, known
        )
    fitting = [one for one in chosen if _has_targets(one, selector.matchers, around)]
    if not fitting:
        return f"selects `{_spoken(selector, around)}`, and no target of that job has these labels", _offered(
            chosen
        )
    metric = selector.metric
    if metric and all(isinstance(one, ScrapeJob) and _drops(one, metric) for one in fitting):
        names = ", ".join(f"`{one.name}`" for one in fitting)
        return f"selects `{metric}`, which {names} does not store", "a metric that is stored"
    return None


def _has_targets(one: Scraped, matchers: Iterable[LabelMatcher], around: set[str]) -> bool:
    """Whether targets can have what is asked of their labels; other labels may come with what is scraped."""
    if isinstance(one, ScrapeJob) and one.honours_labels:
        return True
    expected = set() if _is_open(one) else around
    for labels in target_labels(one):
        known = labels.keys() | expected
        if _holds([matcher for matcher in matchers if matcher.name in known], labels):
            return True
    return False


def _is_open(one: Scraped) -> bool:
    """Whether the labels of environments may come with what is scraped, or with a namespace that is not known."""
    discovery = one.discovery if isinstance(one, ScrapeJob) else None
    return one.is_shared or (discovery is not None and not discovery.namespaces)


def _spoken(selector: Selector, around: set[str]) -> str:
    return ",".join(str(one) for one in selector.matchers if one.name == "job" or one.name in around)


def _offered(chosen: Iterable[Scraped]) -> str:
    """The sets of labels that there are."""
    sets = (labels for one in chosen for labels in target_labels(one))
    texts = (", ".join(f"{name}={value}" for name, value in sorted(labels.items())) for labels in sets)
    return "; ".join(dict.fromkeys(texts))


def _drops(job: ScrapeJob, metric: str) -> bool:
    if metric.startswith(_ABOUT_SCRAPES):
        return False
    kept = job.kept
    return bool(kept.metrics and not _is_any(kept.metrics, metric)) or _is_any(kept.dropped_metrics, metric)


def _is_any(patterns: Iterable[str], metric: str) -> bool:
    return any(_holds([LabelMatcher("name", "=~", one)], {"name": metric}) for one in patterns)


def _matchers_of_job(selector: Selector) -> list[LabelMatcher]:
    return [matcher for matcher in selector.matchers if matcher.name == "job"]


def _holds(matchers: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether matchers choose labels; a regular expression that only Prometheus reads is taken to match."""
    try:
        return matches(matchers, labels)
    except ValueError:
        return True


def _measured(thing: Slo | Alert) -> Iterator[Selector]:
    """The selectors of what is scraped."""
    for text in _expressions(thing.sli) if isinstance(thing, Slo) else (thing.expr,):
        for selector in selectors(parse(text)):
            if not is_recorded(selector.metric or ""):
                yield selector


def _expressions(sli: Sli) -> tuple[str, ...]:
    match sli:
        case EventSli(total=total, bad=bad, good=good):
            return (total, bad or good or total)
        case NativeLatencySli(rate=rate):
            return (rate,)
        case GaugeSli(expr=expr) | ProbeSli(expr=expr) | RawSli(expr=expr):
            return (expr,)
        case TimeSliceSli(events=events):
            return _expressions(events)
        case CompositeSli():
            return ()
