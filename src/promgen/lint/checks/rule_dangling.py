"""Names of recorded series that nothing records: a misspelling, or a rule that was taken away."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import needed_vectors, recorders

_ALIKE = 0.9
_WINDOW = re.compile(r"\d+(ms|[smhdwy])$")

BAD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: NoTraffic
        expr: job:requests:rate1m == 0
"""
GOOD = BAD.replace("rate1m", "rate5m")


def find(context: Context) -> Iterator[Finding]:
    """Reads of names with a colon that only look like a recorded one; other files may record those that do not."""
    recorded = recorders(context)
    known = {*recorded, *(context.inventory.metrics if context.inventory is not None else ())}
    for _, _, rule in context.rules():
        for name in dict.fromkeys(vector.metric for vector in needed_vectors(rule)):
            if name is not None and ":" in name and name not in known and (like := _like(name, recorded)):
                yield Finding(
                    message=f"no rule records `{name}`",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`{like}`, which is recorded",
                )


def _like(name: str, recorded: Collection[str]) -> str:
    """A recorded series that differs in the window only, or is spelled almost alike."""
    siblings = [one for one in recorded if _WINDOW.sub("", one) == _WINDOW.sub("", name)]
    alike = difflib.get_close_matches(name, siblings or recorded, n=1, cutoff=_ALIKE)
    return siblings[0] if siblings else alike[0] if alike else ""


CHECK = Check(
    problem=Problem(
        "rule/dangling", "The rule reads nothing, so its alert never fires and nobody is told.", SUPPRESS
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
