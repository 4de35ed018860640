"""Names of recorded series that nothing records: a misspelling, or a rule that was taken away."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import needed_vectors, recorders

_ALIKE = 0.9
_COMPARED = 100
"""So many names are compared of those that have all words but one in common."""
_WORDS = re.compile("[:_]")
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
    recorded = context.once(_Recorded)
    known = {*recorders(context), *(context.inventory.metrics if context.inventory is not None else ())}
    for _, _, rule in context.rules():
        for name in dict.fromkeys(vector.metric for vector in needed_vectors(rule)):
            if name is not None and ":" in name and name not in known and (like := recorded.like(name)):
                yield Finding(
                    message=f"no rule records `{name}`",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`{like}`, which is recorded",
                )


class _Recorded:
    """The recorded names, found by what is almost alike; to compare each with each would take minutes for thousands."""

    def __init__(self, context: Context) -> None:
        self.by_stem: dict[str, str] = {}
        self.by_words: dict[tuple[str, ...], list[str]] = {}
        for name in recorders(context):
            self.by_stem.setdefault(_stem(name), name)
            for words in _nearly(name):
                self.by_words.setdefault(words, []).append(name)

    def like(self, name: str) -> str:
        """A recorded series that differs in the window only, or in one word; empty without one."""
        if _stem(name) in self.by_stem:
            return self.by_stem[_stem(name)]
        near = (one for words in _nearly(name) for one in self.by_words.get(words, ())[:_COMPARED])
        alike = difflib.get_close_matches(name, dict.fromkeys(near), n=1, cutoff=_ALIKE)
        return alike[0] if alike else ""


def _stem(name: str) -> str:
    return _WINDOW.sub("", name)


def _nearly(name: str) -> Iterator[tuple[str, ...]]:
    """The words of a name: all, and without each of them."""
    words = tuple(_WORDS.split(name))
    yield words
    for at in range(len(words)):
        yield words[:at] + words[at + 1 :]


CHECK = Check(
    problem=Problem(
        "rule/dangling", "The rule reads nothing, so its alert never fires and nobody is told.", SUPPRESS
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
