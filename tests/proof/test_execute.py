"""Cases on the real promtool: what passes, what fails and why, and that nothing counts that promtool did not run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promgen.base.durations import HOUR, MINUTE
from promgen.base.errors import OutsideError
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples
from promgen.compiler.ir.rules import Group, Rule
from promgen.proof.execute import Result, Task, execute
from promgen.proof.promtool import Promtool, find_promtool
from tests.real import Install

ORDERS = (Samples('orders{shop="a"}', "0+1x60"),)
FIVE = Question(MINUTE * 5, "orders:sum", (Answer("orders:sum", "5"),))
SIX = Question(MINUTE * 5, "orders:sum", (Answer("orders:sum", "6"),))


def group(expr: str = "sum(orders)", name: str = "orders") -> Group:
    """One rule that records `orders:sum`."""
    return Group(name, MINUTE, (Rule("orders:sum", expr, {}, "test"),), "shop/orders")


def task(
    name: str, *questions: Question, on: Group | None = None, samples: Sequence[Samples] = ORDERS
) -> Task:
    """A case on a group."""
    loaded = on or group()
    case = Case(name, "shop/orders", (loaded.name,), tuple(samples), questions)
    return Task(case, (loaded,))


def run(install: Install, tasks: Sequence[Task], jobs: int = 1) -> dict[str, Result]:
    """The results by the names of the cases."""
    found = execute(tasks, find_promtool(str(install.promtool)), jobs)
    return {result.task.case.name: result for result in found}


def script(folder: Path, text: str) -> Promtool:
    """A program that says that it is promtool."""
    path = folder / "promtool"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return Promtool(path, "3.5.3", (3, 5))


def test_a_case_passes_or_fails_with_what_was_asked_expected_and_got(install: Install) -> None:
    found = run(install, [task("right", FIVE), task("wrong", FIVE, SIX), task("right again", FIVE)])
    assert found["right"].failures == found["right again"].failures == ()
    (failure,) = found["wrong"].failures
    assert (failure.asked, str(failure.at)) == ("orders:sum", "5m")
    assert (failure.expected, failure.got) == (
        '{__name__="orders:sum"} 6E+00',
        '{__name__="orders:sum"} 5E+00',
    )


def test_an_answer_where_none_is_expected_is_a_failure(install: Install) -> None:
    found = run(install, [task("silent", Question(MINUTE, "orders:sum"))])
    assert found["silent"].failures[0].expected == "nothing"


def test_rules_that_do_not_load_fail_their_own_cases_and_no_others(install: Install) -> None:
    broken = group("sum(orders", name="broken")
    found = run(
        install, [task("first", FIVE, on=broken), task("second", FIVE, on=broken), task("right", FIVE)]
    )
    assert "could not parse expression" in found["first"].failures[0].error
    assert "could not parse expression" in found["second"].failures[0].error
    assert found["right"].failures == ()


def test_rules_that_fail_when_evaluated_fail_the_case_that_makes_them(install: Install) -> None:
    """promtool does not say which case it was."""
    joined = group("orders * on (shop) orders")
    twice = [Samples('orders{shop="a",till="1"}', "1"), Samples('orders{shop="a",till="2"}', "1")]
    none = Question(MINUTE, "orders:sum > 1000")
    found = run(install, [task("one", none, on=joined), task("two", none, on=joined, samples=twice)])
    assert found["one"].failures == ()
    assert "many-to-many" in found["two"].failures[0].error


def test_too_many_samples_are_a_failure(install: Install) -> None:
    long = Question(HOUR * 300, "count_over_time(orders[300h])")
    big = task("long", long, samples=[Samples("orders", "0+1x18000")])
    hourly = big._replace(case=big.case._replace(step=HOUR))
    found = run(install, [hourly, task("short", FIVE)])
    assert "too many samples" in found["long"].failures[0].error
    assert found["short"].failures == ()


def test_samples_that_promtool_cannot_read_fail_their_case_alone(install: Install) -> None:
    found = run(install, [task("unreadable", FIVE, samples=[Samples("orders{", "1")]), task("right", FIVE)])
    assert found["unreadable"].failures
    assert found["right"].failures == ()


def test_a_case_that_asks_nothing_does_not_pass(install: Install) -> None:
    assert run(install, [task("mute")])["mute"].failures


def test_a_group_with_the_same_name_in_another_file_is_another_group(install: Install) -> None:
    """Alerts of one service may stand in two files."""
    found = run(install, [task("sum", FIVE), task("double", FIVE, on=group("2 * sum(orders)"))])
    assert found["sum"].failures == ()
    assert found["double"].failures[0].got == '{__name__="orders:sum"} 1E+01'


def test_one_job_and_two_come_to_the_same(install: Install) -> None:
    steps = (MINUTE, MINUTE * 5)
    tasks = [task(f"case {number}", FIVE if number % 3 else SIX) for number in range(60)]
    tasks = [one._replace(case=one.case._replace(step=steps[place % 2])) for place, one in enumerate(tasks)]
    one, two = run(install, tasks, jobs=1), run(install, tasks, jobs=2)
    assert one == two
    assert sum(bool(result.failures) for result in one.values()) == 20


def test_who_stops_reading_stops_the_execution(tmp_path: Path, installs: Sequence[Install]) -> None:
    log = tmp_path / "log"
    counting = script(tmp_path, f'echo started >> {log}\nexec {installs[0].promtool} "$@"')
    list(execute([task(f"{number}", SIX) for number in range(200)], counting, 1))
    whole = len(log.read_text(encoding="utf-8").splitlines())
    log.unlink()
    results = execute([task(f"{number}", SIX) for number in range(200)], counting, 1)
    assert next(results).failures
    results.close()
    assert len(log.read_text(encoding="utf-8").splitlines()) <= 2 < whole


@pytest.mark.parametrize(
    "text",
    [
        "kill -9 $$",
        "echo '  SUCCESS'; kill -9 $$",
        "exit 0",
        "echo '  SUCCESS'; exit 1",
        "echo '  FAILED:'; exit 0",
        "echo '  FAILED:'; exit 1",
        "echo 'promtool: error: unknown command'; exit 2",
    ],
)
def test_a_promtool_that_does_not_finish_proves_nothing(tmp_path: Path, text: str) -> None:
    """Whatever it printed before it was killed, gave up or contradicted itself."""
    results = list(execute([task(f"case {number}", FIVE) for number in range(3)], script(tmp_path, text), 1))
    assert len(results) == 3
    assert all(result.failures and result.failures[0].error for result in results)


def test_a_signal_is_named(tmp_path: Path) -> None:
    (result,) = execute([task("case", FIVE)], script(tmp_path, "echo working; kill -9 $$"))
    assert (
        result.failures[0].error == "promtool was ended by signal 9 before it had judged every case\nworking"
    )


def test_a_promtool_killed_once_is_asked_again_with_fewer_cases(
    tmp_path: Path, installs: Sequence[Install]
) -> None:
    """As where memory was short; what passes then has passed."""
    mark = tmp_path / "killed"
    text = f'test -e {mark} || {{ touch {mark}; kill -9 $$; }}\nexec {installs[0].promtool} "$@"'
    results = list(execute([task("right", FIVE), task("wrong", SIX)], script(tmp_path, text)))
    assert mark.exists()
    assert {result.task.case.name: bool(result.failures) for result in results} == {
        "right": False,
        "wrong": True,
    }


def test_promtool_is_found_and_says_its_release(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    named = find_promtool(str(install.promtool))
    assert named.release == install.release
    monkeypatch.setenv("PROMTOOL", str(install.promtool))
    assert find_promtool() == named
    monkeypatch.delenv("PROMTOOL")
    monkeypatch.setenv("PATH", str(install.promtool.parent))
    assert find_promtool() == named


@pytest.mark.parametrize("named", ["/does/not/exist", "ls"])
def test_what_is_no_promtool_is_refused_with_how_to_get_one(named: str) -> None:
    with pytest.raises(OutsideError, match="it is part of Prometheus"):
        find_promtool(named)
