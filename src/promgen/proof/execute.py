"""Executes proof tests: only the groups that a case names, many cases for each start of promtool, several at a time.

A case has passed only when promtool came to the end of its test file and found nothing to say about it. Whatever
promtool prints that does not clearly belong to a case is asked again with fewer cases, until it does.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import count
from pathlib import Path
from typing import NamedTuple

from promgen.base.conventions import RULES_SUFFIX
from promgen.base.durations import Duration
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.generate.promtool import print_tests
from promgen.compiler.ir.proofs import Case
from promgen.compiler.ir.rules import Group, RuleFile
from promgen.proof.promtool import Promtool
from promgen.proof.verdicts import Failed, Verdict, numbered, read_verdicts

BATCHES_PER_JOB = 6
"""So many that no job is left waiting for another at the end, and so few that starting promtool costs little."""

_LEAST_BATCH_MS = 300.0
_CASE_MS = 15.0
_RULE_MS = 0.05
"""What a case costs by itself, and each evaluation of a rule: about, and only to balance the batches."""


class Task(NamedTuple):
    """A case and the groups it runs on, in order of evaluation."""

    case: Case
    groups: tuple[Group, ...]

    @property
    def cost(self) -> float:
        """About how many milliseconds it takes."""
        end = max((question.at.ms for question in self.case.questions), default=0)
        rules = sum(len(group.rules) for group in self.groups)
        return _CASE_MS + _RULE_MS * rules * (end // self.case.step.ms + 1)


def task_of(case: Case, groups: Iterable[Group]) -> Task:
    """A case with its groups, or with those of their rules that it names."""
    return Task(case, tuple(_loaded(group, case) for group in groups))


def _loaded(group: Group, case: Case) -> Group:
    if not case.rules:
        return group
    return group._replace(rules=tuple(rule for rule in group.rules if rule.name in case.rules))


class Failure(NamedTuple):
    """What went wrong: a question that was answered otherwise, or, where `asked` is empty, promtool's own words."""

    asked: str = ""
    at: Duration = Duration(0)
    expected: str = ""
    got: str = ""
    error: str = ""


class Result(NamedTuple):
    """A case that was executed; it passed when there are no failures."""

    task: Task
    failures: tuple[Failure, ...] = ()


class _TestFile(NamedTuple):
    """Tasks that load the same groups and evaluate them at the same step."""

    groups: tuple[Group, ...]
    step: Duration
    tasks: tuple[Task, ...]

    def alone(self) -> list[_TestFile]:
        return [self._replace(tasks=(task,)) for task in self.tasks]


Batch = Sequence[_TestFile]


def execute(
    tasks: Iterable[Task], promtool: Promtool, jobs: int | None = None
) -> Generator[Result, None, None]:
    """The results as they come in, with `jobs` promtools at a time (None: as many as there are processors).

    Whoever stops reading stops the execution. Raise OutsideError when promtool cannot be started.
    """
    workers = jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="promgen-") as name:
        folder = Path(name)
        pool = ThreadPoolExecutor(workers)
        try:
            batches = _batches(list(tasks), workers)
            running = [
                pool.submit(run_batch, batch, promtool, folder / str(place))
                for place, batch in enumerate(batches)
            ]
            for future in as_completed(running):
                yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def run_batch(batch: Batch, promtool: Promtool, folder: Path) -> list[Result]:
    """One start of promtool for some test files, which are written to `folder`."""
    folder.mkdir()
    numbers = count()
    files = [_write(file, folder, str(place), numbers) for place, file in enumerate(batch)]
    printed = promtool.test_rules(files, folder)
    verdicts = read_verdicts(printed, len(batch))
    if verdicts is None:
        return _split(batch, promtool, folder, _ending(printed.code, printed.text))
    results: list[Result] = []
    first = 0
    for file, verdict in zip(batch, verdicts, strict=True):
        if verdict.rest:
            results += _split([file], promtool, folder / f"again-{first}", verdict.rest)
        else:
            results += _judge(file, verdict, first)
        first += len(file.tasks)
    return results


def _batches(tasks: Sequence[Task], workers: int) -> list[Batch]:
    """Test files put together to starts of promtool that take about as long as each other, the longest first."""
    share = max(_LEAST_BATCH_MS, sum(task.cost for task in tasks) / (workers * BATCHES_PER_JOB))
    batches: list[tuple[float, list[_TestFile]]] = []
    for cost, file in sorted(_test_files(tasks, share), key=lambda row: -row[0]):
        if batches and batches[-1][0] + cost <= share:
            batches[-1] = (batches[-1][0] + cost, [*batches[-1][1], file])
        else:
            batches.append((cost, [file]))
    return [batch for _, batch in sorted(batches, key=lambda row: -row[0])]


def _test_files(tasks: Iterable[Task], share: float) -> Iterator[tuple[float, _TestFile]]:
    """The tasks by what they load and their step, none dearer than a batch may be if it has more than one task."""
    alike: dict[object, list[Task]] = {}
    for task in tasks:
        alike.setdefault((tuple(map(id, task.groups)), task.case.step), []).append(task)
    for together in alike.values():
        part: list[Task] = []
        for task in together:
            if part and sum(one.cost for one in part) + task.cost > share:
                yield _test_file(part)
                part = []
            part.append(task)
        yield _test_file(part)


def _test_file(tasks: Sequence[Task]) -> tuple[float, _TestFile]:
    first = tasks[0]
    return sum(task.cost for task in tasks), _TestFile(first.groups, first.case.step, tuple(tasks))


def _write(file: _TestFile, folder: Path, name: str, numbers: Iterator[int]) -> str:
    """The rules and the tests in a folder; the name of the tests' file."""
    rules, tests = name + RULES_SUFFIX, name + ".test.yaml"
    (folder / rules).write_bytes(print_rule_file(RuleFile(name, "a proof test", file.groups)))
    cases = [numbered(task.case, number) for task, number in zip(file.tasks, numbers, strict=False)]
    (folder / tests).write_bytes(print_tests(cases, [rules], file.step))
    return tests


def _judge(file: _TestFile, verdict: Verdict, first: int) -> Iterator[Result]:
    for number, task in enumerate(file.tasks, first):
        mine = tuple(_failure(task.case, failed) for failed in verdict.failed if failed.case == number)
        yield Result(task, mine if task.case.questions else (Failure(error="the case asks nothing"),))


def _failure(case: Case, failed: Failed) -> Failure:
    question = case.questions[failed.question]
    return Failure(question.expr, question.at, failed.expected, failed.got, failed.error)


def _split(batch: Batch, promtool: Promtool, folder: Path, text: str) -> list[Result]:
    """Ask again in smaller parts; what is said about a single case is its failure."""
    if len(batch) == 1 and len(batch[0].tasks) == 1:
        return [Result(batch[0].tasks[0], (Failure(error=text),))]
    parts = batch[0].alone() if len(batch) == 1 else list(batch)
    folder.mkdir(exist_ok=True)
    if len(batch) == 1:
        return run_batch(parts, promtool, folder / "alone")
    half = len(parts) // 2
    return [
        *run_batch(parts[:half], promtool, folder / "left"),
        *run_batch(parts[half:], promtool, folder / "right"),
    ]


def _ending(code: int, text: str) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"promtool {how} before it had judged every case\n{text.strip()}".strip()
