"""Specifications in few words, and the judgement that every scenario ends with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tests.compiler.projects import service
from tests.rules.past import Events, Past

RATIO = '{ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}'
TOLERANCE = 0.005
"""Relative to what was counted; a period is at least a thousand times the pair's 5 minutes, which smear its edges."""


def slo(
    window: str = "7d",
    more: str = "",
    *,
    sli: str = RATIO,
    objective: str = "99%",
    name: str = "availability",
) -> str:
    """One SLO as an item of a service's list; `more` is further lines of YAML."""
    lines = [
        f"name: {name}",
        f"objective: {objective}",
        f"window: {window}",
        f"sli: {sli}",
        *more.splitlines(),
    ]
    return "- " + "\n  ".join(line for line in lines if line)


def of_job(job: str) -> str:
    """The same share of the requests of one job."""
    return RATIO.replace("requests_total}", f"requests_total, selector: {{job: {job}}}}}")


def shop(*slos: str, more: dict[str, str] | None = None) -> dict[str, str]:
    """The files of a project whose only service is `shop`."""
    items = "\n".join("  " + line for one in slos for line in one.splitlines())
    return {"shop.yaml": service(f"slos:\n{items}\n", name="shop"), **(more or {})}


def exclusion(name: str, since: int, until: int, *, slos: str = "shop", more: str = "") -> dict[str, str]:
    """The file of an exclusion."""
    return {
        f"{name}.yaml": f"""\
apiVersion: promgen/v1
kind: Exclusion
metadata: {{name: {name}}}
spec:
  from: {_moment(since)}
  to: {_moment(until)}
  reason: An outage that was announced
  owner: people
  slos: [{slos}]
  {more}
"""
    }


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def assert_period(
    past: Past, at: float, truth: Events, *, within: float = TOLERANCE, allowed: float = 0.01, **labels: str
) -> None:
    """Everything that is said about the period agrees with what was counted, and nothing is missing or NaN."""
    said = past.budget(at, **labels)
    where = f"at {at} {labels or ''}: {said}, counted {truth}"
    values = (said.ratio, said.bad, said.total, said.remaining, said.allowed, said.coverage, said.exhaustion)
    assert not any(value is None or not math.isfinite(value) for value in values), where
    assert said.total == pytest.approx(truth.total, rel=within), where
    assert said.bad == pytest.approx(truth.bad, rel=within), where
    assert said.ratio == pytest.approx(truth.ratio, rel=within), where
    assert said.remaining == pytest.approx(
        1 - truth.ratio / allowed, abs=within * truth.ratio / allowed + 1e-9
    ), where
    assert said.allowed == pytest.approx(allowed * truth.total, rel=within), where


def worst_errors(past: Past, truths: Iterable[tuple[float, Events]], **labels: str) -> str:
    """The largest relative errors of ratio and events, for the report of a run."""
    ratio = total = 0.0
    for at, truth in truths:
        said = past.budget(at, **labels)
        if truth.total:
            total = max(total, abs((said.total or 0) / truth.total - 1))
        if truth.bad:
            ratio = max(ratio, abs((said.ratio or 0) / truth.ratio - 1))
    return f"largest relative error: ratio {ratio:.4%}, events {total:.4%}"
