"""Test cases that a user wrote beside an SLO or an alert: from the specification to the domain's objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from promgen.base import problems
from promgen.base.conventions import Severity
from promgen.base.durations import DAY, MINUTE, Duration
from promgen.compiler.resolve.scope import Scope
from promgen.compiler.source.nodes import Mapping, Path, find
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest
from promgen.model.proof import ABSENCE, Stretch, UserCase
from promgen.promql import ExpressionError, Vector, parse, tree

_Test = TypeVar("_Test", v1.SloTest, v1.AlertTest)
_Stretch = TypeVar("_Stretch", v1.SloStretch, v1.AlertStretch)
ToValue = Callable[[v1.AlertStretch, Path], Decimal | None]
"""The value of a stretch in the unit of the alert; None where that cannot be said, which is reported."""

_LONGEST = DAY * 7
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:inf|nan)"
_WORD = re.compile(r"\{\{.*?\}\}\S*|\S+")
"""A native histogram is in double braces, with spaces inside."""
_SAMPLE = re.compile(rf"stale|_(?:x\d+)?|(?:{_NUMBER})(?:(?:[+-](?:{_NUMBER}))?x\d+)?|\{{\{{.*\}}\}}\S*")


def slo_cases(spec: v1.SloSpec, node: Mapping, alerts: Sequence[str], scope: Scope) -> tuple[UserCase, ...]:
    """The cases of an SLO; `alerts` are the names of its tiers, and ABSENCE where it has that alert."""
    cases = _Cases(node, scope)
    return tuple(
        cases.case(
            place, test, cases.slo_stretches(place, test.when), cases.of_tiers(place, test.expect, alerts)
        )
        for place, test in cases.chosen(spec.tests)
    )


def alert_cases(
    spec: v1.AlertSpec,
    node: Mapping,
    severities: Iterable[Severity],
    value: ToValue,
    scope: Scope,
    *,
    has_absence: bool,
) -> tuple[UserCase, ...]:
    """The cases of an alert with these severities."""
    cases = _Cases(node, scope)
    known = [*(severity.value for severity in severities), *([ABSENCE] if has_absence else [])]
    return tuple(
        cases.case(
            place,
            test,
            cases.alert_stretches(place, test.when, value),
            cases.of_severities(place, test.expect, known),
        )
        for place, test in cases.chosen(spec.tests)
    )


_Expected = tuple[tuple[str, ...], tuple[str, ...] | None]
"""What fires, and what must not; None for everything else."""


@dataclass(frozen=True, slots=True)
class _Cases:
    """The tests of one SLO or alert; every path is below its node."""

    node: Mapping
    scope: Scope

    def chosen(self, tests: Sequence[_Test]) -> Iterator[tuple[int, _Test]]:
        """Those for this environment, with their places; names of environments that do not exist are reported."""
        names: set[str | None] = set()
        for place, test in enumerate(tests):
            if test.name is not None and test.name in names:
                message = f"two tests are called `{test.name}`"
                self.wrong(message, ("tests", place, "name"), "another name")
            names.add(test.name)
            self.check_environments(place, test.environments)
            if not test.environments or self.scope.environment_name in test.environments:
                yield place, test

    def check_environments(self, place: int, names: Iterable[str]) -> None:
        known = self.scope.known_environments
        for index, name in enumerate(names):
            if name not in known:
                path = ("tests", place, "environments", index)
                message = f"there is no environment `{name}`"
                self.scope.report(
                    problems.UNKNOWN_REFERENCE, message, self.node, path, allowed=nearest(name, known)
                )

    def case(self, place: int, test: _Test, stretches: tuple[Stretch, ...], expected: _Expected) -> UserCase:
        sampled = test.when if isinstance(test.when, v1.SampledSeries) else None
        if sampled is not None:
            self.check_series(place, sampled.series)
            end = self.whole_minutes(sampled.after, ("tests", place, "when", "after"))
        else:
            end = Duration(sum(stretch.length.ms for stretch in stretches))
        if end > _LONGEST:
            self.wrong(f"a test of {end}", ("tests", place, "when"), f"at most {_LONGEST}")
        return UserCase(
            place=place,
            name=test.name or f"test {place + 1} of the specification",
            stretches=stretches,
            series=dict(sampled.series) if sampled else {},
            end=end,
            fires=expected[0],
            silent=expected[1],
        )

    # --- what happens

    def slo_stretches(self, place: int, when: list[v1.SloStretch] | v1.SampledSeries) -> tuple[Stretch, ...]:
        return tuple(self.slo_stretch(stretch, path) for stretch, path in _stretches(place, when))

    def slo_stretch(self, stretch: v1.SloStretch, path: Path) -> Stretch:
        length = self.whole_minutes(stretch.for_, (*path, "for"))
        if stretch.missing:
            self.nothing_beside("missing", stretch.errors, (*path, "errors"))
            self.nothing_beside("missing", stretch.traffic, (*path, "traffic"))
            return Stretch(length=length)
        errors = stretch.errors or Decimal(0)
        if not 0 <= errors <= 1:
            self.wrong(f"an error ratio of {errors:%}", (*path, "errors"), "from 0% to 100%")
        return Stretch(length=length, level=errors, traffic=stretch.traffic)

    def alert_stretches(
        self, place: int, when: list[v1.AlertStretch] | v1.SampledSeries, value: ToValue
    ) -> tuple[Stretch, ...]:
        return tuple(self.alert_stretch(stretch, path, value) for stretch, path in _stretches(place, when))

    def alert_stretch(self, stretch: v1.AlertStretch, path: Path, value: ToValue) -> Stretch:
        length = self.whole_minutes(stretch.for_, (*path, "for"))
        if stretch.missing:
            self.nothing_beside("missing", stretch.value, (*path, "value"))
            return Stretch(length=length)
        if stretch.value is None:
            self.wrong("a stretch without a value", path, "`value`, or `missing: true`")
        return Stretch(length=length, level=value(stretch, (*path, "value")))

    def check_series(self, place: int, series: dict[str, str]) -> None:
        for name, values in series.items():
            path = ("tests", place, "when", "series", name)
            if not _is_series(name):
                message = f"`{name}` is not a series"
                allowed = 'a metric with labels, such as up{job="api"}'
                self.scope.diagnostics.error(
                    problems.BAD_VALUE, message, find(self.node, path)[1], allowed=allowed
                )
            words = _WORD.findall(values)
            wrong = [word for word in words if not _SAMPLE.fullmatch(word)]
            if wrong or not words:
                message = f"`{(wrong or [values])[0]}` is no sample"
                self.wrong(
                    message, path, "samples as in promtool's rule tests, such as 0+60x30, 1x5, _x3 or stale"
                )

    def whole_minutes(self, length: Duration, path: Path) -> Duration:
        if length.ms % MINUTE.ms:
            self.wrong(f"a length of {length}", path, "whole minutes")
        return length

    def nothing_beside(self, key: str, value: object, path: Path) -> None:
        if value is not None:
            self.wrong(f"a value beside `{key}`", path, "one of them")

    # --- what is expected

    def of_tiers(self, place: int, expect: v1.Outcome | v1.SloExpectation, known: Sequence[str]) -> _Expected:
        if isinstance(expect, str):
            return self.outcome(place, expect, known)
        path: Path = ("tests", place, "expect")
        for key, words in (("fires", expect.fires), ("silent", expect.silent)):
            for index, word in enumerate(words):
                if word not in known:
                    message = f"`{word}` is no alert of this SLO"
                    self.wrong(message, (*path, key, index), nearest(word, known))
        for index, word in enumerate(expect.silent):
            if word in expect.fires:
                self.wrong(f"`{word}` fires and is silent", (*path, "silent", index), "one of them")
        if not expect.fires and not expect.silent:
            self.wrong("an expectation that expects nothing", path, "`fires`, `silent`, or the word silent")
        return tuple(expect.fires), tuple(expect.silent)

    def of_severities(
        self, place: int, expect: v1.Outcome | v1.AlertExpectation, known: Sequence[str]
    ) -> _Expected:
        if isinstance(expect, str):
            return self.outcome(place, expect, known)
        path = ("tests", place, "expect", "severity")
        severity = self.scope.severity(expect.severity, self.node, path)
        if severity.value not in known and expect.severity in self.scope.severity_words:
            message = f"this alert never has the severity `{expect.severity}`"
            self.scope.report(problems.SEVERITY, message, self.node, path, allowed=nearest(severity, known))
        return (severity.value,), None

    def outcome(self, place: int, word: v1.Outcome, known: Sequence[str]) -> _Expected:
        if word == ABSENCE and ABSENCE not in known:
            self.wrong(
                "there is no alert for missing data", ("tests", place, "expect"), "`absence` beside `tests`"
            )
        return ((word,) if word == ABSENCE else ()), None

    def wrong(self, message: str, path: Path, allowed: str) -> None:
        self.scope.report(problems.BAD_VALUE, message, self.node, path, allowed=allowed)


def _stretches(place: int, when: list[_Stretch] | v1.SampledSeries) -> Iterator[tuple[_Stretch, Path]]:
    for index, stretch in enumerate(when if isinstance(when, list) else []):
        yield stretch, ("tests", place, "when", index)


def _is_series(text: str) -> bool:
    try:
        found = tree(parse(text))
    except ExpressionError:
        return False
    return (
        isinstance(found, Vector)
        and found == Vector(found.metric, found.matchers)
        and all(matcher.op == "=" for matcher in found.matchers)
    )
