"""Every check objects to its bad example and accepts the good one."""

from __future__ import annotations

import re

import pytest

from promgen.lint.check import Check
from promgen.lint.checks import CHECKS
from tests.lint.examples import lint_text

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
OFFLINE = [check for check in CHECKS if check.needs != "inventory"]


def slug(check: Check) -> str:
    return check.problem.slug


@pytest.mark.parametrize("check", OFFLINE, ids=slug)
def test_the_bad_example_has_a_finding(check: Check) -> None:
    assert [found.problem.slug for found in lint_text(check.bad, check)][:1] == [slug(check)]


@pytest.mark.parametrize("check", OFFLINE, ids=slug)
def test_every_finding_has_a_place_in_the_example_and_a_subject(check: Check) -> None:
    for found in lint_text(check.bad, check):
        assert found.span is not None
        assert 1 <= found.span.line <= check.bad.count("\n") + 1
        assert found.subject


@pytest.mark.parametrize("check", OFFLINE, ids=slug)
def test_the_good_example_has_no_finding(check: Check) -> None:
    assert [found.message for found in lint_text(check.good, check)] == []


def test_slugs_are_in_order_and_each_there_once() -> None:
    slugs = [slug(check) for check in CHECKS]
    assert slugs == sorted(set(slugs))
    assert all(SLUG.fullmatch(one) for one in slugs)
