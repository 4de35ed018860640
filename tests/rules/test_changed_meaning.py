"""What becomes of recorded events when an indicator measures something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.base import conventions as names
from tests.compiler.projects import compile_files, problems_of
from tests.real import Install
from tests.rules.past import DAY, START, Past
from tests.rules.specs import RATIO, assert_period, shop, slo

CHANGED = START + 5 * DAY
END = CHANGED + DAY
WITHOUT_429 = RATIO.replace("requests_total}", 'requests_total, selector: {code: {isNot: "429"}}}')


def scrape(past: Past) -> None:
    """A service that fails a lot until the change, and hardly afterwards."""
    past.scrape(lambda _: 90, lambda at: 10 if at <= CHANGED else 1, range(START - 600, END + 1, 60))


@pytest.mark.parametrize("history", ["keep", "reset"])
def test_a_changed_sli(install: Install, tmp_path: Path, history: str) -> None:
    """`keep` counts on; `reset` begins again under a new identity, from the first evaluation on."""
    past = Past(install, tmp_path, shop(slo()), offset=20)
    scrape(past)
    past.record(START, CHANGED, [CHANGED])
    before = past.budget(CHANGED)
    past.compile(shop(slo(sli=WITHOUT_429, more=f"history: {history}")))
    asked = [CHANGED + 20, CHANGED + 600, END]
    past.record(CHANGED, END, asked)
    (revision,) = {rule.labels.get(names.REVISION_LABEL, "") for rule in past.rules}
    assert bool(revision) == (history == "reset")
    print(f"\n{install.name} {history}: {before.ratio:.4f} before, {past.budget(END).ratio:.4f} a day later")
    since = START if history == "keep" else CHANGED
    assert_period(past, END, past.counted(since, past.evaluation(END)), within=0.02 if revision else 0.005)
    for at in asked:
        said = past.budget(at)
        assert said.ratio is not None
        assert (said.total or 0) <= past.counted(since, at).total + 100 * 3


def test_a_changed_sli_without_an_answer(install: Install, tmp_path: Path) -> None:
    """The build asks what becomes of the events; nothing is compiled."""
    past = Past(install, tmp_path, shop(slo()))
    compilation = compile_files(tmp_path / "project", shop(slo(sli=WITHOUT_429)), previous=past.lock)
    assert compilation.output is None
    assert any("measures something else" in problem for problem in problems_of(compilation))
    past.compile(
        shop(slo(sli=RATIO.replace("metric: requests_total", 'metric:   "requests_total"')))
    )  # the same meaning
