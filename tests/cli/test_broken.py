"""The project in `broken/` makes every kind of mistake; `expected.txt` is the one run that reports them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import as_json, promgen

BROKEN = Path(__file__).parent / "broken"
EXPECTED = BROKEN / "expected.txt"


@pytest.fixture(scope="module")
def printed() -> str:
    done = promgen(BROKEN, "build")
    assert (done.code, done.out) == (1, "")
    return done.err


def test_one_run_reports_every_mistake(printed: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden", default=False):
        EXPECTED.write_text(printed, encoding="utf-8", newline="\n")
    assert printed == EXPECTED.read_text(encoding="utf-8")


def test_every_file_makes_a_mistake_but_the_one_that_says_it_does_not(printed: str) -> None:
    silent = {path.name for path in (BROKEN / "slo-specs").iterdir() if f"/{path.name}:" not in printed}
    assert silent == {"library.yaml"}


def test_check_reports_the_same_as_build(printed: str) -> None:
    assert promgen(BROKEN, "check") == (1, "", printed)


def test_json_has_the_same_problems_at_the_same_places(printed: str) -> None:
    done = as_json(BROKEN, "build")
    assert (done.code, done.err) == (1, "")
    found = done.data["problems"]
    places = [
        f"  --> {one['place']['file']}:{one['place']['line']}:{one['place']['column']}" for one in found
    ]
    assert [line for line in printed.split("\n") if line in places][: len(places)]
    assert all(
        f"error[{one['problem']}]: {one['message']}\n{place}" in printed
        for one, place in zip(found, places, strict=True)
    )
    assert len(found) == printed.count("error[")


def test_nothing_is_written(printed: str) -> None:
    assert {path.name for path in BROKEN.iterdir()} - {".promgen"} == {
        "promgen.yaml",
        "slo-specs",
        "expected.txt",
    }
